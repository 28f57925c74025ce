"""The HTTP edge: what each failure says about the world, and that nothing is sent twice."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import httpx
import pytest
import respx
import stamina
from aiohttp.client_reqrep import ConnectionKey
from structlog.testing import capture_logs

from adapter.core.availability import Status
from adapter.core.facts import Outcome
from adapter.telephony.dialstack.driver import MAX_PAGES, DialStackDriver, build_http
from adapter.telephony.port import (
    MOST_USERS,
    Action,
    Placed,
    ProviderError,
    Rejected,
    Silence,
    Unknown,
    Unsupported,
    WebhookDriver,
)
from adapter.telephony.transport import HttpClient
from tests.fakes.answers import answered_by

BASE = "http://dialstack.test"

NOBODY_THERE = aiohttp.ClientConnectorError(
    ConnectionKey("dialstack.test", 80, False, True, None, None, None), OSError(111, "x")
)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retry without pauses, and as often as in production."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
async def client() -> AsyncIterator[DialStackDriver]:
    """A client for a host that only respx answers for."""
    found = DialStackDriver(build_http(BASE, "sk_test_x", "acct_x"))
    yield found
    await found.close()


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[respx.MockRouter]:
    """The network."""
    with respx.mock(base_url=BASE, assert_all_called=False, using=None) as router:
        monkeypatch.setattr(aiohttp.ClientSession, "request", answered_by(router.async_handler))
        yield router


async def failure(client: DialStackDriver) -> ProviderError:
    """Place a call that must fail, and tell how it did."""
    with pytest.raises(ProviderError) as caught:
        await client.place("ours", "user_1", "+15551234567")
    return caught.value


def test_the_driver_implements_the_provider_port() -> None:
    """The type checker agrees that it fulfils the port."""
    provider: WebhookDriver = DialStackDriver(build_http(BASE, "t", "a"), sandbox=True)
    able = provider.capabilities
    assert (able.transfer, able.call_log, able.sandbox, able.hang_up) == (True, True, True, False)


async def test_a_placement_is_one_documented_post(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """Key, account and body are as documented; 202 without a body is success."""
    route = net.post("/v1/calls").respond(202, headers={"X-Request-Id": "req_1"})
    assert await client.place("ours", "user_1", "+15551234567") == Placed(None, "req_1")
    request = route.calls.last.request
    assert request.headers["Authorization"] == "Bearer sk_test_x"
    assert request.headers["DialStack-Account"] == "acct_x"
    assert json.loads(request.content) == {"user": "user_1", "dial_string": "+15551234567"}


async def test_the_users_field_and_the_ring_profile_can_be_chosen(net: respx.MockRouter) -> None:
    """The field's name is a setting, the ladder of phones a wish of the agent."""
    route = net.post("/v1/calls").respond(200, json={"id": "call_1"})
    client = DialStackDriver(build_http(BASE, "t", "a"), user_field="user_id")
    placed = await client.place("ours", "user_1", "1001", ring_profile="mobile")
    await client.close()
    assert placed.provider_call_id == "call_1"
    assert json.loads(route.calls.last.request.content) == {
        "user_id": "user_1",
        "dial_string": "1001",
        "find_me_follow_me_key": "mobile",
    }


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[]", b'{"id":null}', b"\xff"])
async def test_accepted_is_accepted_whatever_the_body(
    client: DialStackDriver, net: respx.MockRouter, body: bytes
) -> None:
    """A 2xx says that phones ring; an odd body does not make them stop."""
    net.post("/v1/calls").respond(202, content=body)
    assert (await client.place("ours", "u", "1001")).provider_call_id is None


