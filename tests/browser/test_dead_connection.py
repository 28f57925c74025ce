"""A connection may die without being closed: then nothing arrives, and nothing says so."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import WebSocketRoute

from tests.browser.conftest import Org

pytestmark = pytest.mark.browser


class Network:
    """What carries the softphone's sockets, until it drops one."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.dead: set[WebSocketRoute] = set()
        self.pinged = asyncio.Event()

    def carry(self, page: WebSocketRoute) -> None:
        """Relay a new socket; one that is dead swallows everything, its end too."""
        self.sockets.append(page)
        server = page.connect_to_server()

        def down(message: str | bytes) -> None:
            if page not in self.dead:
                page.send(message)
                if '"ping"' in str(message):
                    self.pinged.set()

        page.on_message(lambda message: None if page in self.dead else server.send(message))
        server.on_message(down)
        page.on_close(lambda code, reason: None)
        server.on_close(lambda code, reason: None)


async def test_a_page_whose_connection_died_silently_connects_again(org: Org) -> None:
    """After 40 seconds without a ping; until then, the dead socket looked open."""
    network = Network()
    await org.context.route_web_socket("**/ws", network.carry)
    await org.context.clock.install()
    tab = await org.tab()
    await org.world.app.bridge.heartbeat.beat()
    async with asyncio.timeout(20):
        await network.pinged.wait()
    network.dead.update(network.sockets)
    await tab.page.clock.fast_forward(39_000)
    assert len(network.sockets) == 1
    await tab.page.clock.fast_forward(2_000)
    async with asyncio.timeout(20):
        while len(network.sockets) < 2:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.05)
    await tab.until_dialable()
