"""Two orgs in one process share nothing: each agent's log is looked for in the agent's own org."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from adapter.app import listening, running
from adapter.core.logevents import ReadBack
from adapter.core.model import AgentKey
from adapter.environment import load

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


async def test_each_agents_log_is_looked_for_in_the_agents_own_org(tmp_path: Path) -> None:
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
