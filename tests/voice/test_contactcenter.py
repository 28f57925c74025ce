"""The contact center file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapter.voice.contactcenter import ContactCenter, problems, setup_xml
from adapter.xmltext import read

PEM = "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n"
CENTER = ContactCenter("SoftphoneVoice", "Softphone", "c__Softphone", PEM)
GOLDEN = Path(__file__).parent / "golden" / "contactcenter.xml"


def test_the_file_has_not_changed() -> None:
    """Every item that Setup needs, and no address of ours: that is in the vendor info."""
    assert setup_xml(CENTER) == GOLDEN.read_text()
    items = {item.get("name") for item in read(setup_xml(CENTER)).iter("item")}
    assert items == {
        "reqInternalName",
        "reqDisplayName",
        "reqVendorInfoApiName",
        "reqTelephonyIntegrationCertificate",
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"internal_name": "1x"}, "internal name"),
        ({"internal_name": "a" * 81}, "internal name"),
        ({"display_name": " "}, "display name"),
        ({"vendor": "Softphone"}, "c__Softphone"),
        ({"certificate": "x"}, "PEM"),
    ],
)
def test_errors_that_setup_would_report_are_reported_first(
    change: dict[str, str], why: str
) -> None:
    """One sentence each."""
    (said,) = problems(replace(CENTER, **change))
    assert why in said
    assert problems(CENTER) == ()
