"""Real sockets end to end: the adapter, a simulated provider over HTTP, pages over WebSockets."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.app import App, listening, running
from adapter.settings import Settings, load
from adapter.telephony.simulator.config import Config
from adapter.telephony.simulator.server import make_app
from tests.fakes.page import FakePage
from tests.fakes.salesforce import FakeSalesforce

ACCOUNT, TOKEN, SECRET = "acct_test", "sk_test_1", "whsec_test"


@dataclass
class World:
    """Everything that a scenario plays in."""

    app: App
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
async def a_world(folder: Path, **wishes: object) -> AsyncIterator[World]:
    """The adapter and the provider, listening on free ports of loopback."""
    async with AsyncExitStack() as stack:
        port = free_port()
        url = f"http://localhost:{port}"
        simulator = make_app(simulated(f"{url}/webhooks/dialstack"))
        provider_port = await stack.enter_async_context(listening(simulator, "127.0.0.1", 0))
        provider_url = f"http://127.0.0.1:{provider_port}"
        settings = settings_for(folder, url, provider_url, **wishes)
        app = await stack.enter_async_context(running(settings))
        await stack.enter_async_context(listening(app.server, "127.0.0.1", port))
        provider = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=provider_url,
                trust_env=False,
                headers={"Authorization": f"Bearer {TOKEN}", "DialStack-Account": ACCOUNT},
            )
        )
        inner = await stack.enter_async_context(AsyncExitStack())
        yield World(app, url, provider_url, FakeSalesforce(), provider, inner)


def free_port() -> int:
    """A port that nobody listens on; the adapter must know its own address before it starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A world with the usual settings."""
    async with a_world(tmp_path) as made:
        yield made
