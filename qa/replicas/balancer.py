"""A minimal load balancer: reads a connection's first request, then only relays bytes.

It sends a new connection to a random replica whose /readyz is green, unless its path is routed to
one replica. Later requests on the connection go to the same replica.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import aiohttp

LOOK_SECONDS = 0.1
CHUNK = 65_536


@dataclass
class Balancer:
    """`ports` are the replicas' ports; `routes` maps a path prefix to a replica's number."""

    ports: list[int]
    routes: dict[str, int] = field(default_factory=dict)
    ready: set[int] = field(default_factory=set)
    refused: int = 0
    _dice: Random = field(default_factory=lambda: Random(1))

    def candidates(self, path: str) -> list[int]:
        """The replicas' numbers to try, in this order."""
        for prefix, number in self.routes.items():
            if path.startswith(prefix):
                return [number]
        # Not in turns: a page makes three connections, so all sockets would reach one replica.
        first = self._dice.randrange(len(self.ports))
        all_of_them = [(first + n) % len(self.ports) for n in range(len(self.ports))]
        return [n for n in all_of_them if n in self.ready]

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        for number in self.candidates(head.split(b" ", 2)[1].decode()):
            try:
                there = await asyncio.open_connection("127.0.0.1", self.ports[number])
            except OSError:
                self.ready.discard(number)
                continue
            there[1].write(head)
            await _both_ways((reader, writer), there)
            return
        self.refused += 1
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async def look(self) -> None:
        """Check every replica's readiness until cancelled."""
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while True:
                await asyncio.gather(*(self._look(http, n) for n in range(len(self.ports))))
                await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, http: aiohttp.ClientSession, number: int) -> None:
        ready = False
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with http.get(f"http://127.0.0.1:{self.ports[number]}/readyz") as answer:
                ready = answer.status == 200
        (self.ready.add if ready else self.ready.discard)(number)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _both_ways(here: Streams, there: Streams) -> None:
    ways: tuple[Awaitable[None], ...] = (_copy(here[0], there[1]), _copy(there[0], here[1]))
    try:
        await asyncio.gather(*ways)
    finally:
        here[1].close()
        there[1].close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Relay until one side ends, then end the other."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, OSError):
        pass
    finally:
        writer.close()


@asynccontextmanager
async def balancing(ports: list[int], port: int) -> AsyncIterator[Balancer]:
    """Run a balancer on this port of loopback for the replicas on those ports."""
    balancer = Balancer(ports)
    open_ones: set[asyncio.Task[None]] = set()

    def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(balancer.carry(reader, writer))
        open_ones.add(task)
        task.add_done_callback(open_ones.discard)

    server = await asyncio.start_server(taken, "127.0.0.1", port, backlog=1024, limit=CHUNK)
    looking = asyncio.create_task(balancer.look())
    try:
        yield balancer
    finally:
        looking.cancel()
        server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(looking, *open_ones, return_exceptions=True)
