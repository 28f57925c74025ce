"""The stand-in over a real socket: our own client against it."""

from __future__ import annotations

import itertools
import time

import httpx
import pytest

from adapter.page.port import Refused, Unknown, Written
from adapter.voice import client as module
from adapter.voice.client import VoiceClient, build_http
from adapter.voice.record import RecordRules, create_body
from adapter.voice.token import Issuer, read_key
from tests.core.people import T0
from tests.fakes.voicecalls import CENTER, ORG, key_pair, voice_calls


def a_client(url: str) -> VoiceClient:
    """Ours."""
    numbers = itertools.count()
    return VoiceClient(
        build_http(url),
        Issuer(ORG, CENTER),
        read_key(key_pair()[0]),
        provider_name="Softphone",
        now_ms=lambda: time.time_ns() // 1_000_000,
        token_id=lambda: f"n{next(numbers)}",
    )


async def test_faults_come_on_demand_and_do_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer was carried out; what vanished was not, nor was what was refused."""
    monkeypatch.setattr(module, "TOTAL_SECONDS", 2.0)
    async with voice_calls() as api:
        ours = a_client(api.url)
        ringing = create_body("c1", caller="+1", called="", started=T0, rules=RecordRules(CENTER))
        api.faults = ["vanished", 429, "lost"]
        assert isinstance(await ours.create(ringing), Unknown)
        assert isinstance(await ours.create(ringing), Refused)
        assert api.records == {}
        assert isinstance(await ours.create(ringing), Unknown)
        assert set(api.records) == {"c1"}
        assert await ours.complete("c1", {"isActiveCall": False}) == Written("")
        await ours.close()


async def test_without_a_token_nothing_is_read_nor_written() -> None:
    """Neither is a body that is no JSON."""
    async with voice_calls() as api, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.patch(f"{api.url}/telephony/v1/voiceCalls/c1", content=b"{")
        assert answer.status_code == 401
        assert (api.records, api.asked) == ({}, [])
