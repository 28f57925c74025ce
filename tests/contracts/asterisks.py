"""A driver that steers, in front of a real Asterisk or its stand-in, for one suite of tests.

Where no Asterisk can be had, the real one is left out, which the report says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.cel import open_cel
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.updates import CallUpdate, IncomingDelivery, Moment
from qa.asterisk.bench import Bench, imitated, plans, real
from qa.asterisk.engine import NoAsterisk, find_root
from qa.asterisk.handset import (
    PICK_UP,
    Handset,
    PhoneCall,
    Plan,
)
from tests.fakes.states import MemoryStates

NUMBER, CALLER = "+15551230300", "+15557654321"
RINGING, DIALED, CONNECTED = Moment.RINGING, Moment.DIALED, Moment.CONNECTED
ENDED, TRANSFERRED = Moment.ENDED, Moment.TRANSFERRED
AGENTS = ("ada", "grace", "linus")


@dataclass
class Listener:
    """A sink that keeps what it is told, and stores what is to be stored with it."""

    states: MemoryStates
    updates: list[CallUpdate] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self, delivery: IncomingDelivery) -> bool:
        """Keep it."""
        assert delivery.update is not None
        self.states.set(delivery.states)
        self.updates.append(delivery.update)
        self.changed.set()
        return True

    async def until(self, moment: Moment, call: str = "") -> CallUpdate:
        """Wait for this to be told (of this call)."""
        async with asyncio.timeout(20):
            while True:
                for one in self.updates:
                    if one.moment is moment and call in {"", one.provider_call_id}:
                        return one
                self.changed.clear()
                await self.changed.wait()

    def moments(self, call: str) -> list[Moment]:
        """What was told of a call, in its order."""
        return [one.moment for one in self.updates if one.provider_call_id == call]


@dataclass
class Case:
    """A driver that steers, in front of an Asterisk, and ada's phone."""

    bench: Bench
    driver: AsteriskDriver
    heard: Listener
    ada: Handset
    calls: Iterator[int]

    async def place(self, mine: Plan = PICK_UP, theirs: Plan = PICK_UP) -> str:
        """Place a call; the phones do what is said here."""
        plans(self.bench, self.ada, mine, theirs)
        placed = await self.driver.place(f"call_{next(self.calls):026}", "ada", NUMBER)
        assert placed.provider_call_id is not None
        return placed.provider_call_id

    async def talk(self) -> tuple[str, PhoneCall, PhoneCall]:
        """A call in which both talk: its id, and both sides of it."""
        call = await self.place()
        await self.heard.until(CONNECTED, call)
        return call, await self.ada.until_talks(), await self.bench.trunk.until_talks()

    async def until_empty(self) -> None:
        """Wait until no channel is left."""
        async with asyncio.timeout(10):
            while await self.bench.channels():  # noqa: ASYNC110 - another program's state
                await asyncio.sleep(0.02)


@asynccontextmanager
async def steering(
    account: AsteriskAccount, cel_url: str = "", states: MemoryStates | None = None
) -> AsyncIterator[Case]:
    """A driver that runs; without a bench yet."""
    states = states or MemoryStates()
    heard = Listener(states)
    driver = AsteriskDriver(
        "acct",
        AriClient(build_http(account), account),
        account,
        states,
        now=lambda: time.time_ns() // 1_000_000,
        watched=lambda: AGENTS,
        cel=open_cel(cel_url, utc=True) if cel_url else None,
    )
    task = asyncio.create_task(driver.run(heard))
    try:
        async with asyncio.timeout(10):
            while not driver.steering.connected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield Case(None, driver, heard, None, iter(()))  # type: ignore[arg-type]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()


def _is_there() -> bool:
    try:
        find_root()
    except NoAsterisk:
        return False
    return True


KINDS = [
    "stand-in",
    pytest.param(
        "real",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(not _is_there(), reason="no Asterisk here: see scripts/asterisk"),
        ],
    ),
]


@asynccontextmanager
async def opened(kind: str, folder: Path, **wishes: object) -> AsyncIterator[Case]:
    """One of these kinds; `wishes` are options of the account."""
    made = real if kind == "real" else imitated
    async with made(folder) as bench:
        ada = await bench.phone("ada")
        cel_url = bench.world.cel_url if bench.is_real else ""
        async with steering(bench.account(**wishes), cel_url) as case:
            case.bench, case.ada = bench, ada
            case.calls = iter(range(1, 1000))
            yield case
            board = case.driver.steering.board
            async with asyncio.timeout(10):  # what is gone is forgotten
                while board.calls and not await bench.channels():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
