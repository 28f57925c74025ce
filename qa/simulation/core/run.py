"""The core engine: the same scene and the same checker, on a heap of events instead of asyncio."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from adapter.core.model import AgentKey
from adapter.storage.port import Snapshot
from qa.checker.history import History
from qa.simulation.calls import Letter
from qa.simulation.core.heap import HeapLoop
from qa.simulation.core.process import CoreProcess
from qa.simulation.dice import Odds
from qa.simulation.scene import REST_SECONDS, SWEEP_SECONDS, Process, Scene

LOOK_SECONDS = 20.0
HINT_ARRIVES = 0.98
HINT_HAS_VALUE = 0.9


def simulate_core(seed: int, calls: int, odds: Odds | None = None, surface: str = "") -> History:
    """Play the history of this seed, with roughly so many calls."""
    began = time.perf_counter()
    gc.disable()  # a history is small: collect reference cycles only when it is over
    try:
        world = CoreWorld(seed, odds or Odds(), HeapLoop(), surface)
        world.live(calls)
        history = world.history(seed)
    finally:
        gc.enable()
    history.seconds = time.perf_counter() - began
    return history


class CoreWorld(Scene):
    """The scene, with processes on the heap."""

    def __init__(self, seed: int, odds: Odds, loop: HeapLoop, surface: str = "") -> None:
        super().__init__(seed, odds, loop, surface)
        self.heap = loop
        self.replicas = [self._process() for _ in range(self.dice.shape.replicas)]
        self._hand_at = math.inf
        self.people_come()

    def processes(self) -> Sequence[Process]:
        """All of them."""
        return self.replicas

    def _process(self) -> CoreProcess:
        return CoreProcess(self, self.heap, shared=self.dice.shape.replicas > 1)

    def died(self, process: CoreProcess) -> None:
        """A process is dead; start another in its place."""
        self.loop.call_later(self.dice.between(0.5, 20), self._start_again, process)

    def _start_again(self, dead: CoreProcess) -> None:
        self.replicas[self.replicas.index(dead)] = self._process()
        self.arm()

    def hint_others(self, teller: CoreProcess, key: AgentKey, snapshot: Snapshot) -> None:
        """Send the other processes a hint, late or never; a large value is left out."""
        for other in self.replicas:
            if other is teller or not other.alive:
                continue
            if self.dice.hits(HINT_ARRIVES):
                seconds = self.dice.between(0.001, 0.05)
                value = snapshot if self.dice.hits(HINT_HAS_VALUE) else None
                self.loop.call_later(seconds, other.hinted, key, snapshot.version, value)
            else:
                self.dice.fault("hint-lost")

    # --- the sweeper --------------------------------------------------------------------------

    def arm(self) -> None:
        """Schedule only the sweeper's next useful look; the real one looks four times a second."""
        if self._hand_at - self.heap.passed <= SWEEP_SECONDS:
            return
        due = self.disk.next_due()
        if due is None:
            return
        ahead = max(0.0, (due - self.clock.now()) / 1000)
        at = (math.floor((self.heap.passed + ahead) / SWEEP_SECONDS) + 1) * SWEEP_SECONDS
        if at < self._hand_at:
            self._hand_at = at
            self.heap.call_at(at, self._sweep, at)

    def _sweep(self, at: float) -> None:
        if at != self._hand_at:
            return  # an earlier look was scheduled and has happened
        self._hand_at = math.inf
        for process in self.replicas:
            if process.alive:
                process.sweep()
        self.arm()

    # --- webhooks --------------------------------------------------------------------------------

    def attempt(self, letter: Letter, tries: int) -> None:
        """Post it once more; a process that dies meanwhile does not answer."""
        process = self.a_replica()
        if not isinstance(process, CoreProcess):
            self.refused(letter, tries)
            return
        post = _Posted(self, letter, tries)
        process.deliveries.take(self.heard(letter), post.taken, post.failed)
        if not post.answered:
            self.loop.call_later(PATIENCE_SECONDS, post.failed)

    # --- the whole run ---------------------------------------------------------------------------

    def live(self, calls: int) -> None:
        """Play all calls, then run until nothing is pending."""
        self.heap.run_until(1.0)
        self.people_work(calls)
        while self.works():
            self.heap.run_until(self.heap.passed + LOOK_SECONDS)
        end = self.heap.passed + REST_SECONDS
        while not self.rests() and self.heap.passed < end:
            self.heap.run_until(self.heap.passed + LOOK_SECONDS)


PATIENCE_SECONDS = 10.0
"""How many seconds the provider waits for an answer to a webhook."""


@dataclass(slots=True)
class _Posted:
    """A webhook on its way; only the first answer counts."""

    world: CoreWorld
    letter: Letter
    tries: int
    answered: bool = False

    def taken(self) -> None:
        """Answer 2xx."""
        if not self.answered:
            self.answered = True
            self.world.taken(self.letter)

    def failed(self) -> None:
        """Answer 5xx, or time out."""
        if not self.answered:
            self.answered = True
            self.world.refused(self.letter, self.tries)
