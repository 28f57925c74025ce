"""Two orgs in one process share nothing: not their provider, their Salesforce, nor their rules."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapter import drivers
from adapter.app import listening, running
from adapter.core.events import DialRequested, PageGreeted
from adapter.core.logs.events import LogAccepted, ReadBack
from adapter.core.model import AgentKey, TelephonyUser
from adapter.frontends import App
from adapter.orgs import Org
from adapter.page.page import Page
from adapter.settings.environment import load
from adapter.telephony.port import Driver, DriverStates
from adapter.telephony.simulator.script import Scenario
from adapter.telephony.simulator.server import make_app
from tests.fakes.switch import THERE, USER, SwitchDriver, a_switch
from tests.scenarios.conftest import ACCOUNT, SECRET, TOKEN, free_port, simulated

ADA, BOB = (
    AgentKey("00D000000000AAA", "005000000000AAA"),
    AgentKey("00D000000000BBB", "005000000000BBB"),
)


@dataclass
class Queries:
    """An org that answers every query with no Tasks, and remembers what it was asked."""

    asked: list[str] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> web.Application:
        """The HTTP server of it."""
        server = web.Application()
        server.router.add_post("/services/oauth2/token", self._token)
        server.router.add_get("/services/data/{version}/queryAll", self._query)
        return server

    async def _token(self, _request: web.Request) -> web.Response:
        return web.json_response({"access_token": "secret"})

    async def _query(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["q"])
        self.heard.set()
        return web.json_response({"records": []})


def _org(folder: Path, agent: AgentKey, domain: str) -> str:
    name = agent.org_id
    for what in ("token", "webhooks"):
        (folder / f"{name}-{what}").write_text(f"{what}-of-{name}", encoding="utf-8")
    return f"""
