"""An HTTP proxy as companies have it: CONNECT with a user and a password, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Proxy:
    """Its address with user and password, and the hosts and ports asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.wrong = 0
        """Requests without the user and the password."""


@asynccontextmanager
async def proxied(tls: ssl.SSLContext, answer: bytes) -> AsyncIterator[Proxy]:
    """A proxy on loopback, the only one that finds the hosts behind it; all give this answer."""
    proxy = Proxy()
    running: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer if head else b"")
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.current_task())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if f"authorization: basic {b64encode(b'ada:p@ss').decode()}\r\n".lower() in head.lower():
            proxy.asked.append(head.split()[1])
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            answers, server = await asyncio.open_connection(*behind.sockets[0].getsockname())
            await asyncio.gather(pump(reader, server), pump(answers, writer))
        else:
            proxy.wrong += 1
            writer.write(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")
            writer.close()

    behind = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    front = await asyncio.start_server(connect, "127.0.0.1", 0)
    async with behind, front:
        proxy.url = f"http://ada:p%40ss@127.0.0.1:{front.sockets[0].getsockname()[1]}"
        yield proxy
        await asyncio.gather(*filter(None, running))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until there are no more."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
