"""What a page may do to a socket, and what becomes of it: nobody else is hurt."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from adapter.core.logs.events import LogEvent, LogRefused, LogSaved
from adapter.core.model import AgentKey, TelephonyUser
from adapter.page import frames
from adapter.page.messages import MAX_FRAME_BYTES
from adapter.page.registry import PAGES_PER_AGENT
from adapter.runtime.directory import Directory
from adapter.storage.port import StorageError
from adapter.web.http.throttle import Throttle
from tests.fakes.page import FakePage
from tests.runtime.conftest import HandClock
from tests.scenarios.conftest import World
from tests.web.conftest import SetClock


async def socket(world: World, origin: str | None = None) -> ClientConnection:
    """A bare socket that has said nothing yet."""
    return await connect(
        world.url.replace("http", "ws", 1) + "/ws",
        origin=origin or world.url,  # type: ignore[arg-type]
        subprotocols=["softphone.v1"],  # type: ignore[list-item]
        compression=None,
        proxy=None,
    )


async def code_after(live: ClientConnection, *frames: str | bytes) -> int | None:
    """Send these, then read until it is closed; the code."""
    try:
        for frame in frames:
            await live.send(frame)
        async with asyncio.timeout(20):
            async for _ in live:
                pass
    except ConnectionClosed:
        pass
    return live.close_code


def hello(ticket: str, **more: Any) -> str:
    """A hello's text."""
    return json.dumps({"type": "hello", "ticket": ticket, "page_id": "page-1", **more})


async def ticket_of(world: World, name: str = "ada") -> str:
    """A fresh ticket."""
    page = FakePage(world.url, name, world.salesforce)
    await page.sign_in()
    return await page.ticket()


# --- before the hello ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "null", "http://127.0.0.1:1"]
)
async def test_a_foreign_origin_gets_no_socket(world: World, origin: str) -> None:
    """403 before anything else, the org's own origin included: the page frame is ours."""
    with pytest.raises(InvalidStatus) as refused:
        await socket(world, origin)
    assert refused.value.response.status_code == 403


async def test_a_silent_connection_is_closed(world: World) -> None:
    """4002 when the time for the hello is over."""
    world.app.bridge.hello_seconds = 0.05
    assert await code_after(await socket(world)) == 4002


@pytest.mark.parametrize(
    "frame",
    ["", "hello", "{}", "[]", '{"type": "dial"}', b"\x00", '{"type": "hello"}', "[" * 9000],
    ids=range(8),
)
async def test_a_page_whose_first_frame_is_not_a_hello_is_disconnected(
    world: World, frame: str | bytes
) -> None:
    """4002 for rubbish, for bytes, and for any other message."""
    assert await code_after(await socket(world), frame) == 4002


async def test_an_oversized_first_frame_ends_the_socket(world: World) -> None:
    """1009, unread."""
    live = await socket(world)
    assert await code_after(live, "x" * (MAX_FRAME_BYTES + 1)) == 1009


@pytest.mark.parametrize("ticket", ["x", "x" * 255, "a.b", "'; DROP TABLE sessions; --"])
async def test_an_invented_ticket_is_refused(world: World, ticket: str) -> None:
    """4003: fetch a new one."""
    assert await code_after(await socket(world), hello(ticket)) == 4003


async def test_a_ticket_is_used_up_by_one_hello(world: World) -> None:
    """The second one gets 4003, the first one lives on."""
    ticket = await ticket_of(world)
    first = await socket(world)
    await first.send(hello(ticket))
    assert json.loads(await first.recv())["type"] == "view"
    assert await code_after(await socket(world), hello(ticket)) == 4003
    assert world.app.pages.count() == 1
    await first.close()


async def test_a_ticket_expires(world: World, clock: SetClock) -> None:
    """4003 after thirty seconds."""
    ticket = await ticket_of(world)
    clock.later = 30_000
    assert await code_after(await socket(world), hello(ticket)) == 4003


async def test_a_ticket_ends_with_its_session(world: World) -> None:
    """4003 when the agent has signed out between ticket and hello."""
    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    ticket = await page.ticket()
    await page.sign_out()
    assert await code_after(await socket(world), hello(ticket)) == 4003


