"""The contact center definition that an admin uploads in Setup, Partner Telephony Contact Centers.

https://developer.salesforce.com/docs/atlas.en-us.voice_pt_developer_guide.meta/voice_pt_developer_guide/
Like a call center file, but without our address, which is in the vendor info. It can only be
uploaded, because the Metadata API refuses it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from adapter.xmltext import branch, document, leaf

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
_VENDOR = re.compile(r"[A-Za-z][A-Za-z0-9_]*__[A-Za-z][A-Za-z0-9_]*\Z")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class ContactCenter:
    """The file's values; `vendor` is the vendor info's full name: `c__Name` or `ns__Name`."""

    internal_name: str
    display_name: str
    vendor: str
    certificate: str


def problems(center: ContactCenter) -> tuple[str, ...]:
    """The reasons why Setup would refuse it, as sentences; empty if valid."""
    texts = []
    if not _NAME.match(center.internal_name) or len(center.internal_name) > 80:
        texts.append(
            "The internal name may have at most 80 letters, digits and single underscores."
        )
    if not center.display_name.strip():
        texts.append("The display name is empty.")
    if not _VENDOR.match(center.vendor):
        texts.append("The vendor must be a full API name, such as c__Softphone.")
    if _CERTIFICATE not in center.certificate:
        texts.append("The certificate must be PEM text, as `voice key` writes it.")
    return tuple(texts)


def setup_xml(center: ContactCenter) -> str:
    """The file's text."""
    general = _section(
        0,
        "reqGeneralInfo",
        "General Information",
        ("reqInternalName", "Internal Name", center.internal_name),
        ("reqDisplayName", "Display Name", center.display_name),
        ("reqVendorInfoApiName", "Vendor Info API Name", center.vendor),
    )
    voice = _section(
        1,
        "reqHvcc",
        "Partner Telephony",
        (
            "reqTelephonyIntegrationCertificate",
            "Telephony Integration Certificate",
            center.certificate.strip(),
        ),
    )
    return document(branch("callCenter", general, voice))


def _section(order: int, name: str, label: str, *items: tuple[str, str, str]) -> ET.Element:
    drawn = [
        leaf("item", text, {"sortOrder": str(place), "name": key, "label": shown})
        for place, (key, shown, text) in enumerate(items)
    ]
    return branch("section", *drawn, sortOrder=str(order), name=name, label=label)
