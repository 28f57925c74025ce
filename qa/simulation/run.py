"""The runtime engine: the real runtime on a virtual loop. A seed determines a history."""

from __future__ import annotations

import asyncio
import gc
import math
import time
from collections.abc import Sequence
from functools import partial

from qa.checker.history import History
from qa.simulation.calls import Letter
from qa.simulation.dice import Odds
from qa.simulation.replica import Hints, Replica
from qa.simulation.scene import REST_SECONDS, SWEEP_SECONDS, Process, Scene
from qa.simulation.virtual import VirtualLoop


def simulate(seed: int, calls: int, odds: Odds | None = None, surface: str = "") -> History:
    """Play the history of this seed, with roughly so many calls."""
    loop = VirtualLoop()
    began = time.perf_counter()
    gc.disable()  # a history is small: collect reference cycles only when it is over
    try:
        asyncio.set_event_loop(loop)
        history = loop.run_until_complete(_live(seed, calls, odds or Odds(), loop, surface))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        gc.enable()
    history.seconds = time.perf_counter() - began
    return history


async def _live(seed: int, calls: int, odds: Odds, loop: VirtualLoop, surface: str) -> History:
    world = World(seed, odds, loop, surface)
    await world.live(calls)
    return world.history(seed)


class World(Scene):
    """The scene, with processes on asyncio."""

    def __init__(self, seed: int, odds: Odds, loop: VirtualLoop, surface: str) -> None:
        super().__init__(seed, odds, loop, surface)
        self.virtual = loop
        self.replicas: list[Replica] = [self._replica() for _ in range(self.dice.shape.replicas)]
        self._hand: asyncio.TimerHandle | None = None
        self._hand_at = math.inf
        self.people_come()

    def processes(self) -> Sequence[Process]:
        """All of them."""
        return self.replicas

    # --- processes -------------------------------------------------------------------------------

    def _replica(self) -> Replica:
        return Replica(
            dice=self.dice,
            clock=self.clock,
            disk=self.disk,
            provider=self.provider,
            salesforce=self.salesforce,
            voice_calls=self.voice_calls,
            read=self.read,
            peers=self._other_hints,
            died=self._died,
        )

    def _other_hints(self, hints: Hints) -> list[Hints]:
        return [r.hints for r in self.replicas if r.alive and r.hints is not hints]

    def _died(self, replica: Replica) -> None:
        self.loop.call_later(self.dice.between(0.5, 20), self._start_again, replica)

    def _start_again(self, dead: Replica) -> None:
        self.replicas[self.replicas.index(dead)] = self._replica()
        self.arm()

    # --- the sweeper --------------------------------------------------------------------------

    def arm(self) -> None:
        """Schedule only the sweeper's next useful look; the real one looks four times a second."""
        due = self.disk.next_due()
        if due is None:
            return
        ahead = max(0.0, (due - self.clock.now()) / 1000)
        at = (math.floor((self.loop.time() + ahead) / SWEEP_SECONDS) + 1) * SWEEP_SECONDS
        if at >= self._hand_at:
            return
        if self._hand is not None:
            self._hand.cancel()
        self._hand_at = at
        self._hand = self.virtual.call_at(at, self._sweep)

    def _sweep(self) -> None:
        self._hand_at = math.inf
        for replica in self.replicas:
            if replica.alive:
                replica.sweep()
        self.arm()

    # --- webhooks --------------------------------------------------------------------------------

    def attempt(self, letter: Letter, tries: int) -> None:
        """Post a webhook once more."""
        replica = self.a_replica()
        if not isinstance(replica, Replica):
            self.refused(letter, tries)
            return
        task = replica.tasks.start("webhook", replica.take(self.heard(letter)))
        task.add_done_callback(partial(self._answered, letter, tries))

    def _answered(self, letter: Letter, tries: int, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is not None:
            self.refused(letter, tries)
            return
        self.taken(letter)

    # --- the whole run ---------------------------------------------------------------------------

    async def live(self, calls: int) -> None:
        """Play all calls, then run until nothing is pending."""
        await asyncio.sleep(1)
        self.people_work(calls)
        while self.works():  # noqa: ASYNC110 - time is virtual
            await asyncio.sleep(20)
        end = self.loop.time() + REST_SECONDS
        while not self.rests() and self.loop.time() < end:  # noqa: ASYNC110 - as above
            await asyncio.sleep(20)
        for replica in self.replicas:
            replica.die()
