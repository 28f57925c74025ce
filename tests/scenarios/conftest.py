"""Real sockets end to end: the adapter, a simulated provider over HTTP, pages over WebSockets."""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from adapter.app import listening, running
from adapter.frontends import App
from adapter.runtime.clock import Clock
from adapter.settings import Settings
from adapter.settings.environment import load
from adapter.telephony.simulator.config import Config
from adapter.telephony.simulator.server import make_app
from tests.fakes.page import FakePage
from tests.fakes.salesforce import FakeSalesforce

ACCOUNT, TOKEN, SECRET = "acct_test", "sk_test_1", "whsec_9f2c1e7a5b3d8064"


@dataclass
class Scene:
    """What a scenario plays in, seen from outside: addresses, an org, a provider."""

    url: str
    provider_url: str
    salesforce: FakeSalesforce
    provider: httpx.AsyncClient
    stack: AsyncExitStack

    async def page(self, name: str = "ada", **wishes: Any) -> FakePage:
        """An open page of that agent, closed at the end."""
        page = FakePage(self.url, name, self.salesforce, **wishes)
        self.stack.push_async_callback(page.close)
        return await page.open()

    def another_page(self, name: str = "ada", **wishes: Any) -> FakePage:
        """A page that is not open yet, closed at the end."""
        page = FakePage(self.url, name, self.salesforce, **wishes)
        self.stack.push_async_callback(page.close)
        return page

    async def history(self) -> dict[str, Any]:
        """What the provider saw and did."""
        answer = await self.provider.get("/v1/test_helpers/history")
        answer.raise_for_status()
        history: dict[str, Any] = answer.json()
        return history

    async def scenario(self, **scenario: Any) -> None:
        """How the provider's calls go from now on."""
        answer = await self.provider.post(
            "/v1/test_helpers/scenarios", json={"default": True, "scenario": scenario}
        )
        answer.raise_for_status()

    async def chaos(self, **knobs: Any) -> None:
        """Which faults the provider makes from now on."""
        (await self.provider.post("/v1/test_helpers/chaos", json=knobs)).raise_for_status()

    async def sandbox(self, **call: Any) -> str:
        """A call that nobody asked the provider's API for; its id."""
        answer = await self.provider.post("/v1/test_helpers/calls", json=call)
        answer.raise_for_status()
        call_id: str = answer.json()["id"]
        return call_id

    async def until_history(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The provider's history, asked again until it fits."""
        async with asyncio.timeout(20):
            while not fits(history := await self.history()):  # noqa: ASYNC110 - another program's
                await asyncio.sleep(0.02)
        return history

    async def until_task(
        self, fits: Callable[[dict[str, Any]], bool] = lambda task: True
    ) -> dict[str, Any]:
        """The one Task of the org, once it is there and fits."""
        async with asyncio.timeout(20):
            while not any(map(fits, self.salesforce.tasks.values())):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        (task,) = self.salesforce.tasks.values()
        return task

    async def until_tasks(self, count: int) -> None:
        """The org has so many Tasks."""
        async with asyncio.timeout(20):
            while len(self.salesforce.tasks) < count:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.02)


@dataclass
class World(Scene):
    """A scene whose adapter runs in this process."""

    app: App


def settings_for(folder: Path, url: str, provider_url: str, **wishes: object) -> Settings:
    """The adapter's settings in a scenario: everything that people wait for is short."""
    return load(
        {},
        **{
            "public_url": url,
            "database_url": f"sqlite:///{folder}/test.db",
            "dialstack_url": provider_url,
            "dialstack_account": ACCOUNT,
            "dialstack_token": TOKEN,
            "dialstack_webhook_secrets": SECRET,
            "org_origins": ("http://127.0.0.1:1",),
            "ring_seconds": 1.5,
            "wrap_up_seconds": 30,
            "confirm_repeat_seconds": 0,
            "regions": ("all",),
            "log_level": "warning",
            **wishes,
        },
    )


def simulated(webhook: str, **wishes: Any) -> Config:
    """A provider whose calls take fractions of a second."""
    return Config(
        now=lambda: time.time_ns() // 1_000_000,
        new_id=lambda: secrets.token_hex(8),
        account=ACCOUNT,
        token=TOKEN,
        secret=SECRET,
        webhooks=(webhook,),
        backoff_seconds=(0.1, 0.1, 0.2, 0.5, 1, 1, 1, 1, 1),
        **wishes,
    )


@asynccontextmanager
async def a_scene(
    provider: web.Application | None = None, **simulator: Any
) -> AsyncIterator[tuple[Scene, int]]:
    """The provider (else a simulated one) on a free port, and the adapter's port to be."""
    async with AsyncExitStack() as stack:
        port = free_port()
        url = f"http://localhost:{port}"
        app = provider or make_app(simulated(f"{url}/webhooks/dialstack", **simulator))
        provider_port = await stack.enter_async_context(listening(app, "127.0.0.1", 0))
        provider_url = f"http://127.0.0.1:{provider_port}"
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=provider_url,
                trust_env=False,
                headers={"Authorization": f"Bearer {TOKEN}", "DialStack-Account": ACCOUNT},
            )
        )
        yield Scene(url, provider_url, FakeSalesforce(), client, AsyncExitStack()), port


@asynccontextmanager
async def a_world(
    folder: Path,
    *,
    provider: web.Application | None = None,
    kind: str = "dialstack",
    clock: Clock | None = None,
    **wishes: object,
) -> AsyncIterator[World]:
    """The adapter and the provider, listening on free ports of loopback; `kind`: which driver."""
    async with AsyncExitStack() as stack:
        scene, port = await stack.enter_async_context(a_scene(provider))
        settings = settings_for(
            folder, scene.url, scene.provider_url, **{"provider": kind, **wishes}
        )
        app = await stack.enter_async_context(running(settings, clock))
        await stack.enter_async_context(listening(app.server, "127.0.0.1", port))
        # Pages go first.
        await stack.enter_async_context(scene.stack)
        parts = (scene.url, scene.provider_url, scene.salesforce, scene.provider, scene.stack)
        yield World(*parts, app=app)


def free_port() -> int:
    """A port that nobody listens on; the adapter must know its own address before it starts.

    Below the range from which the system takes ports for outgoing connections, and each worker of
    a parallel run has a range of its own: nobody else takes it before we listen.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = 20_000 + 1_000 * (worker % 12) + next(_PORTS) % 1_000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


# Another run of the tests beside this one begins elsewhere in the range.
_PORTS = itertools.count(os.getpid() * 7)


def environment_of(scene: Scene, port: int, folder: Path) -> dict[str, str]:
    """What an adapter in a process of its own is told, so that it belongs to this scene."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "SOFTPHONE_PUBLIC_URL": scene.url,
        "SOFTPHONE_PORT": str(port),
        "SOFTPHONE_DATABASE_URL": f"sqlite:///{folder}/test.db",
        "SOFTPHONE_DIALSTACK_URL": scene.provider_url,
        "SOFTPHONE_DIALSTACK_ACCOUNT": ACCOUNT,
        "SOFTPHONE_DIALSTACK_TOKEN": TOKEN,
        "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": SECRET,
        "SOFTPHONE_ORG_ORIGINS": "http://127.0.0.1:1",
        # Area codes of Canada are dialed as well.
        "SOFTPHONE_REGIONS": "all",
    }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A world with the usual settings."""
    async with a_world(tmp_path) as made:
        yield made
