"""Thousands of calls on the stand-in, while the steering driver is killed, replaced or cut off.

    python -m qa.asterisk.chaos --calls 10000 --seed 1

The store survives all of it, and so does a second driver that only places calls. The run checks
that nobody was called twice, that each reported call was reported as ended exactly once, that no
channel is left, and that the reported talk time of undisturbed calls is right. The last line is one
JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from adapter.core.facts import NOTHING_KNOWN, Facts
from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.asterisk.ledger import OVER
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.port import Action, ProviderError
from qa.asterisk.bench import Bench, imitated
from qa.asterisk.handset import BUSY, IGNORE, Plan
from qa.asterisk.standin import StandIn
from tests.fakes.states import MemorySink, MemoryStates

AGENTS = 30
OVER_SECONDS = 60
FAULTS = ("killed", "replaced", "cut off", "exchange killed")
FAULT_SECONDS = (4, 12)
WISHES = (Action.HOLD, Action.MUTE, Action.CONSULT, Action.HANG_UP)
TALK_ERROR_SECONDS = 1.0


@dataclass
class Count:
    """The calls played and the violations found."""

    calls: int = 0
    talks: int = 0
    refused: int = 0
    over: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wishes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    talk_errors: list[float] = field(default_factory=list)

    def is_wrong(self, text: str) -> None:
        """Record and print a violation at once, because a long run might never end."""
        self.wrong.append(text)
        print(f"wrong: {text}", flush=True)


class World:
    """The stand-in, the store and two drivers: one steers calls, the other places them.

    `disturbed` is incremented when a fault begins and when it ends.
    """

    def __init__(self, bench: Bench, dice: random.Random, count: Count) -> None:
        assert isinstance(bench.world, StandIn)
        self.bench, self.standin = bench, bench.world
        self.dice, self.count = dice, count
        self.states = MemoryStates()
        self.sink = MemorySink(self.states)
        self.disturbed = 0
        self.plans: dict[str, Plan] = {}
        bench.trunk.plan = lambda number: self.plans.pop(number, BUSY)
        self.front = self._driver()
        self._running: list[tuple[AsteriskDriver, asyncio.Task[None]]] = []

    def _driver(self) -> AsteriskDriver:
        account = self.bench.account(ring_seconds=2, dial_seconds=2, inside="PJSIP/colleague")
        return AsteriskDriver(
            "acct",
            AriClient(build_http(account), account),
            account,
            self.states,
            now=lambda: time.time_ns() // 1_000_000,
        )

    async def steer(self) -> None:
        """Start another driver, which steers from now on."""
        driver = self._driver()
        task = asyncio.create_task(driver.run(self.sink))
        self._running.append((driver, task))
        async with asyncio.timeout(OVER_SECONDS):
            while not driver.steering.connected:  # noqa: ASYNC110 - the driver has no event for it
                await asyncio.sleep(0.01)

    async def end(self) -> None:
        """Kill the steering driver, whatever it is doing."""
        running, self._running = self._running, []
        for driver, task in running:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await driver.close()

    async def fault(self, kind: str) -> None:
        """Inflict one fault and repair it."""
        self.disturbed += 1
        self.count.faults[kind] += 1
        match kind:
            case "killed":
                await self.end()
                await asyncio.sleep(self.dice.uniform(0, 0.3))
                await self.steer()
            case "replaced":
                before, self._running = self._running, []
                await self.steer()
                after, self._running = self._running, before
                await self.end()
                self._running = after
            case "cut off":
                await self.standin.lose_sockets()
            case _:
                await self.standin.kill()
                await asyncio.sleep(self.dice.uniform(0, 0.3))
                await self.standin.start()
        self.disturbed += 1

    def told(self, root: str) -> list[tuple[str, Facts]]:
        """The stored updates of a call, as (moment, facts)."""
        return [(update.moment, update.facts) for update in self.sink.updates[root]]

    def is_there(self, root: str) -> bool:
        """Whether the call has a channel."""
        names = map(ids.leg_name, self.standin.exchange.channels)
        return any(name is not None and name.root == root for name in names)


@asynccontextmanager
async def a_world(folder: Path, dice: random.Random, count: Count) -> AsyncIterator[World]:
    """Start the stand-in and the drivers; close them afterward."""
    async with imitated(folder) as bench:
        world = World(bench, dice, count)
        await bench.phone("colleague")
        await world.steer()
        try:
            yield world
        finally:
            await world.end()
            await world.front.close()


async def an_agent(world: World, name: str, numbers: Iterator[str], calls: int) -> None:
    """Place call after call, until the total is reached."""
    phone = await world.bench.phone(name)
    while world.count.calls < calls:
        number, dice = next(numbers), world.dice
        mine = Plan(after=dice.uniform(0, 0.05))
        theirs = [Plan(after=0.02, talk=dice.uniform(0.05, 0.4))] * 4 + [BUSY, IGNORE]
        phone.plan = lambda called, plan=mine: plan  # type: ignore[misc]
        world.plans[number] = dice.choice(theirs)
        await one_call(world, name, number)


async def one_call(world: World, name: str, number: str) -> None:
    """Place a call, perhaps control it, wait until it ends, and judge it."""
    count, before = world.count, world.disturbed
    call_id = f"call_{number.removeprefix('+'):0>26}"
    root = ids.root_of(call_id)
    try:
        await world.front.place(call_id, name, number)
        count.calls += 1
    except ProviderError:
        count.refused += 1
        await asyncio.sleep(0.5)  # roughly how long an agent takes to click again
    wishing = asyncio.create_task(_wish(world, root))
    try:
        async with asyncio.timeout(OVER_SECONDS):
            while world.is_there(root):  # noqa: ASYNC110 - another program's state
                await asyncio.sleep(0.02)
    except TimeoutError:
        count.is_wrong(f"{number}: channels are left after {OVER_SECONDS} s")
    wishing.cancel()
    await _end_reported(world, root, number)
    _judge(world, root, number, is_quiet=before == world.disturbed)
    count.over += 1
    if count.over % 100 == 0:
        faults = sum(count.faults.values())
        print(f"{count.over} calls, {faults} faults, {len(count.wrong)} wrong", flush=True)


async def _wish(world: World, root: str) -> None:
    """Perform a random action during the talk; it may be refused."""
    if world.dice.random() < 0.5:
        return
    action = world.dice.choice(WISHES)
    await asyncio.sleep(world.dice.uniform(0.05, 0.3))
    with contextlib.suppress(ProviderError):
        await world.front.control(root, action, "2002" if action is Action.CONSULT else None)
        world.count.wishes[action] += 1


async def _end_reported(world: World, root: str, number: str) -> None:
    """Wait until the end of a reported call is reported, once a driver steers again."""
    deadline = time.time() + OVER_SECONDS
    while (updates := world.told(root)) and not any(moment in OVER for moment, _ in updates):
        if time.time() > deadline:
            world.count.is_wrong(f"{number}: its end was never reported")
            return
        await asyncio.sleep(0.02)


def _judge(world: World, root: str, number: str, *, is_quiet: bool) -> None:
    """Compare the reported updates with what the phones saw."""
    count, updates = world.count, world.told(root)
    dialed = [call for call in world.bench.trunk.calls if call.number == number]
    world.bench.trunk.calls = [call for call in world.bench.trunk.calls if call.number != number]
    if len(dialed) > 1:
        count.is_wrong(f"{number}: called {len(dialed)} times")
    ends = [moment for moment, _ in updates if moment in OVER]
    if len(ends) > 1 and is_quiet:
        count.is_wrong(f"{number}: {len(ends)} ends")
    if not (dialed and dialed[0].talked and is_quiet):
        return
    count.talks += 1
    facts = NOTHING_KNOWN
    for _, reported in updates:
        facts = facts.join(reported)
    error = abs((facts.talk_ms or 0) / 1000 - dialed[0].talked)
    count.talk_errors.append(error)
    if error > TALK_ERROR_SECONDS:
        count.is_wrong(f"{number}: {facts.talk_ms} ms reported, {dialed[0].talked:.2f} s talked")


async def run(calls: int, seed: int) -> dict[str, Any]:
    """Play `calls` calls and return the result."""
    began, count, dice = time.time(), Count(), random.Random(seed)
    numbers = (f"+1202{number:07}" for number in itertools.count(1))
    with tempfile.TemporaryDirectory() as folder:
        async with a_world(Path(folder), dice, count) as world:
            agents = asyncio.gather(
                *(an_agent(world, f"agent{number:02}", numbers, calls) for number in range(AGENTS))
            )
            while not agents.done():
                await asyncio.wait([agents], timeout=dice.uniform(*FAULT_SECONDS))
                if not agents.done():
                    await world.fault(dice.choice(FAULTS))
            await agents
            left = len(world.standin.exchange.channels)
    return {
        "calls": count.calls,
        "seed": seed,
        "undisturbed_talks": count.talks,
        "refused": count.refused,
        "faults": dict(count.faults),
        "wishes": {str(name): done for name, done in count.wishes.items()},
        "worst_talk_error_s": round(max(count.talk_errors, default=0), 2),
        "channels_left": left,
        "wrong": count.wrong[:20],
        "seconds": round(time.time() - began),
        "ok": not count.wrong and not left,
    }


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.asterisk.chaos", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # The drivers' log lines about the faults would be most of the output.
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    logging.disable(logging.ERROR)
    result = asyncio.run(run(options.calls, options.seed))
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
