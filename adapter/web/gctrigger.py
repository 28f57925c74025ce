"""What closed sockets leave behind, and when Python looks for it.

A socket that has ended leaves some 90 objects of aiohttp's that hold each other (tracebacks,
frames, requests), which only a look at everything in memory finds. Such a look holds everybody up,
a tenth of a second for a thousand agents, and Python would take it at whatever moment. So `serve`
has it hardly ever look by itself, and here it looks when there is as much litter as there are
sockets: no more than half of what sockets take is ever litter, and a storm of returning pages, in
which nothing has closed, is not held up at all.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

LEAST = 1_000
"""So many sockets' litter may lie about, however few are open: some 20 MB."""


class GcTrigger:
    """Counts the sockets that came and went; `collect` is the look at everything."""

    def __init__(self, collect: Callable[[], object] = gc.collect) -> None:
        self._collect = collect
        self._open = 0
        self._closed = 0

    def came(self) -> None:
        """A socket is open."""
        self._open += 1

    def went(self) -> None:
        """It has closed."""
        self._open -= 1
        self._closed += 1
        if self._closed >= max(LEAST, self._open):
            self._closed = 0
            self._collect()
