"""A simulator on a loopback socket, and an endpoint that collects what it sends."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web

from adapter.telephony.dialstack import signing
from adapter.telephony.simulator.chores import Chores
from adapter.telephony.simulator.config import Config
from adapter.telephony.simulator.server import make_app
from adapter.telephony.simulator.state import STATE, State

BEGIN = 1_760_000_000_000
"""Where the simulators' clocks begin, in Unix ms."""

FAST = 0.0005
"""A second of a scenario passes in half a millisecond."""


def ticking(begin: int = BEGIN) -> Callable[[], int]:
    """Return a clock that goes on by one millisecond whenever it is read."""
    ticks: Iterator[int] = itertools.count(begin)
    return lambda: next(ticks)


def numbered() -> Callable[[], str]:
    """Return a source of ids that are easy to read."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):06}"


def config(**settings: Any) -> Config:
    """Settings for a test: fast, with a clock and ids of its own."""
    usual: dict[str, Any] = {"now": ticking(), "new_id": numbered(), "time_scale": FAST}
    return Config(**(usual | settings))


@dataclass
class Hook:
    """Collects webhooks; `answers` are given in turn, then 200 for ever."""

    url: str = ""
    secret: str = "whsec_demo"
    answers: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def types(self) -> list[str]:
        """The types of what came, in its order."""
        return [body["type"] for body in self.received]

    async def take(self, request: web.Request) -> web.Response:
        """Verify, keep, and answer."""
        raw = await request.read()
        try:
            # The simulators' clocks stay within seconds of where they began.
            header = request.headers.get(signing.HEADER)
            signing.verify(header, raw, [self.secret], BEGIN // 1000)
            verdict = "genuine"
        except signing.BadSignature as error:
            verdict = error.reason.value
        async with self._news:
            self.received.append(json.loads(raw))
            self.verdicts.append(verdict)
            self._news.notify_all()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def until(self, *types: str) -> None:
        """Wait until each of these types has come as often as it is named."""
        async with self._news:
            await self._news.wait_for(
                lambda: all(self.types.count(kind) >= types.count(kind) for kind in types)
            )


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port of the loopback interface; yields the base URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def hooked(secret: str = "whsec_demo") -> AsyncIterator[Hook]:
    """Serve an endpoint for webhooks."""
    hook = Hook(secret=secret)
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    async with listening(app) as url:
        hook.url = f"{url}/hook"
        yield hook


@dataclass
class Simulator:
    """A running simulator, its inside, an HTTP client with its key, and its endpoint."""

    url: str
    state: State
    http: httpx.AsyncClient
    hook: Hook

    async def post(self, path: str, **body: Any) -> httpx.Response:
        """POST JSON with the key."""
        return await self.http.post(path, json=body)

    async def get(self, path: str, **query: Any) -> Any:
        """GET JSON with the key; it must be found."""
        response = await self.http.get(path, params=query)
        response.raise_for_status()
        return response.json()

    async def dial(self, number: str, user: str = "user_ada") -> httpx.Response:
        """Start a call."""
        return await self.post("/v1/calls", user_id=user, dial_string=number)

    async def history(self) -> Any:
        """Everything that it remembers."""
        return await self.get("/v1/test_helpers/history")


async def settled(chores: Chores) -> None:
    """Wait until nothing is on its way any more, answers included."""
    await asyncio.gather(*chores._tasks)


@asynccontextmanager
async def simulated(**settings: Any) -> AsyncIterator[Simulator]:
    """Run a simulator whose webhooks go to a hook."""
    async with hooked() as hook:
        app = make_app(config(webhooks=(hook.url,), **settings))
        headers = {"Authorization": "Bearer sk_test_demo", "DialStack-Account": "acct_demo"}
        async with (
            listening(app) as url,
            httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http,
        ):
            yield Simulator(url, app[STATE], http, hook)