async def test_a_web_page_is_no_answer(client: DialStackDriver, net: respx.MockRouter) -> None:
    """Of whatever stands in between: neither that phones ring, nor that there is no such call."""
    page: dict[str, Any] = {"html": "<p>Back soon</p>"}
    net.post("/v1/calls").respond(200, **page)
    assert isinstance(await failure(client), Unknown)
    for kind in ("Text/HTML", "application/xhtml+xml; charset=utf-8"):
        net.post("/v1/calls").respond(200, content=b"<p>", headers={"Content-Type": kind})
        assert isinstance(await failure(client), Unknown)
    net.post("/v1/calls/call_1").respond(200, **page)
    with pytest.raises(Unknown):
        await client.transfer("call_1", "1002")
    net.get("/v1/calls/call_1").respond(404, **page)
    with pytest.raises(Unknown):
        await client.fetch_cdr("call_1")
    net.post("/v1/calls").respond(403, **page)
    assert isinstance(await failure(client), Rejected)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 451])
async def test_a_4xx_is_certainly_no_call(
    client: DialStackDriver, net: respx.MockRouter, status: int
) -> None:
    """The agent reads what the provider said and may dial again."""
    route = net.post("/v1/calls").respond(
        status, json={"error": "User not found"}, headers={"X-Request-Id": "req_9"}
    )
    error = await failure(client)
    assert isinstance(error, Rejected)
    assert (error.code, error.text) == (f"http-{status}", "User not found")
    assert (error.retry_after, error.request_id) == (None, "req_9")
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"error": "Slow", "code": "rate"}, "rate", "Slow"),
        ({"message": "Slow"}, "http-429", "Slow"),
        ({"error": {"code": "rate", "message": "Slow"}}, "rate", "Slow"),
        ("rubbish", "http-429", "Too Many Requests"),
    ],
)
async def test_a_429_says_when_to_retry(
    client: DialStackDriver, net: respx.MockRouter, body: Any, code: str, text: str
) -> None:
    """In any of the three shapes of an error, or in none."""
    route = net.post("/v1/calls").respond(429, json=body, headers={"Retry-After": "7"})
    error = await failure(client)
    assert isinstance(error, Rejected)
    assert (error.code, error.text, error.retry_after) == (code, text, 7.0)
    assert route.call_count == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 500, 502, 503, 504, 599])
async def test_anything_but_2xx_and_4xx_leaves_the_outcome_unknown(
    client: DialStackDriver, net: respx.MockRouter, status: int
) -> None:
    """There may be a call, so it is not placed again; a redirect is not followed."""
    route = net.post("/v1/calls").respond(status, headers={"Location": f"{BASE}/v1/elsewhere"})
    elsewhere = net.route(path="/v1/elsewhere").respond(202)
    error = await failure(client)
    assert isinstance(error, Unknown)
    assert error.text
    assert (route.call_count, elsewhere.call_count) == (1, 0)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.SocketTimeoutError("x"),
        aiohttp.ServerDisconnectedError("x"),
        aiohttp.ClientOSError(32, "x"),
        aiohttp.ClientPayloadError("x"),
        aiohttp.ClientConnectionError("x"),
        ConnectionResetError("x"),
        ValueError("x"),
    ],
)
async def test_a_lost_answer_leaves_the_outcome_unknown(
    client: DialStackDriver, net: respx.MockRouter, error: Exception
) -> None:
    """The request may have arrived; once is all it is sent."""
    route = net.post("/v1/calls").mock(side_effect=error)
    assert isinstance(await failure(client), Unknown)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "error", [NOBODY_THERE, aiohttp.ConnectionTimeoutError("x"), aiohttp.InvalidURL("x")]
)
async def test_a_request_that_was_never_sent_is_certainly_no_call(
    client: DialStackDriver, net: respx.MockRouter, error: Exception
) -> None:
    """Without a connection there can be no call; it is not tried again all the same."""
    route = net.post("/v1/calls").mock(side_effect=error)
    found = await failure(client)
    assert isinstance(found, Rejected)
    assert found.code == "unreachable"
    assert route.call_count == 1