[[org]]
id = "{name}"
domain = "{domain}"
client_id = "client"
origins = ["https://{name.lower()}.lightning.force.com"]
account = "acct_{name}"
token_file = "{folder}/{name}-token"
webhook_secrets_file = "{folder}/{name}-webhooks"
"""


async def test_each_agents_log_is_searched_in_the_agents_org(tmp_path: Path) -> None:
    """Another org has nothing of it, and "nothing there" would free a second create."""
    orgs = {ADA: Queries(), BOB: Queries()}
    async with AsyncExitStack() as stack:
        text, domain = "", ""
        for agent, org in orgs.items():
            port = await stack.enter_async_context(listening(org.app(), "127.0.0.1", 0))
            domain = f"http://127.0.0.1:{port}"
            text += _org(tmp_path, agent, domain)
        (tmp_path / "orgs.toml").write_text(text, encoding="utf-8")
        settings = load(
            {},
            database_url=f"sqlite:///{tmp_path}/test.db",
            orgs_file=tmp_path / "orgs.toml",
            # The same app of ours in each org; the last org's address, as one who grew had it.
            salesforce_url=domain,
            salesforce_client_id="client",
            salesforce_client_secret="secret",
        )
        app = await stack.enter_async_context(running(settings))
        for agent, log_id in ((ADA, "call_of_ada"), (BOB, "call_of_bob")):
            app.pages.perform(agent, {}, ReadBack(log_id, agent))
        async with asyncio.timeout(10):
            for org in orgs.values():
                await org.heard.wait()
    asked = [[query.split("'")[1] for query in org.asked] for org in orgs.values()]
    assert asked == [["call_of_ada"], ["call_of_bob"]]


@dataclass
class Seat:
    """An agent's page, as the registry of pages sees one."""

    app: App
    key: AgentKey
    user: str
    frames: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    view: dict[str, Any] = field(default_factory=dict)

    async def sit_down(self) -> None:
        """The page is here, and the directory has told who the agent is."""
        tenant = self.app.tenants.of_agent(self.key)
        assert tenant is not None
        page = Page("page1", self.key, send=self._send, close=lambda _code, _why: None)
        self.app.pages.add(page)
        line = TelephonyUser(tenant.telephony.account, self.user)
        await self.app.agents.handle(self.key, PageGreeted(now(), line, self.user, "UTC"))

    def _send(self, text: str) -> None:
        self.frames.put_nowait(json.loads(text))

    async def frame(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next frame that fits."""
        async with asyncio.timeout(20):
            while True:
                frame = await self.frames.get()
                if fits(frame):
                    return frame

    async def dial(self, call_id: str) -> None:
        """Click, and see the call end."""
        click = DialRequested(now(), f"r-{call_id}", call_id, "+12025550143", now())
        await self.app.agents.handle(self.key, click)

    async def saved(self, call_id: str) -> dict[str, Any]:
        """What the page is told to save of it."""
        self.view = await self.frame(lambda f: f["type"] == "view" and f["state"] == "wrapup")
        accepted = LogAccepted(now(), "page1", "nonce")
        await self.app.agents.handle_log_event(self.key, call_id, accepted)
        go = await self.frame(lambda f: f["type"] == "go")
        args: dict[str, Any] = go["call"]["args"]
        return args


def now() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _switch(org: Org, states: DriverStates, _: object) -> Driver:
    return SwitchDriver(org.account, int(org.telephony.options["port"]), states)


async def test_a_webhook_provider_and_a_stream_provider_work_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each org's call goes its own way, can do its own things, and is saved by its own rules."""
    monkeypatch.setitem(drivers.KINDS, "switch", drivers.Kind(_switch, ("port",)))
    async with AsyncExitStack() as stack:
        switch = await stack.enter_async_context(a_switch(now))
        port = free_port()
        url = f"http://localhost:{port}"
        play = Scenario(pick_up_seconds=0.1, ring_seconds=0.1, talk_seconds=0.2)
        provider = make_app(simulated(f"{url}/webhooks/dialstack", scenario=play))
        provider_port = await stack.enter_async_context(listening(provider, "127.0.0.1", 0))
        for name, secret in (("token", TOKEN), ("hooks", SECRET)):
            (tmp_path / name).write_text(secret, encoding="utf-8")
        file = tmp_path / "orgs.toml"
        file.write_text(
            _head(ADA)
            + TELEPHONY.format(account=ACCOUNT, folder=tmp_path)
            + '[org.salesforce]\ntask_status = "Completed"\n'
            + _head(BOB)
            + f'[org.telephony]\nkind = "switch"\naccount = "house"\nport = {switch.port}\n'
            + '[org.salesforce]\ntask_status = "Done"\ntask_extra_fields = ["Type=Call"]\n',
            encoding="utf-8",
        )
        settings = load(
            {},
            public_url=url,
            database_url=f"sqlite:///{tmp_path}/test.db",
            orgs_file=file,
            dialstack_url=f"http://127.0.0.1:{provider_port}",
        )
        app = await stack.enter_async_context(running(settings))
        await stack.enter_async_context(listening(app.server, "127.0.0.1", port))
        await switch.listened_to()
        ada, bob = Seat(app, ADA, "user_ada"), Seat(app, BOB, "user_grace")
        for seat, call_id in ((ada, "call-of-ada"), (bob, "call-of-bob")):
            await seat.sit_down()
            await seat.dial(call_id)
        await switch.pick_up("call-of-bob", USER)
        await switch.pick_up("call-of-bob", THERE)
        await bob.frame(lambda f: f["type"] == "view" and f["state"] == "bridged")
        switch.hang_up("call-of-bob", THERE)
        tasks = [await ada.saved("call-of-ada"), await bob.saved("call-of-bob")]
        await switch.gone("call-of-bob", USER)
    assert [(task["Status"], task.get("Type")) for task in tasks] == [
        ("Completed", None),
        ("Done", "Call"),
    ]
    assert [task["CallDisposition"] for task in tasks] == ["Connected", "Connected"]
    can = [{name for name, able in seat.view["can"].items() if able} for seat in (ada, bob)]
    assert ("transfer" in can[0], "hang_up" in can[0]) == (True, False)
    assert ("transfer" in can[1], "hang_up" in can[1]) == (False, True)


async def test_a_call_that_changed_without_a_listener_is_caught_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream breaks, the agent picks up unheard: the next listener dials the customer."""
    monkeypatch.setitem(drivers.KINDS, "switch", drivers.Kind(_switch, ("port",)))
    file = tmp_path / "orgs.toml"
    async with AsyncExitStack() as stack:
        switch = await stack.enter_async_context(a_switch(now))
        table = f'[org.telephony]\nkind = "switch"\naccount = "house"\nport = {switch.port}\n'
        file.write_text(_head(BOB) + table, encoding="utf-8")
        settings = load({}, database_url=f"sqlite:///{tmp_path}/test.db", orgs_file=file)
        async with running(settings) as app:
            await switch.listened_to()
            seat = Seat(app, BOB, "user_grace")
            await seat.sit_down()
            await seat.dial("call-of-bob")
            await switch.ringing("call-of-bob", USER)
        switch.drop_listener()
        await switch.pick_up("call-of-bob", USER)
        app = await stack.enter_async_context(running(settings))
        await switch.pick_up("call-of-bob", THERE)
        seat = Seat(app, BOB, "user_grace")
        await seat.sit_down()
        switch.hang_up("call-of-bob", USER)
        task = await seat.saved("call-of-bob")
        await switch.gone("call-of-bob", THERE)
    assert task["CallDisposition"] == "Connected"
    assert switch.rings.count(("call-of-bob", USER)) == 1


def _head(agent: AgentKey) -> str:
    name = agent.org_id
    return f"""
[[org]]
id = "{name}"
domain = "https://{name.lower()}.my.salesforce.com"
client_id = "client"
origins = ["https://{name.lower()}.lightning.force.com"]
"""


TELEPHONY = """
[org.telephony]
kind = "dialstack"
account = "{account}"
token_file = "{folder}/token"
webhook_secrets_file = "{folder}/hooks"
"""
