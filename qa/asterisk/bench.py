"""The common interface of a real Asterisk with real phones and of the stand-in."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapter.telephony.asterisk.account import AsteriskAccount
from qa.asterisk.engine import AGENTS, APP, USER, Engine, asterisk
from qa.asterisk.handset import PICK_UP, Handset, Plan
from qa.asterisk.phone import a_phone, a_trunk
from qa.asterisk.standin import StandIn, stand_in

IDENTITY, IDENTITY_NAME = "+15550009999", "Example Ltd"


@dataclass
class Bench:
    """An Asterisk of either kind, the phone network behind it, and its users' phones."""

    world: Engine | StandIn
    trunk: Handset
    stack: AsyncExitStack

    @property
    def is_real(self) -> bool:
        """Whether audio packets flow and can be counted."""
        return isinstance(self.world, Engine)

    async def phone(self, name: str) -> Handset:
        """A phone of that name, registered until the end."""
        if isinstance(self.world, Engine):
            return await self.stack.enter_async_context(a_phone(name, self.world.sip_port))
        return self.world.phone(name)

    async def second_phone(self, name: str) -> Handset:
        """Another phone that is registered under the same name."""
        return await self.phone(name if self.is_real else f"{name}~2")

    def account(self, **wishes: Any) -> AsteriskAccount:
        """The adapter's account for this Asterisk."""
        usual: dict[str, Any] = {
            "url": self.world.url,
            "user": USER,
            "secret": self.world.secret,
            "app": APP,
            "identity": IDENTITY,
            "identity_name": IDENTITY_NAME,
        }
        return AsteriskAccount(**usual | wishes)

    async def channels(self) -> list[dict[str, Any]]:
        """The ids of the current channels."""
        return await self.world.channels()

    def lose_recordings(self) -> None:
        """Remove the folder for recordings."""
        if isinstance(self.world, Engine):
            shutil.rmtree(self.world.folder / "spool" / "recording")
        else:
            self.world.exchange.has_recordings = False

    async def kill(self) -> None:
        """Kill it at once, as a crash would."""
        if isinstance(self.world, Engine):
            await self.world.stop(signal.SIGKILL)
        else:
            await self.world.kill()

    async def start(self) -> None:
        """Start it again, at the same address."""
        await self.world.start()


def always(plan: Plan) -> Callable[[str], Plan]:
    """Use this plan for every dialed number."""
    return lambda number: plan


@asynccontextmanager
async def real(folder: Path, agents: tuple[str, ...] = AGENTS) -> AsyncIterator[Bench]:
    """Start a real Asterisk with endpoints for these agents. Raises NoAsterisk."""
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(asterisk(agents))
        trunk = await stack.enter_async_context(a_trunk(engine.sip_port, engine.trunk_port))
        yield Bench(engine, trunk, stack)


@asynccontextmanager
async def imitated(folder: Path) -> AsyncIterator[Bench]:
    """Start the stand-in."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(stand_in(folder))
        yield Bench(world, world.phone("trunk"), stack)


def plans(bench: Bench, agent: Handset, mine: Plan = PICK_UP, theirs: Plan = PICK_UP) -> None:
    """Set how the agent's phone and the phone network handle calls from now on."""
    agent.plan, bench.trunk.plan = always(mine), always(theirs)
