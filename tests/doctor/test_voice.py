"""What the doctor finds of Salesforce Voice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapter.doctor.voice import voice_api_findings, voice_findings
from adapter.orgfile import orgs_of
from adapter.runtime.clock import SystemClock
from adapter.settings.environment import load
from adapter.voice.standin.server import Fault
from tests.fakes.voicecalls import (
    CENTER,
    ORG,
    VoiceCalls,
    certificate_of,
    key_pair,
    private_pem,
    voice_calls,
)


def findings_for(**told: Any) -> list[tuple[str, str]]:
    """Each finding's status and text."""
    settings = load({}, **told)
    now_ms = time.time_ns() // 1_000_000
    found = voice_findings(settings, orgs_of(settings), now_ms)
    return [(str(one.grade), one.text) for one in found]


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
    return findings_for(**{**usual, **told})


def test_without_salesforce_voice_there_is_nothing_to_find() -> None:
    """Open CTI needs none of it."""
    assert findings_for() == []


@pytest.mark.parametrize("missing", ["voice_url", "voice_contact_center", "voice_key"])
def test_a_missing_setting_leaves_salesforce_voice_off(tmp_path: Path, missing: str) -> None:
    """Silently otherwise: the connector would say that the org has no Salesforce Voice."""
    (found,) = voice(tmp_path, "x", **{missing: ""})
    assert found == (
        "fail",
        f"Salesforce Voice is off: SOFTPHONE_{missing.upper()} must be set as well.",
    )


@pytest.mark.parametrize(
    ("library", "status", "said"),
    [
        ("VoiceCapabilitiesResult TelephonyConnector", "ok", "4.8"),
        ("TelephonyConnector getCapabilities", "warn", "4.2"),
        ("getCapabilities", "warn", "3.6"),
        ("alert(1)", "fail", "not Salesforce"),
    ],
)
def test_the_library_is_recognized_by_its_layout(
    tmp_path: Path, library: str, status: str, said: str
) -> None:
    """Whether today's host takes an older one in full is not known."""
    (key, _, file) = voice(tmp_path, library)
    assert key[0] == "ok"
    assert file[0] == status
    assert said in file[1]


def test_an_unusable_key_and_a_missing_library_are_reported(tmp_path: Path) -> None:
    """Each with what to do."""
    assert "cannot sign" in voice(tmp_path, "x", voice_key="x")[0][1]
    assert "is not set" in voice(tmp_path, "x", voice_library=None)[2][1]
    assert "cannot be read" in voice(tmp_path, "x", voice_library=tmp_path / "gone")[2][1]


def certified(tmp_path: Path, pem: str, key: str = "") -> tuple[str, str]:
    """The finding about a certificate."""
    path = tmp_path / "certificate.pem"
    path.write_text(pem)
    more = {"voice_key": key} if key else {}
    return voice(tmp_path, "x", voice_certificate=path, **more)[1]


def test_a_certificate_must_be_the_keys_and_last_a_month(tmp_path: Path) -> None:
    """Salesforce knows it only once somebody has uploaded it by hand."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    mine = private_pem(key)
    for days, grade, said in (
        (365.5, "ok", "valid for 365 days"),
        (3.5, "warn", "valid for 3 days"),
        (-2.5, "fail", "expired"),
    ):
        found = certified(tmp_path, certificate_of(key, days=days), mine)
        assert found[0] == grade
        assert said in found[1]
    assert certified(tmp_path, key_pair()[1], mine)[0] == "fail"
    assert "cannot be used" in certified(tmp_path, "x")[1]
    assert voice(tmp_path, "x")[1][0] == "warn"
    gone = voice(tmp_path, "x", voice_certificate=tmp_path / "gone.pem")[1]
    assert "cannot be read" in gone[1]


class Clock(SystemClock):
    """One that is off by so many seconds."""

    def __init__(self, off: float = 0.0) -> None:
        self._off = off

    def now(self) -> int:
        """Unix milliseconds."""
        return round((time.time() + self._off) * 1000)


async def asked(api: VoiceCalls, clock: Clock | None = None, **more: Any) -> list[tuple[str, str]]:
    """Each finding's grade and check."""
    told = {
        "org_id": ORG,
        "voice_url": api.url,
        "voice_contact_center": CENTER,
        "voice_key": key_pair()[0],
        **more,
    }
    findings = await voice_api_findings(orgs_of(load({}, **told)), clock or Clock())
    return [(str(one.grade), one.check) for one in findings]


async def test_a_token_is_tried_without_writing_anything() -> None:
    """The request is refused for what it says, which no record can."""
    async with voice_calls() as api:
        assert await asked(api) == [("ok", "voice token"), ("ok", "voice clock")]
        assert (api.records, len(api.asked)) == ({}, 1)


async def test_another_key_or_contact_center_is_reported() -> None:
    """Before the first call of the day is not written."""
    other = private_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    async with voice_calls() as api:
        assert (await asked(api, voice_key=other))[0] == ("fail", "voice token")
        assert (await asked(api, voice_contact_center="Other"))[0] == (
            "fail",
            "voice token",
        )
        assert await asked(api, voice_key="x") == []
        assert await asked(api, voice_url="") == []


@pytest.mark.parametrize(
    ("fault", "grade"), [(403, "fail"), ("redirect", "fail"), (429, "warn"), (503, "warn")]
)
async def test_other_answers_are_reported_verbatim(fault: Fault, grade: str) -> None:
    """A busy Salesforce says nothing about the token."""
    async with voice_calls() as api:
        api.faults = [fault]
        assert (await asked(api))[0] == (grade, "voice token")


@pytest.mark.parametrize(("off", "grade"), [(-60.0, "warn"), (-400.0, "fail")])
async def test_a_wrong_clock_is_reported(off: float, grade: str) -> None:
    """Tokens are good for three minutes."""
    async with voice_calls() as api:
        assert (await asked(api, Clock(off)))[-1] == (grade, "voice clock")


async def test_an_unreachable_api_is_reported() -> None:
    """The address, or the way to it."""
    async with voice_calls() as api:
        api.url = "http://127.0.0.1:9"
        assert await asked(api) == [("fail", "voice token")]
