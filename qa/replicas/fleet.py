"""Several adapter processes on one PostgreSQL behind one balancer, as deployed.

`front` is the proxy before them: our small Balancer, whose routes tests can set, or a real one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapter.storage.migrate import upgrade
from adapter.telephony.simulator.config import DEFAULT_USERS, User
from qa.replicas.balancer import Balancer, balancing
from qa.replicas.proxies import Proxy
from tests.fakes.page import FakePage
from tests.fakes.process import ROOT, AdapterProcess
from tests.scenarios.conftest import ACCOUNT, SECRET, TOKEN, Scene, a_scene, free_port

Front = Callable[[list[int], int], AbstractAsyncContextManager[Balancer | Proxy]]
"""Starts a proxy on the last port for the replicas on the others."""


@dataclass
class Fleet:
    """The replicas by number, and their scene (its url is the balancer's)."""

    scene: Scene
    replicas: list[AdapterProcess]
    front: Balancer | Proxy

    @property
    def balancer(self) -> Balancer:
        """The front as a Balancer; it must not be a real proxy."""
        assert isinstance(self.front, Balancer)
        return self.front

    async def page(self, replica: int, name: str = "ada", **wishes: Any) -> FakePage:
        """Open a page of this agent, connected to this replica."""
        page = FakePage(
            self.replicas[replica].url,
            name,
            self.scene.salesforce,
            origin=self.scene.url,
            **wishes,
        )
        self.scene.stack.push_async_callback(page.close)
        return await page.open()

    def webhooks_to(self, replica: int) -> None:
        """Send all deliveries on new connections to this replica."""
        self.balancer.routes["/webhooks/"] = replica


def environment(
    public: str, port: int, database: str, provider: str, **wishes: str
) -> dict[str, str]:
    """One replica's settings; `wishes` are additional variables."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "SOFTPHONE_PUBLIC_URL": public,
        "SOFTPHONE_PORT": str(port),
        "SOFTPHONE_DATABASE_URL": database,
        "SOFTPHONE_DIALSTACK_URL": provider,
        "SOFTPHONE_DIALSTACK_ACCOUNT": ACCOUNT,
        "SOFTPHONE_DIALSTACK_TOKEN": TOKEN,
        "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": SECRET,
        "SOFTPHONE_ORG_ORIGINS": "http://127.0.0.1:1",
        "SOFTPHONE_WRAP_UP_SECONDS": "30",
        "SOFTPHONE_RING_SECONDS": "1.5",
        "SOFTPHONE_CONFIRM_REPEAT_SECONDS": "0",
        **wishes,
    }


@asynccontextmanager
async def a_fleet(
    folder: Path,
    database: str,
    count: int = 3,
    *,
    module: str = "adapter",
    users: tuple[User, ...] = DEFAULT_USERS,
    front: Front = balancing,
    root: Path = ROOT,
    links: bool = False,
    unlinked: Sequence[int] = (),
    **wishes: str,
) -> AsyncIterator[Fleet]:
    """Start replicas on an empty database, wait until they are ready, and kill them at the end.

    `links`: all but the `unlinked` ones forward deliveries to each other.
    """
    await asyncio.to_thread(upgrade, database)
    async with AsyncExitStack() as stack:
        scene, port = await stack.enter_async_context(a_scene(users=users))
        ports = [free_port() for _ in range(count)]
        replicas = []
        for number, own in enumerate(ports):
            variables = environment(scene.url, own, database, scene.provider_url, **wishes)
            if links and number not in unlinked:
                variables["SOFTPHONE_REPLICA_ADDRESS"] = f"127.0.0.1:{free_port()}"
            logs = folder / f"replica-{number}.log"
            replica = AdapterProcess(
                f"http://127.0.0.1:{own}", variables, logs, module=module, root=root
            )
            stack.push_async_callback(replica.kill)
            replicas.append(replica)
        await asyncio.gather(*(replica.start() for replica in replicas))
        before = await stack.enter_async_context(front(ports, port))
        await stack.enter_async_context(scene.stack)
        yield Fleet(scene, replicas, before)
