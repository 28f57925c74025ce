"""What sockets leave behind is found in time, and not while pages come back."""

from __future__ import annotations

import gc
import weakref

from adapter.web.http.gctrigger import LEAST, GcTrigger


class Counting(GcTrigger):
    """Counts the looks."""

    def __init__(self) -> None:
        self.looks = 0
        super().__init__(self.look)

    def look(self) -> None:
        """One look."""
        self.looks += 1

    def pass_by(self, count: int) -> None:
        """So many sockets come and go, one after the other."""
        for _ in range(count):
            self.came()
            self.went()


def test_returning_pages_delay_nobody() -> None:
    """Ten thousand arrivals are no litter."""
    litter = Counting()
    for _ in range(10_000):
        litter.came()
    assert litter.looks == 0


def test_with_few_sockets_a_thousand_closed_ones_trigger_a_collection() -> None:
    """And then it begins anew."""
    litter = Counting()
    litter.pass_by(LEAST - 1)
    assert litter.looks == 0
    litter.pass_by(1)
    assert litter.looks == 1
    litter.pass_by(LEAST)
    assert litter.looks == 2


def test_with_many_sockets_as_many_closed_ones_are_tolerated() -> None:
    """A look costs what is in memory, hence it must be worth it."""
    litter = Counting()
    for _ in range(3 * LEAST):
        litter.came()
    litter.pass_by(3 * LEAST - 1)
    assert litter.looks == 0
    litter.pass_by(1)
    assert litter.looks == 1


def test_a_collection_finds_reference_cycles() -> None:
    """With Python's own looks at older objects switched off, as `serve` has it."""

    class Left:
        """Holds itself, as a traceback does that is kept by its own frame."""

        def __init__(self) -> None:
            self.me = self

    left = weakref.ref(Left())
    thresholds = gc.get_threshold()
    gc.disable()
    try:
        litter = GcTrigger()
        for _ in range(LEAST):
            litter.came()
            litter.went()
    finally:
        gc.enable()
        gc.set_threshold(*thresholds)
    assert left() is None