async def test_the_whole_request_has_one_deadline(net: respx.MockRouter) -> None:
    """A server that never ends its answer leaves it open."""

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    net.post("/v1/calls").mock(side_effect=never)
    client = DialStackDriver(HttpClient(BASE, {}, total_seconds=0.01))
    assert isinstance(await failure(client), Unknown)
    await client.close()


async def test_no_failure_quotes_the_number(client: DialStackDriver, net: respx.MockRouter) -> None:
    """Errors are logged, phone numbers are not."""
    for effect in (aiohttp.InvalidURL("+15551234567"), aiohttp.ClientError("+15551234567")):
        net.post("/v1/calls").mock(side_effect=effect)
        assert "5551234567" not in str(await failure(client))


async def test_no_failure_quotes_the_token(client: DialStackDriver, net: respx.MockRouter) -> None:
    """Whatever an answer says of it is shown to agents and logged."""
    for body in ({"error": "no such key: sk_test_x"}, {"error": "denied", "code": "sk_test_x"}):
        net.post("/v1/calls").respond(401, json=body)
        error = await failure(client)
        assert isinstance(error, Rejected)
        assert "sk_test_x" not in f"{error.code} {error.text}"
    net.post("/v1/calls").respond(500, extensions={"reason_phrase": b"no key sk_test_x"})
    assert (await failure(client)).text == "no key [hidden]"


# --- control -----------------------------------------------------------------------


async def test_a_transfer_is_sent_once(client: DialStackDriver, net: respx.MockRouter) -> None:
    """The one control there is, blind; a failure is not tried again."""
    route = net.post("/v1/calls/call_1").respond(202)
    await client.transfer("call_1", "1002")
    assert json.loads(route.calls.last.request.content)["actions"][0]["target"] == "1002"
    route.respond(503)
    with pytest.raises(Unknown):
        await client.transfer("call_1", "1002")
    assert route.call_count == 2


@pytest.mark.parametrize("action", [one for one in Action if not one.endswith("e_recording")])
async def test_nothing_else_can_be_controlled(client: DialStackDriver, action: Action) -> None:
    """Hang-up, hold, mute and digits do not exist over REST; nothing is sent."""
    with respx.mock, pytest.raises(Unsupported):
        await client.control("call_1", action, "1")


# --- questions ---------------------------------------------------------------------


async def test_one_call_is_read(client: DialStackDriver, net: respx.MockRouter) -> None:
    """A row of the log, or None where there is none."""
    net.get("/v1/calls/call_1").respond(200, json={"id": "call_1", "status": "busy"})
    net.get("/v1/calls/call_2").respond(404, json={"error": "Not found"})
    found = await client.fetch_cdr("call_1")
    assert found is not None
    outcome = found.update.facts.outcome
    assert outcome is not None
    assert outcome.value is Outcome.BUSY
    assert await client.fetch_cdr("call_2") is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":7}', b"<html>"])
async def test_an_unreadable_row_is_an_error(
    client: DialStackDriver, net: respx.MockRouter, body: bytes
) -> None:
    """It must not be taken for "there is no such call"."""
    net.get("/v1/calls/call_1").respond(200, content=body)
    with pytest.raises(Unknown):
        await client.fetch_cdr("call_1")


