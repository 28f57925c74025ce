"""A call log as a VoiceCall record."""

from __future__ import annotations

import itertools
import time

from msgspec.structs import replace

from adapter.core.facts import Facts, Known, Source
from adapter.core.logmodel import Attempt
from adapter.core.route import Route
from adapter.page.port import IncomingCall, Written
from adapter.voice.client import VoiceClient, build_http
from adapter.voice.record import RecordRules, instant
from adapter.voice.token import Issuer, read_key
from adapter.voice.writer import VoiceWriter
from tests.core.gate import new_log
from tests.core.people import KEY, T0
from tests.fakes.voicecalls import CENTER, ORG, key_pair, voice_calls

SAID = Source.EVENT


async def test_a_log_is_completed_by_our_call_id_with_the_calls_own_times() -> None:
    """The key that the page told Salesforce when the call began."""
    facts = Facts(
        started=Known(T0, SAID), connected=Known(T0 + 4_000, SAID), ended=Known(T0 + 9_000, SAID)
    )
    log = replace(new_log(), route=Route.BACKEND, facts=facts)
    numbers = itertools.count()
    async with voice_calls() as api:
        client = VoiceClient(
            build_http(api.url),
            Issuer(ORG, CENTER),
            read_key(key_pair()[0]),
            provider_name="Softphone",
            now_ms=lambda: time.time_ns() // 1_000_000,
            token_id=lambda: f"n{next(numbers)}",
        )
        writer = VoiceWriter(client, RecordRules(CENTER))
        call = IncomingCall("c1", KEY, "+12025550143", "", T0)
        assert await writer.open(call) == Written("0LQ000000000001AAA")
        attempt = Attempt(1, "", "", T0, log.wanted)
        assert await writer.write(log, attempt) == Written("")
        unended = replace(log, facts=Facts())
        assert await writer.write(unended, Attempt(2, "", "", T0, unended.wanted)) == Written("")
        await client.close()
    first = api.asked[1][2]
    assert (first["startTime"], first["acceptTime"], first["endTime"]) == (
        instant(T0),
        instant(T0 + 4_000),
        instant(T0 + 9_000),
    )
    assert set(api.records) == {"c1"}
