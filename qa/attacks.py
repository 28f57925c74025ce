"""Attacks on a running adapter, measured: `python -m qa.attacks` prints one line of JSON.

Pings: how long a health check takes beside four sockets that ping as fast as they can and reconnect
when they are cut off. Forgeries: how many signed deliveries are taken beside unsigned ones from the
same address. Silence: whether an agent gets in beside connections that send nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from multiprocessing import Process
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx

from adapter.telephony.dialstack import signing
from tests.fakes.process import AdapterProcess
from tests.scenarios.conftest import ACCOUNT, SECRET, Scene, a_scene, environment_of

PINGS = b"\x89\x80\x00\x00\x00\x00" * 2_000
SOCKETS, ANSWERS = 4, 200
FORGED, SIGNED, SILENT = 1_000, 100, 1_100


async def main() -> dict[str, object]:
    """Run all attacks, one after the other, on one adapter."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        scene, port = await stack.enter_async_context(a_scene())
        await stack.enter_async_context(scene.stack)
        adapter = AdapterProcess(scene.url, environment_of(scene, port, folder), folder / "log")
        await adapter.start()
        stack.push_async_callback(adapter.kill)
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        return {
            **await pings(http, scene, port),
            **await forgeries(http, scene),
            **await silence(scene, port),
        }


async def pings(http: httpx.AsyncClient, scene: Scene, port: int) -> dict[str, object]:
    """The median time of a health check in ms, quiet and under pings."""
    quiet = await _health(http, scene.url)
    pinging = [Process(target=_ping, args=(scene.url, port), daemon=True) for _ in range(SOCKETS)]
    for process in pinging:
        process.start()
    await asyncio.sleep(1)
    loud = await _health(http, scene.url)
    for process in pinging:
        process.kill()
    return {"quiet_ms": round(quiet, 2), "pinged_ms": round(loud, 2)}


async def forgeries(http: httpx.AsyncClient, scene: Scene) -> dict[str, object]:
    """How many of the signed deliveries were accepted."""
    taken = 0
    every = (FORGED + SIGNED) // SIGNED
    for number in range(FORGED + SIGNED):
        secret = "whsec_forged" if number % every else SECRET
        event = {"id": f"evt-{number}", "type": "call.end", "account_id": ACCOUNT}
        body = json.dumps({**event, "data": {"call_id": f"call_{number}"}}).encode()
        proof = signing.header([secret], int(time.time()), body)
        headers = {signing.HEADER: proof, "X-Forwarded-For": "203.0.113.9"}
        url = f"{scene.url}/webhooks/dialstack"
        answer = await http.post(url, content=body, headers=headers)
        taken += secret == SECRET and answer.status_code == 200
    return {"signed": SIGNED, "taken": taken}


async def silence(scene: Scene, port: int) -> dict[str, object]:
    """How long an agent's page takes to be ready beside silent connections, in ms."""
    async with AsyncExitStack() as stack:
        for _ in range(SILENT):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
        begun = time.perf_counter()
        await scene.page()
        return {"silent": SILENT, "page_ready_ms": round((time.perf_counter() - begun) * 1000)}


async def _health(http: httpx.AsyncClient, url: str) -> float:
    took = []
    for _ in range(ANSWERS):
        begun = time.perf_counter()
        (await http.get(f"{url}/healthz", timeout=60)).raise_for_status()
        took.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(0.005)
    return median(took)


def _ping(origin: str, port: int) -> None:
    """Ping from a process of its own, so that this one's health checks are not delayed."""
    host = urlsplit(origin).netloc
    ask = (
        f"GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as tcp:
            tcp.sendall(ask.encode())
            tcp.recv(4096)
            while True:
                tcp.sendall(PINGS)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main())) + "\n")
