"""The link that takes its time, over which the panel's start is measured."""

from __future__ import annotations

import asyncio
import time

from qa.start import slow_link

RTT = 0.2


async def test_a_connection_and_an_answer_cost_a_round_trip_each() -> None:
    """Nothing is lost or changed on the way, and the end of it arrives too."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(4)).upper())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, slow_link(server.sockets[0].getsockname()[1], RTT) as port:
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"ping")
        assert await reader.read() == b"PING"
        assert time.monotonic() - began >= 2 * RTT
        writer.close()
