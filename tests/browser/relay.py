"""Debian's own coturn on loopback, and a network before it that can be away, or another one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from qa.asterisk.engine import free_port

COTURN = Path("/usr/bin/turnserver")
relay_marks = [
    pytest.mark.browser,
    pytest.mark.skipif(not COTURN.exists(), reason="no coturn here: see scripts/relay"),
]
SECRET = "shared-with-coturn"

BY_RELAY_ONLY = """
(() => {
  const Real = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Real {
    constructor(told) { super({...told, iceTransportPolicy: 'relay'}); }
  };
})();
"""
"""As a browser behind a firewall that lets nothing out but to the relay."""


def told_of(port: int) -> dict[str, Any]:
    """The settings of an adapter whose pages use the relay at that port."""
    url = f"turn:127.0.0.1:{port}?transport=udp"
    return {"asterisk_turn_urls": url, "asterisk_turn_secret": SECRET}


def own_address() -> str:
    """Under which this machine is known to others, and Asterisk's audio; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with contextlib.suppress(OSError):
            sock.connect(("192.0.2.1", 9))
        address = str(sock.getsockname()[0])
    return "127.0.0.1" if address == "0.0.0.0" else address


@asynccontextmanager
async def a_relay(folder: Path, relays_at: str = "127.0.0.1") -> AsyncIterator[int]:
    """A relay on loopback that knows the secret and nobody else; its port."""
    port = free_port(socket.SOCK_DGRAM)
    told = {
        **{"listening-ip": "127.0.0.1", "relay-ip": relays_at, "listening-port": str(port)},
        **{"realm": "softphone.invalid", "static-auth-secret": SECRET, "log-file": "stdout"},
        **{"userdb": str(folder / "turn.db"), "pidfile": str(folder / "turn.pid")},
    }
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", str(COTURN), "-n", "--use-auth-secret", "--no-cli"),
        *("--no-tls", "--no-dtls", *(f"--{name}={value}" for name, value in told.items())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            await _until_it_listens(port)
        yield port
    finally:
        process.kill()
        await process.wait()


async def _until_it_listens(port: int) -> None:
    """By TCP at the same port, which can be asked."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


class Network(asyncio.DatagramProtocol):
    """What is between browsers and the relay; nothing passes while it is not `up`."""

    def __init__(self, relay: int) -> None:
        """`relay` is the port of the relay."""
        self.up = True
        self._relay = relay
        self._ways: dict[tuple[str, int], socket.socket] = {}

    def connection_made(self, transport: Any) -> None:
        """It listens."""
        self.transport = transport

    @property
    def port(self) -> int:
        """Where browsers find the relay."""
        return int(self.transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """From a browser to the relay, which knows each by where it comes from."""
        if not self.up:
            return
        way = self._ways.get(addr)
        if way is None:
            way = self._ways[addr] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            way.setblocking(False)
            way.connect(("127.0.0.1", self._relay))
            asyncio.get_running_loop().add_reader(way, self._back, way, addr)
        with contextlib.suppress(OSError):
            way.send(data)

    def _back(self, way: socket.socket, browser: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):
            data = way.recv(65_536)
            if self.up:
                self.transport.sendto(data, browser)

    def change(self) -> None:
        """As with another network: browsers come from elsewhere, and what was open is lost."""
        for way in self._ways.values():
            asyncio.get_running_loop().remove_reader(way)
            way.close()
        self._ways.clear()


@asynccontextmanager
async def a_network(relay: int) -> AsyncIterator[Network]:
    """One that is up, in front of the relay at that port."""
    loop = asyncio.get_running_loop()
    made: tuple[Any, Network] = await loop.create_datagram_endpoint(
        lambda: Network(relay), local_addr=("127.0.0.1", 0)
    )
    try:
        yield made[1]
    finally:
        made[1].change()
        made[0].close()