async def test_an_excess_page_is_told_so(world: World) -> None:
    """The 33rd of one agent reads why; the same page coming back is none too many."""
    pages = [await world.page(focused=False) for _ in range(PAGES_PER_AGENT)]
    extra = world.another_page()
    await extra.sign_in()
    await extra.say_hello(await extra.ticket())
    assert await extra.until_closed() == 4009
    assert [m["code"] for m in extra.heard] == ["too-many-pages"]
    again = world.another_page(page_id=pages[0].page_id)
    await again.open()
    assert await pages[0].until_closed() == 4001
    assert world.app.pages.count() == PAGES_PER_AGENT


@pytest.mark.interpreted
async def test_a_hello_during_a_store_outage_is_retried_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1013, no page is left behind, and the next hello is welcome."""

    async def fail(*_: object) -> None:
        raise StorageError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(world.app.agents, "handle", fail)
        assert await code_after(await socket(world), hello(await ticket_of(world))) == 1013
    assert world.app.pages.count() == 0
    await world.page()


@pytest.mark.interpreted
async def test_a_report_that_could_not_be_stored_is_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1013: a page tells a result once, but its journal with every hello (found by simulation)."""

    async def fail(*_: object) -> None:
        raise StorageError("database is locked")

    live = await socket(world)
    named = {"log_id": "l", "attempt": 1, "nonce": "n", "task_id": "00T"}
    result = json.dumps({"type": "result", "outcome": "ok", **named})
    monkeypatch.setattr(world.app.agents, "handle_log_event", fail)
    assert await code_after(live, hello(await ticket_of(world)), result) == 1013


@pytest.mark.interpreted
@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            {"type": "dial", "number": "+12025550123", "clicked_at": 1, "sent_at": 1},
            "Nothing was dialed",
        ),
        ({"type": "control", "call_id": "c", "action": "hang_up"}, "This could not be stored"),
    ],
)
async def test_a_request_that_could_not_be_stored_is_answered_once_and_by_its_id(
    world: World, monkeypatch: pytest.MonkeyPatch, message: dict[str, Any], words: str
) -> None:
    """The page waits for nothing more: it is told that nothing was done."""

    async def fail(*_: object) -> None:
        raise StorageError("disk full")

    page = await world.page()
    monkeypatch.setattr(world.app.agents, "handle", fail)
    await page.send(request_id="wish", **message)
    told = await page.until_heard("error")
    assert (told["code"], told["request_id"]) == ("not-stored", "wish")
    assert words in told["text"]


async def test_the_page_that_clicked_is_shown_each_version_once(world: World) -> None:
    """The commit's hint has shown it the answer already; nothing is said twice."""
    page = await world.page()
    await page.until_answer(await page.dial("+12025550123"))
    await page.send(type="control", request_id="after", call_id="none", action="hang_up")
    await page.until_answer("after")
    versions = [view["version"] for view in page.heard if view["type"] == "view"]
    assert sorted(set(versions)) == versions


async def test_a_repeated_request_is_answered_again(world: World) -> None:
    """A page whose socket was lost in between gets its answer, and no second call."""
    page = await world.page()
    request = {"type": "dial", "request_id": "wish", "number": "abc", "clicked_at": 1, "sent_at": 1}
    await page.send(**request)
    await page.until_answer("wish")
    before = len([one for one in page.heard if one["type"] == "view"])
    await page.send(**request)
    await page.until(lambda _: len([m for m in page.heard if m["type"] == "view"]) > before)


# --- after it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "{",
        '{"type": "call_me"}',
        '{"type": "dial"}',
        '{"type": "dial", "request_id": "r", "number": 5, "clicked_at": 1}',
        '{"type": "wrapup", "notes": "' + "n" * 32_001 + '"}',
        '{"type": "hello", "ticket": "t", "page_id": "p"}',
        '{"type": "control", "request_id": "r", "call_id": "c", "action": "explode"}',
        "[" * 100_000,
    ],
    ids=range(10),
)
async def test_a_malformed_frame_is_answered_and_affects_no_call(world: World, frame: str) -> None:
    """The page reads what was wrong; its socket and its agent's call live on."""
    page = await world.page()
    await page.dial("+12025550143")
    await page.until(lambda v: v["state"] == "ringing-user-devices")
    assert page._socket is not None
    await page._socket.send(frame)
    error = await page.until_heard("error")
    assert error["code"] == "malformed"
    assert "n" * 50 not in error["text"]
    await page.send(type="presence", visible=True, focused=True)
    assert page.view["state"] == "ringing-user-devices"
    assert page.close_codes == []


