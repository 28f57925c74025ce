"""What the doctor finds where it asks Salesforce about tokens and time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapter.doctor.voiceapi import voice_api_findings
from adapter.orgfile import orgs_of
from adapter.runtime.clock import SystemClock
from adapter.settings.environment import load
from adapter.voice.standin.server import Fault
from tests.fakes.voicecalls import CENTER, ORG, VoiceCalls, key_pair, private_pem, voice_calls


class Clock(SystemClock):
    """One that is off by so many seconds."""

    def __init__(self, off: float = 0.0) -> None:
        self._off = off

    def now(self) -> int:
        """Unix milliseconds."""
        return round((time.time() + self._off) * 1000)


async def findings_for(
    api: VoiceCalls, clock: Clock | None = None, **more: Any
) -> list[tuple[str, str]]:
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
        assert await findings_for(api) == [("ok", "voice token"), ("ok", "voice clock")]
        assert (api.records, len(api.asked)) == ({}, 1)


async def test_another_key_or_contact_center_is_reported() -> None:
    """Before the first call of the day is not written."""
    other = private_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    async with voice_calls() as api:
        assert (await findings_for(api, voice_key=other))[0] == ("fail", "voice token")
        assert (await findings_for(api, voice_contact_center="Other"))[0] == ("fail", "voice token")
        assert await findings_for(api, voice_key="x") == []
        assert await findings_for(api, voice_url="") == []


@pytest.mark.parametrize(
    ("fault", "grade"), [(403, "fail"), ("redirect", "fail"), (429, "warn"), (503, "warn")]
)
async def test_other_answers_are_reported_verbatim(fault: Fault, grade: str) -> None:
    """A busy Salesforce says nothing about the token."""
    async with voice_calls() as api:
        api.faults = [fault]
        assert (await findings_for(api))[0] == (grade, "voice token")


@pytest.mark.parametrize(("off", "grade"), [(-60.0, "warn"), (-400.0, "fail")])
async def test_a_wrong_clock_is_reported(off: float, grade: str) -> None:
    """Tokens are good for three minutes."""
    async with voice_calls() as api:
        assert (await findings_for(api, Clock(off)))[-1] == (grade, "voice clock")


async def test_an_unreachable_api_is_reported() -> None:
    """The address, or the way to it."""
    async with voice_calls() as api:
        api.url = "http://127.0.0.1:9"
        assert await findings_for(api) == [("fail", "voice token")]
