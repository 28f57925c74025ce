"""Connections that ask for nothing, or for too much: a real process goes on working for agents."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from adapter.web.http.connection import FLOOD, FRAMES_PER_MINUTE
from tests.fakes.process import AdapterProcess
from tests.scenarios.conftest import Scene, a_scene, environment_of

PING = b"\x89\x80\x00\x00\x00\x00"
SILENT = 1_100

pytestmark = pytest.mark.slow


class Stage(NamedTuple):
    """A running adapter and what it plays in."""

    scene: Scene
    port: int
    adapter: AdapterProcess


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An adapter in a process of its own."""
    async with a_scene() as (scene, port), scene.stack:
        environment = environment_of(scene, port, tmp_path)
        adapter = AdapterProcess(scene.url, environment, tmp_path / "log")
        await adapter.start()
        try:
            yield Stage(scene, port, adapter)
        finally:
            await adapter.kill()


def handshake(stage: Stage, more: str = "") -> bytes:
    """A page's request for a socket."""
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: localhost:{stage.port}",
        f"Origin: {stage.scene.url}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + more).encode()


async def until_over(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server hangs up."""
    async with asyncio.timeout(30):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    "frame",
    [
        PING,
        b"\x8a\x80\x00\x00\x00\x00",  # pongs
        b"\x01\x80\x00\x00\x00\x00" + b"\x00\x80\x00\x00\x00\x00" * 3,  # endless fragments
        b"\x89\x81\x00\x00\x00\x00x",
    ],
)
async def test_control_frames_and_fragments_end_the_socket_before_a_hello(
    stage: Stage, frame: bytes
) -> None:
    """Nobody has signed in, and nothing but a bucket's worth of them is read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
    writer.write(handshake(stage))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head
    writer.write(frame * FRAMES_PER_MINUTE * 2)
    answered = await until_over(reader)
    assert answered.endswith(b"\x88\x02" + FLOOD.to_bytes(2, "big"))
    assert "socket.flood" in stage.adapter.logs.read_text()
    writer.close()
    page = await stage.scene.page()
    assert page.view["state"] == "idle"


async def test_frames_that_come_with_the_handshake_get_no_socket(stage: Stage) -> None:
    """They would have been read by nobody who counts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
    writer.write(handshake(stage) + PING * 10_000)
    assert (await until_over(reader)).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_silent_connections_do_not_keep_agents_out(tmp_path: Path) -> None:
    """Eleven hundred of them, of four kinds, where there are 1,024 files and no more."""
    async with a_scene() as (scene, port), scene.stack, AsyncExitStack() as stack:
        adapter = AdapterProcess(scene.url, environment_of(scene, port, tmp_path), tmp_path / "log")
        adapter.file_limit = 1_024
        await adapter.start()
        stack.push_async_callback(adapter.kill)
        _more_files_for_this_test()
        starts = (
            b"",
            b"GET /healthz HT",
            b"POST /api/ws-ticket HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
            b"POST /auth/dev HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        )
        for number in range(SILENT):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(starts[number % len(starts)])
        await scene.scenario(outcome="answered", pick_up_seconds=0.1, ring_seconds=0.1)
        page = await scene.page()
        await page.dial("+12125550123")
        await page.until(lambda view: view["state"] == "bridged")
        # What was refused is told once a second.
        async with asyncio.timeout(10):
            while "connections.refused" not in adapter.logs.read_text():  # noqa: ASYNC110
                await asyncio.sleep(0.05)


def _more_files_for_this_test() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < SILENT * 2 and hard > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