async def test_a_binary_frame_is_malformed(world: World) -> None:
    """Binary frames are no way around the checks."""
    page = await world.page()
    assert page._socket is not None
    await page._socket.send(b"\x00\x01")
    assert (await page.until_heard("error"))["code"] == "malformed"


async def test_an_oversized_frame_ends_only_its_socket(world: World) -> None:
    """1009; the call of the agent is as it was when the page comes back."""
    page = await world.page()
    await page.dial("+12025550143")
    await page.until(lambda v: v["state"] == "ringing-user-devices")
    await page.send(type="wrapup", call_id="c", notes="n" * MAX_FRAME_BYTES)
    assert await page.until_closed() == 1009
    again = await world.page()
    assert again.view["state"] == "ringing-user-devices"


async def test_a_flooding_page_loses_its_socket(world: World) -> None:
    """4009 after a hundred frames at once, bytes counted in; another tab hears nothing of it."""
    page, other = await world.page(), await world.page(focused=False)
    assert page._socket is not None
    try:
        for number in range(120):
            await page._socket.send(b"x" if number % 2 else '{"type": "presence"}')
    except ConnectionClosed:
        pass
    assert await page.until_closed() == 4009
    assert other.close_codes == []


async def test_a_hello_that_fails_halfway_leaves_no_page_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be offered every log first, and save none."""

    def broken(*_: object) -> str:
        raise ZeroDivisionError

    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    with monkeypatch.context() as patched:
        patched.setattr(frames, "view_frame", broken)
        await page.say_hello(await page.ticket())
        await page.until_closed()
    assert world.app.pages.count() == 0


async def test_all_pages_of_an_agent_share_one_rate_limit(world: World) -> None:
    """4009 for each that says more, however few its own messages are; a colleague goes on."""
    first, second, colleague = await world.page(), await world.page(), await world.page("grace")
    world.app.bridge.frames = Throttle(2, HandClock())
    await first.until_answer(await first.dial("nonsense"))
    await second.until_answer(await second.dial("nonsense"))
    for page in (first, second):
        await page.send(type="presence", visible=True, focused=True)
        assert await page.until_closed() == 4009
    await colleague.until_answer(await colleague.dial("nonsense"))
    assert colleague.close_codes == []


async def test_a_page_that_does_not_read_loses_its_socket_without_delaying_others(
    world: World,
) -> None:
    """4008 once more waits for it than may; the other tab has long seen everything."""
    other = await world.page(focused=False)
    lazy = await socket(world)
    await lazy.send(hello(await ticket_of(world), journal=[]))
    await lazy.recv()
    (page,) = [p for p in world.app.pages.everyone() if p.page_id == "page-1"]
    lazy.transport.pause_reading()
    for _ in range(1000):
        page.send("x" * 100_000)
        await asyncio.sleep(0)
        if world.app.pages.count() == 1:
            break
    assert [p.page_id for p in world.app.pages.everyone()] == [other.page_id]
    await other.dial("+12025550143")
    await other.until(lambda v: v["state"] == "ringing-user-devices")
    lazy.transport.resume_reading()
    assert await code_after(lazy) == 4008


async def test_a_returning_page_replaces_its_old_socket(world: World) -> None:
    """The old one gets 4001 and takes nothing with it when it goes."""
    old = await world.page()
    new = world.another_page(page_id=old.page_id)
    await new.open()
    assert await old.until_closed() == 4001
    assert world.app.pages.count() == 1
    await new.dial("+12025550143")
    await new.until(lambda v: v["state"] == "ringing-user-devices")


async def test_a_new_build_asks_the_page_to_reload(world: World) -> None:
    """A page of before the deploy hears reload; one of this build does not."""
    live = await socket(world)
    await live.send(hello(await ticket_of(world), build="older"))
    kinds = [json.loads(await live.recv())["type"] for _ in range(2)]
    assert kinds == ["view", "reload"]
    await live.close()


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        "x",
        [],
        {},
        {"log_id": "l"},
        {"log_id": "l", "attempt": 0, "nonce": "n", "state": "ok"},
        {"log_id": "l", "attempt": 1, "nonce": "n", "state": "maybe"},
        {"log_id": "x" * 300, "attempt": 1, "nonce": "n", "state": "ok"},
        {"log_id": "unknown", "attempt": 1, "nonce": "n", "state": "ok", "task_id": "00T"},
    ],
    ids=range(10),
)
async def test_garbage_in_a_journal_is_skipped(world: World, entry: Any) -> None:
    """The page is let in all the same; but of no save does it prove that it never began."""
    live = await socket(world)
    await live.send(hello(await ticket_of(world), journal=[entry]))
    assert json.loads(await live.recv())["type"] == "view"
    (page,) = world.app.pages.everyone()
    can_be_read = isinstance(entry, dict) and "task_id" in entry
    assert page.journal == (frozenset({("unknown", 1)}) if can_be_read else None)
    await live.close()


@pytest.mark.interpreted
async def test_a_pages_journal_is_applied_before_its_first_view(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Task that was saved, unreported, would be saved again; a go on its way says nothing."""
    heard: list[tuple[str, LogEvent]] = []

    async def hear(_: AgentKey, log_id: str, *events: LogEvent) -> None:
        heard.extend((log_id, event) for event in events)

    monkeypatch.setattr(world.app.agents, "handle_log_event", hear)
    states = {"saved": "ok", "no": "refused", "away": "sent"}
    journal = [
        {"log_id": log_id, "attempt": 2, "nonce": "n", "state": state, "task_id": "00T1"}
        for log_id, state in states.items()
    ]
    live = await socket(world)
    await live.send(hello(await ticket_of(world), journal=journal))
    assert json.loads(await live.recv())["type"] == "view"
    (saved_id, saved), (refused_id, refused) = heard
    assert isinstance(saved, LogSaved)
    assert (saved_id, saved.attempt, saved.nonce, saved.record_id) == ("saved", 2, "n", "00T1")
    assert (refused_id, type(refused)) == ("no", LogRefused)
    await live.close()


