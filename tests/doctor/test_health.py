"""Is it alive: the one question of a container's health check."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from aiohttp import web

from adapter.doctor.health import is_healthy
from tests.doctor.conftest import Front
from tests.scenarios.conftest import World, free_port


async def healthy(host: str, port: int, seconds: float = 5.0) -> bool:
    """Asked from another thread, as it blocks."""
    return await asyncio.to_thread(is_healthy, host, port, seconds)


async def test_a_running_adapter_is_healthy(world: World) -> None:
    """Also when it listens everywhere: it is asked on loopback then."""
    port = int(world.url.rpartition(":")[2])
    assert await healthy("127.0.0.1", port)
    assert await healthy("0.0.0.0", port)


async def test_a_closed_port_is_not_healthy() -> None:
    """A refused connection is an answer, not an error."""
    assert not await healthy("127.0.0.1", free_port())


async def test_another_answer_is_not_healthy() -> None:
    """A 503 comes from a proxy, or from an adapter that cannot go on."""
    async with Front(health=web.Response(status=503)).listening() as settings:
        port = int(settings.public_url.rpartition(":")[2])
        assert not await healthy("127.0.0.1", port)


async def test_a_silent_server_is_not_healthy() -> None:
    """Who takes connections and says nothing hangs."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with silent:
        port: int = silent.sockets[0].getsockname()[1]
        assert not await healthy("127.0.0.1", port, 0.05)


def test_the_check_imports_neither_server_nor_database() -> None:
    """A container asks every few seconds: it must not cost a second of CPU each time."""
    program = (
        "import sys, adapter.cli, adapter.commands.doctor; "
        "print(sorted({'aiohttp', 'sqlalchemy', 'httpx', 'websockets'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout.strip() == "[]"
