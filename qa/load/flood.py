"""Floods one server with deliveries, and waits for each one's view at its agent's page.

An agent's next event is never sent before the view of the previous one could have been. A view
counts only if it shows what its delivery said, so a merged view would be missed and would fail the
run.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.load.wire import PageSocket, Poster, Wrong, connect

CONNECTIONS = 32
PATIENCE_SECONDS = 30.0
SHORTEST_SECONDS = 0.0001


@dataclass(frozen=True, slots=True)
class Delivery:
    """A signed request, the agent it concerns, and what the resulting view must contain."""

    user: str
    token: bytes
    request: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of one flood, from the first request to the last view.

    `busy` is the share of that time in which the generator used its core.
    """

    events: int
    seconds: float
    busy: float
    latencies_ms: list[float]


class Flood:
    """All pages of one server, and the connections for deliveries."""

    def __init__(
        self,
        port: int,
        pages: dict[str, PageSocket],
        patience: float = PATIENCE_SECONDS,
        also: int | None = None,
    ) -> None:
        """`patience`: seconds that the last view may take; `also`: another port for half of all."""
        self._ports = (port, port if also is None else also)
        self._patience = patience
        self.connections = CONNECTIONS
        self.pages = pages
        self._due: dict[str, deque[tuple[bytes, float]]] = {user: deque() for user in pages}
        self._waiting: deque[Delivery] = deque()
        self._idle: list[Poster] = []
        self._eager = True
        self._due_at: Callable[[], float] = lambda: 0.0
        self._left = 0
        self._latencies: list[float] = []
        self._last = 0.0
        self._done: asyncio.Future[None] | None = None
        for page in pages.values():
            page.on_view = self._seen

    async def run(self, deliveries: Sequence[Delivery]) -> Sent:
        """Send deliveries as fast as the server takes them. Raises Wrong, TimeoutError."""
        return await self._send(deliveries, 0.0)

    async def pace(self, deliveries: Sequence[Delivery], per_second: float) -> Sent:
        """Send deliveries at a steady rate; latency counts from when each was due, not sent."""
        return await self._send(deliveries, per_second)

    async def _send(self, deliveries: Sequence[Delivery], per_second: float) -> Sent:
        self._done = asyncio.get_running_loop().create_future()
        self._left, self._latencies = len(deliveries), []
        self._waiting, self._eager = deque(deliveries), not per_second
        ports = self._ports * (self.connections // 2)
        self._idle = [await connect(port, self._answered) for port in ports]
        connections = list(self._idle)
        gc.collect()
        gc.disable()
        try:
            started, used = time.perf_counter(), time.process_time()
            if per_second:
                await self._paced(started, per_second)
            else:
                self._send_all(started)
            await asyncio.wait_for(self._done, self._patience)
            seconds = self._last - started
            busy = (time.process_time() - used) / (time.perf_counter() - started)
        except TimeoutError as error:
            raise Wrong(f"{self._left} deliveries not shown{self._problem()}") from error
        finally:
            gc.enable()
            for poster in connections:
                poster.close()
        return Sent(len(deliveries), seconds, busy, self._latencies)

    def _send_all(self, now: float) -> None:
        while self._idle and self._waiting:
            self._post(self._idle.pop(), now)

    async def _paced(self, started: float, per_second: float) -> None:
        """Send due requests; those without a free connection are sent later and count as late."""
        count = len(self._waiting)
        self._due_at = lambda: started + (count - len(self._waiting)) / per_second
        while self._waiting:
            self._post_due()
            # A timer of the loop would be up to a millisecond late, and busy waiting would drive
            # other processes from this core to the server's.
            wait = self._due_at() - time.perf_counter()
            await asyncio.to_thread(time.sleep, max(wait, SHORTEST_SECONDS))

    def _post_due(self) -> None:
        while self._waiting and self._idle and (due := self._due_at()) <= time.perf_counter():
            self._post(self._idle.pop(), due)

    def _post(self, poster: Poster, due: float) -> None:
        delivery = self._waiting.popleft()
        self._due[delivery.user].append((delivery.token, due))
        poster.send(delivery.request)

    def _answered(self, poster: Poster, answer: bytes) -> None:
        if not answer.startswith(b"HTTP/1.1 200"):
            self._fail(answer[:300].decode(errors="replace"))
        elif self._eager and self._waiting:
            self._post(poster, time.perf_counter())
        else:
            self._idle.append(poster)
            if not self._eager:
                self._post_due()

    def _seen(self, page: PageSocket, payload: bytes) -> None:
        due = self._due[page.user]
        if due and due[0][0] in payload:
            now = time.perf_counter()
            self._latencies.append((now - due.popleft()[1]) * 1000)
            self._last = now
            self._left -= 1
            if not self._left and self._done is not None and not self._done.done():
                self._done.set_result(None)

    def _fail(self, reason: str) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(Wrong(reason))

    def _problem(self) -> str:
        waits = sum(len(due) for due in self._due.values())
        first = next((f"{u} waits for {due[0][0]!r}" for u, due in self._due.items() if due), "")
        gone = [page.problem for page in self.pages.values() if page.problem]
        text = f"; {waits} were sent, {first}"
        return f"{text}; {len(gone)} pages are gone: {gone[0]}" if gone else text