async def test_signing_out_ends_the_sockets_of_that_sign_in_only(world: World) -> None:
    """4003 for its pages; the agent's other browser stays."""
    here, there = await world.page(), await world.page(focused=False)
    await here.sign_out()
    assert await here.until_closed() == 4003
    assert there.close_codes == []
    with pytest.raises(httpx.HTTPStatusError):
        await here.ticket()


async def test_a_sign_out_ends_a_page_that_is_just_let_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider is asked for its agent's phone meanwhile, which may take seconds."""
    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    line_of = Directory.line

    async def line(*asked: Any) -> TelephonyUser | None:
        await page.sign_out()
        return await line_of(*asked)

    monkeypatch.setattr(Directory, "line", line)
    assert await code_after(await socket(world), hello(await page.ticket())) == 4003
    assert world.app.pages.count() == 0


async def test_a_draining_replica_accepts_no_page(world: World) -> None:
    """503: the load balancer has another replica."""
    world.app.bridge.door.draining = True
    with pytest.raises(InvalidStatus) as refused:
        await socket(world)
    assert refused.value.response.status_code == 503


async def test_a_plain_request_does_not_open_a_socket(world: World) -> None:
    """400 without an upgrade, 403 without our origin."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert (await http.get("/ws")).status_code == 403
        answer = await http.get("/ws", headers={"Origin": world.url})
    assert answer.status_code == web.HTTPBadRequest.status_code


async def test_a_closed_socket_counts_as_garbage(world: World) -> None:
    """It is counted when it comes and when it goes, whatever it said."""
    litter = world.app.bridge._litter
    before = (litter._open, litter._closed)
    live = await socket(world)
    assert (litter._open, litter._closed) == (before[0] + 1, before[1])
    await live.close()
    async with asyncio.timeout(10):
        while litter._open > before[0]:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert litter._closed == before[1] + 1
