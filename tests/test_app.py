"""The composition root: what is started is stopped, and nothing secret is said on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from adapter.app import drain, listening, running, serve
from adapter.core.model import Agent
from adapter.runtime.clock import SystemClock
from adapter.runtime.retention import DAY_MS
from adapter.storage.archive import CALLS, DELIVERIES, Archive
from adapter.storage.open import open_reader, open_store
from adapter.storage.port import AgentChange, CallRow, Commit, Delivery, StorageError
from tests.contracts.stores import ADA
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import SECRET, TOKEN, a_world, free_port, settings_for
from tests.scenarios.test_restart import a_killable


async def test_one_file_is_served_by_one_process(tmp_path: Path) -> None:
    """A second adapter on the same file is refused; after the first one it may."""
    settings = settings_for(tmp_path, "http://localhost:1", "http://127.0.0.1:9")
    async with running(settings):
        with pytest.raises(StorageError):
            async with running(settings):
                raise AssertionError("two at once")
    async with running(settings) as app:
        assert app.pages.count() == 0


async def test_no_task_is_left_running(tmp_path: Path) -> None:
    """When it is over, every task that it started is gone."""
    before = asyncio.all_tasks()
    async with a_world(tmp_path, provider=FakeProvider().app()) as world:
        page = await world.page()
        await page.dial("+12025550143")
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    assert {task.get_name() for task in left} == set()


async def test_the_epoch_is_the_files_own(tmp_path: Path) -> None:
    """The same after a restart, another one for another file."""
    first = settings_for(tmp_path / "a", "http://localhost:1", "http://127.0.0.1:9")
    other = settings_for(tmp_path / "b", "http://localhost:1", "http://127.0.0.1:9")
    epochs = []
    for settings in (first, first, other):
        async with running(settings) as app:
            epochs.append(app.pages.epoch)
    assert epochs[0] == epochs[1] != epochs[2]


async def test_the_settings_say_how_long_deliveries_and_calls_are_kept(tmp_path: Path) -> None:
    """The job of a running adapter goes by them, each by its own, from its start on."""
    settings = settings_for(
        tmp_path, "http://localhost:1", "http://127.0.0.1:9", delivery_days=7, call_days=9
    )
    clock = SystemClock()
    store = await open_store(settings.database_url, clock_ms=clock.now)
    for days in (6, 8, 10):
        at = clock.now() - days * DAY_MS
        row = CallRow(("acct", f"pc-{days}"), f"{days}", ADA, at)
        read = (await store.versions((ADA,))).get(ADA, 0)
        event = Delivery("acct", f"{days}", "call.end", b"{}", at, "applied")
        change = AgentChange(read, Agent(ADA), None, (), (row,))
        await store.commit(Commit((change,), delivery=event))
    await store.close()
    reader = open_reader(settings.database_url)
    archive = Archive(reader)
    kept: tuple[list[str], list[str]] = ([], [])
    async with running(settings), asyncio.timeout(20):
        while kept != (["6"], ["6", "8"]):
            events = [row["event_id"] async for row in archive.rows(DELIVERIES)]
            calls = [row["call_id"] async for row in archive.rows(CALLS)]
            kept = (sorted(events), sorted(calls))
            assert "6" in events
            assert {"6", "8"} <= {*calls}
    await reader.close()


async def test_draining_notifies_pages_and_closes_the_remaining_ones(tmp_path: Path) -> None:
    """Each hears its own moment; who has not left by the end gets 4001."""
    async with a_world(tmp_path, provider=FakeProvider().app()) as world:
        pages = [await world.page(focused=False) for _ in range(3)]
        await drain(world.app, grace=0.3)
        assert [await page.until_closed() for page in pages] == [4001] * 3
        moments = [(await page.until_heard("drain"))["after_ms"] for page in pages]
        assert sorted(moments) == [0, 10, 20]
        assert world.app.pages.count() == 0


async def test_serving_ends_on_request(tmp_path: Path) -> None:
    """The port answers, then it is free again."""
    port, stop = free_port(), asyncio.Event()
    url = f"http://localhost:{port}"
    settings = settings_for(tmp_path, url, "http://127.0.0.1:9", port=port)
    serving = asyncio.create_task(serve(settings, stop))
    async with httpx.AsyncClient(trust_env=False) as http:
        async with asyncio.timeout(20):
            while True:
                try:
                    assert (await http.get(f"{url}/healthz")).status_code == 200
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(serving, 20)
        with pytest.raises(httpx.TransportError):
            await http.get(f"{url}/healthz")


async def test_a_connection_of_the_demo_is_kept_while_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its servers do not time requests: connections were cut after ten seconds, in use or not."""
    loop = asyncio.get_running_loop()
    clock, later = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: clock() + later)
    peers = []

    async def hello(request: web.Request) -> web.Response:
        peers.append(request.transport and request.transport.get_extra_info("peername"))
        return web.Response()

    server = web.Application()
    server.router.add_get("/", hello)
    async with (
        listening(server, "127.0.0.1", 0) as port,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        for moment in range(0, 60, 4):
            later = float(moment)
            await http.get(f"http://127.0.0.1:{port}/")
    assert len(set(peers)) == 1


@pytest.mark.slow
async def test_no_secret_and_no_number_is_logged(tmp_path: Path) -> None:
    """A whole call at debug level: cookie, ticket, token, secret, number, note stay out."""
    async with a_killable(tmp_path, SOFTPHONE_LOG_LEVEL="debug") as it:
        quick = {"pick_up_seconds": 0, "ring_seconds": 0, "talk_seconds": 0.2}
        await it.scene.scenario(outcome="answered", **quick)
        ticket = await it.page.ticket()
        await it.page.dial("(202) 555-0143", {"id": "003000000000001AAA", "name": "Ann Able"})
        view = await it.page.until(lambda v: v["state"] == "wrapup")
        call_id = view["wrapups"][0]["call_id"]
        await it.page.send(type="wrapup", call_id=call_id, notes="She has a dog.", done=True)
        await it.page.until(lambda v: v["click_to_dial"])
        cookie = it.page.cookie.partition("=")[2]
        await it.page.close()
        await it.page.sign_out()
        await it.adapter.end()
        said = it.adapter.logs.read_text()
    assert "session.ended" in said
    for secret in (cookie, ticket.partition(".")[0], "2025550143", "She has a dog", TOKEN, SECRET):
        assert secret not in said
