"""The edge to VoiceCall records, over a real socket."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator

import pytest
import respx

from adapter.page.port import Refused, Unknown, Written
from adapter.voice import client as module
from adapter.voice.client import VoiceClient, build_http, read_outcome, retry_after_ms
from adapter.voice.record import RecordRules, create_body
from adapter.voice.standin.server import Fault
from adapter.voice.token import Issuer, read_key
from tests.fakes.voicecalls import CENTER, ORG, VoiceCalls, key_pair, voice_calls

NOW = 1_760_000_000_000
RINGING = create_body(
    "c1", caller="+12025550143", called="", started=NOW, rules=RecordRules(CENTER)
)
BODY = {"isActiveCall": False}


@pytest.fixture
async def api() -> AsyncIterator[VoiceCalls]:
    """Salesforce's side."""
    async with voice_calls() as running:
        yield running


@pytest.fixture
async def client(api: VoiceCalls) -> AsyncIterator[VoiceClient]:
    """Ours."""
    numbers = itertools.count()
    made = VoiceClient(
        build_http(api.url),
        Issuer(ORG, CENTER),
        read_key(key_pair()[0]),
        provider_name="Softphone",
        now_ms=lambda: time.time_ns() // 1_000_000,
        token_id=lambda: f"n{next(numbers)}",
    )
    yield made
    await made.close()


async def test_a_record_is_created_and_completed_each_with_a_token_of_its_own(
    api: VoiceCalls, client: VoiceClient
) -> None:
    """The stand-in checks signature, issuer, age, and that no token comes twice."""
    assert await client.create(RINGING) == Written("0LQ000000000001AAA")
    assert await client.complete("c/1", {"isActiveCall": False}) == Written("")
    assert await client.complete("c/1", {"isActiveCall": False}) == Written("")
    assert [method for method, _, _ in api.asked] == ["POST", "PATCH", "PATCH"]
    assert set(api.records) == {"c1", "c/1"}
    assert api.book.refused == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_salesforce_is_retried_when_it_says(
    api: VoiceCalls, client: VoiceClient, status: int
) -> None:
    """Nothing was written; 429 says how long to wait."""
    api.faults = [status]
    api.headers["retry-after"] = "7"
    refused = await client.complete("c1", BODY)
    assert refused == Refused(f"HTTP_{status}", "Salesforce is busy.", wait_ms=7_000)


async def test_an_invalid_body_is_a_permanent_refusal(api: VoiceCalls, client: VoiceClient) -> None:
    """The same would be refused again; its own words are kept."""
    api.faults = [400]
    assert await client.complete("c1", BODY) == Refused("HTTP_400", "no", permanent=True)


@pytest.mark.parametrize("fault", [401, 403, 404, "redirect"])
async def test_a_wrong_setting_loses_no_record_and_is_logged_once(
    api: VoiceCalls, client: VoiceClient, fault: Fault
) -> None:
    """Somebody mends it, and everything that waited is written; a redirect is not followed."""
    api.faults = [fault, fault]
    for _ in range(2):
        refused = await client.complete("c1", BODY)
        assert isinstance(refused, Refused)
        assert (refused.permanent, refused.wait_ms) == (False, module.SETTING_WAIT_MS)
    assert bool(client.trouble) is (fault != "redirect")
    assert isinstance(await client.complete("c1", BODY), Written)
    assert client.trouble == ""


@pytest.mark.parametrize("fault", ["lost", "slow"])
async def test_a_missing_answer_leaves_the_outcome_unknown(
    api: VoiceCalls, client: VoiceClient, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was written, nobody knows."""
    monkeypatch.setattr(module, "TOTAL_SECONDS", 0.2)
    api.faults = [fault]
    assert isinstance(await client.complete("c1", BODY), Unknown)


async def test_what_would_wait_too_long_is_not_sent(
    api: VoiceCalls, client: VoiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that is created after its ringing call is over would be a second one."""
    monkeypatch.setattr(module, "TOTAL_SECONDS", 0.3)
    monkeypatch.setattr(client, "_slots", asyncio.Semaphore(1))
    await client._slots.acquire()
    refused = await client.create(RINGING)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.permanent, api.asked) == ("NOT_SENT", False, [])
    client._slots.release()
    assert isinstance(await client.create(RINGING), Written)
    assert not client._slots.locked()


async def test_an_unreachable_server_leaves_the_outcome_unknown(client: VoiceClient) -> None:
    """No connection is no refusal: it is tried again."""
    await client.close()
    assert await client.complete("c1", BODY) == Unknown("closed")
    client.http = build_http("http://127.0.0.1:9")
    assert isinstance(await client.complete("c1", BODY), Unknown)


@pytest.mark.parametrize("page", ["<html>Down for maintenance</html>", "[]", "[" * 100_000])
async def test_a_proxys_page_is_not_a_record(client: VoiceClient, page: str) -> None:
    """However friendly its status: completing is repeated. An empty answer is one."""
    with respx.mock:
        respx.patch(url__startswith=str(client.http.base_url)).respond(200, text=page)
        assert isinstance(await client.complete("c1", BODY), Unknown)
        respx.patch(url__startswith=str(client.http.base_url)).respond(204)
        assert await client.complete("c1", BODY) == Written("")


def test_what_an_answer_says_beside_its_status_may_be_anything() -> None:
    """A text in `errors` is a success all the same; a body may be no JSON at all."""
    assert read_outcome(200, {}, {"voiceCallId": "0LQ1", "errors": "We created…"}) == Written(
        "0LQ1"
    )
    assert read_outcome(201, {}, {}) == Written("")
    assert read_outcome(422, {}, [{"message": "x" * 999}]) == Refused(
        "HTTP_422", "x" * module.TEXT_KEPT, permanent=True
    )
    assert read_outcome(400, {}, "no").permanent  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("said", "ms"), [("3", 3_000), ("0", 0), ("-1", 0), ("nan", 0), ("1e9", 3_600_000), ("Fri", 0)]
)
def test_only_a_plausible_wait_is_used(said: str, ms: int) -> None:
    """An hour at most."""
    assert retry_after_ms({"retry-after": said}) == ms
    assert retry_after_ms({}) == 0
