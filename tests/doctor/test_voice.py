"""What the doctor finds of Salesforce Voice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter.doctor.voice import voice_findings
from adapter.orgs import orgs_of
from adapter.settings.environment import load
from tests.fakes.voicecalls import CENTER, key_pair


def found(**told: Any) -> list[tuple[str, str]]:
    """Each finding's status and text."""
    settings = load({}, **told)
    return [(str(one.grade), one.text) for one in voice_findings(settings, orgs_of(settings))]


def voice(tmp_path: Path, library: str, **told: Any) -> list[tuple[str, str]]:
    """The findings where Salesforce Voice is set up, with a library of that text."""
    path = tmp_path / "lib.js"
    path.write_text(library)
    usual = {
        "voice_url": "https://acme.my.salesforce-scrt.com",
        "voice_contact_center": CENTER,
        "voice_key": key_pair()[0],
        "voice_library": path,
    }
    return found(**{**usual, **told})


def test_without_salesforce_voice_there_is_nothing_to_find() -> None:
    """Open CTI needs none of it."""
    assert found() == []


@pytest.mark.parametrize(
    ("library", "status", "said"),
    [
        ("VoiceCapabilitiesResult TelephonyConnector", "ok", "4.8"),
        ("TelephonyConnector getCapabilities", "warn", "4.2"),
        ("getCapabilities", "warn", "3.6"),
        ("alert(1)", "fail", "not Salesforce"),
    ],
)
def test_the_library_is_told_by_its_layout(
    tmp_path: Path, library: str, status: str, said: str
) -> None:
    """Whether today's host takes an older one in full is not known."""
    (key, file) = voice(tmp_path, library)
    assert key[0] == "ok"
    assert file[0] == status
    assert said in file[1]


def test_a_key_that_cannot_sign_and_a_library_that_is_not_there_are_told(tmp_path: Path) -> None:
    """Each with what to do."""
    assert "cannot sign" in voice(tmp_path, "x", voice_key="x")[0][1]
    assert "is not set" in voice(tmp_path, "x", voice_library=None)[1][1]
    assert "cannot be read" in voice(tmp_path, "x", voice_library=tmp_path / "gone")[1][1]