async def test_a_query_is_tried_up_to_three_times(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """Reading changes nothing, so it may be repeated."""
    route = net.get("/v1/calls/call_1").mock(
        side_effect=[aiohttp.ClientOSError("x"), httpx.Response(502), httpx.Response(404)]
    )
    assert await client.fetch_cdr("call_1") is None
    assert route.call_count == 3
    route.mock(side_effect=None, return_value=httpx.Response(500))
    with pytest.raises(Unknown):
        await client.fetch_cdr("call_1")
    assert route.call_count == 6


async def test_a_refused_query_is_not_repeated(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """401 stays 401."""
    route = net.get("/v1/calls/call_1").respond(401, json={"error": "Unauthorized"})
    with pytest.raises(Rejected):
        await client.fetch_cdr("call_1")
    assert route.call_count == 1


async def test_a_list_is_followed_to_its_end(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """The next page's address is used as it came, relative or absolute."""
    second = net.get("/v1/users", params={"page": "b/c", "x": "1"}).respond(
        200, json={"data": [{"id": "b"}, {}], "next_page_url": f"{BASE}/v1/more"}
    )
    first = net.get("/v1/users").respond(
        200, json={"data": [{"id": "a"}], "next_page_url": "/v1/users?page=b%2Fc&x=1"}
    )
    net.get("/v1/more").respond(200, json={"data": [{"id": "c"}], "next_page_url": None})
    assert [user.user_id for user in await client.users()] == ["a", "b", "c"]
    assert first.called
    assert second.calls.last.request.url.raw_path == b"/v1/users?page=b%2Fc&x=1"


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.test/v1/users",
        "//evil.test/v1/users",
        "https://dialstack.test/v1/users",
        "http://dialstack.test:81/v1/users",
        "http://dialstack.test@evil.test/",
        "http://[",
    ],
)
async def test_the_key_never_goes_to_another_host(
    client: DialStackDriver, net: respx.MockRouter, url: str
) -> None:
    """Each request bears the token, so a list cannot lead it away."""
    net.get("/v1/users").respond(200, json={"data": [], "next_page_url": url})
    with pytest.raises(Unknown):
        await client.users()
    assert {call.request.url.host for call in net.calls} == {"dialstack.test"}


async def test_a_circular_list_ends(client: DialStackDriver, net: respx.MockRouter) -> None:
    """No page is read twice, and the number of pages is bounded."""
    route = net.get("/v1/users").respond(200, json={"data": [], "next_page_url": "/v1/users"})
    assert await client.users() == ()
    assert route.call_count == 2
    net.get("/v1/users").mock(side_effect=_endless())
    assert await client.users() == ()
    assert route.call_count == 2 + MAX_PAGES


def _endless() -> Iterator[httpx.Response]:
    for number in itertools.count():
        more = f"/v1/users?page={number}"
        yield httpx.Response(200, json={"data": [], "next_page_url": more})


async def test_users_are_listed_a_hundred_a_page_and_searched_by_e_mail(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """Without a limit there are ten a page; a list that has no end is cut, and says so."""
    row = {"id": "user_1", "email": "ada@example.com"}
    route = net.get("/v1/users").respond(200, json={"data": [row], "next_page_url": None})
    (ada,) = await client.users("ada@example.com")
    assert ada.user_id == "user_1"
    assert dict(route.calls.last.request.url.params) == {
        "limit": "100",
        "expand[]": "extensions",
        "search": ada.email,
    }
    pages = iter(range(1_000))
    net.get("/v1/users").mock(
        side_effect=lambda _: httpx.Response(
            200, json={"data": [row] * 100, "next_page_url": f"/v1/users?page={next(pages)}"}
        )
    )
    with capture_logs() as lines:
        assert len(await client.users()) == MOST_USERS
    assert [line["event"] for line in lines] == ["provider.users_cut"]


async def test_an_unreadable_list_is_an_error(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """No answer is not the answer none."""
    net.get("/v1/users").respond(200, content=b"<html>")
    with pytest.raises(Unknown):
        await client.users()


async def test_cdrs_are_read_no_further_than_requested(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """Enough rows end it, and what the filter let through is filtered again."""
    rows = [
        {"id": "1", "user": "user_1", "started_at": 2_000_000_000},
        {"id": "2", "user": "other", "started_at": 2_000_000_000},
        {"id": "3", "user": "user_1", "started_at": 1_000_000_000},
    ]
    route = net.get("/v1/calls").respond(200, json={"data": rows, "next_page_url": "/v1/more"})
    found = await client.list_cdrs("user_1", 1_500_000_000_000, 3)
    assert [cdr.update.provider_call_id for cdr in found] == ["1"]
    assert route.calls.last.request.url.params["user_id"] == "user_1"


async def test_an_endpoint_is_registered_once(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """The secret comes in the answer; an answer without it leaves it open."""
    route = net.post("/v1/webhook_endpoints").respond(201, json={"id": "we_1", "secret": "s"})
    assert (await client.register_webhook("https://x/hook", ["call.end"])).secret == "s"
    assert json.loads(route.calls.last.request.content) == {
        "url": "https://x/hook",
        "enabled_events": ["call.end"],
    }
    route.respond(201, json={"id": "we_1"})
    with pytest.raises(Unknown):
        await client.register_webhook("https://x/hook", ["call.end"])
    assert route.call_count == 2


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (httpx.Response(202, json={}), ""),
        (httpx.Response(422, json={"title": "no such number"}), ""),
        (httpx.Response(500), "no-answer"),
        (aiohttp.SocketTimeoutError("slow"), "no-answer"),
        (NOBODY_THERE, "unreachable"),
    ],
)
async def test_each_request_is_observed_with_its_trouble(
    net: respx.MockRouter, answer: httpx.Response | Exception, trouble: str
) -> None:
    """A refusal is an answer; no answer, or nobody there, is trouble."""
    seen: list[tuple[int, str]] = []
    client = DialStackDriver(
        build_http(BASE, "t", "a"), observe=lambda took, what: seen.append((took, what))
    )
    net.post("/v1/calls").mock(side_effect=[answer])
    with contextlib.suppress(ProviderError):
        await client.place("ours", "user_1", "+15551234567")
    await client.close()
    ((took_ms, told),) = seen
    assert told == trouble
    assert took_ms >= 0


async def test_each_attempt_of_a_query_is_observed(net: respx.MockRouter) -> None:
    """Two failures and an answer are three requests."""
    seen: list[str] = []
    client = DialStackDriver(build_http(BASE, "t", "a"), observe=lambda _, what: seen.append(what))
    net.get("/v1/calls/c1").mock(
        side_effect=[httpx.Response(503), httpx.Response(503), httpx.Response(404)]
    )
    assert await client.fetch_cdr("c1") is None
    await client.close()
    assert seen == ["no-answer", "no-answer", ""]


async def test_the_recording_is_paused_and_resumed(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """While a card number is told."""
    pause = net.post("/v1/calls/call_1/recording/pause").respond(202)
    resume = net.post("/v1/calls/call_1/recording/resume").respond(202)
    await client.control("call_1", Action.PAUSE_RECORDING)
    await client.control("call_1", Action.RESUME_RECORDING, "")
    assert (pause.call_count, resume.call_count) == (1, 1)


async def test_a_user_is_not_disturbed_or_passed_over_by_queues(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """An explicit false, too; who is in no queue has nothing to pause."""
    user = net.post("/v1/users/user_1").respond(200, json={"id": "user_1"})
    assert await client.pause("user_1", Status.DO_NOT_DISTURB, on=False)
    assert json.loads(user.calls.last.request.content) == {"do_not_disturb": False}
    queues = net.post("/v1/users/user_1/queue-agent").respond(200, json={"status": "paused"})
    for on, reason in ((True, "Lunch"), (True, ""), (False, "")):
        assert await client.pause("user_1", Status.AWAY, on=on, reason=reason)
    assert [json.loads(call.request.content) for call in queues.calls] == [
        {"status": "paused", "reason": "Lunch"},
        {"status": "paused"},
        {"status": "available"},
    ]
    queues.respond(404, json={"error": "not found"})
    assert not await client.pause("user_1", Status.AWAY, on=True)


async def test_presence_says_why_no_phone_rings(
    client: DialStackDriver, net: respx.MockRouter
) -> None:
    """Where it is not told, that is an error of the question, and nobody's silence."""
    route = net.get("/v1/users/user_1/presence").respond(200, json={"dnd": True})
    assert await client.silence("user_1") is Silence.DO_NOT_DISTURB
    route.respond(200, content=b"[]")
    with pytest.raises(Unknown):
        await client.silence("user_1")
