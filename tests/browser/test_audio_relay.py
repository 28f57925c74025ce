"""Debian's own coturn as the relay: whom it lets in, and a talk whose audio all goes through it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from adapter.telephony.asterisk.webphones import TURN_SECONDS, ice_servers
from qa.asterisk.engine import free_port
from tests.browser.audio import (
    a_talk,
    a_talking_office,
    is_all_of_it,
    is_possible,
    one_task,
    packets_a_second,
    until_browser_hears,
)
from tests.browser.conftest import ARGUMENTS, CHROMIUM

COTURN = Path("/usr/bin/turnserver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not COTURN.exists(), reason="no coturn here: see scripts/relay"),
]
SECONDS = 10
SECRET = "shared-with-coturn"
RELAYED = """async (iceServers) => {
  const peer = new RTCPeerConnection({iceServers, iceTransportPolicy: 'relay'});
  const found = [];
  const done = new Promise((resolve) => {
    peer.onicecandidate = ({candidate}) => candidate ? found.push(candidate.type) : resolve();
  });
  peer.createDataChannel('x');
  await peer.setLocalDescription();
  await done;
  peer.close();
  return found;
}"""

BY_RELAY_ONLY = """
(() => {
  const Real = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Real {
    constructor(told) { super({...told, iceTransportPolicy: 'relay'}); }
  };
})();
"""
"""As a browser behind a firewall that lets nothing out but to the relay."""

WAY = """async () => {
  const all = await peers.at(-1).getStats();
  const transport = [...all.values()].find(({type}) => type === 'transport');
  return all.get(all.get(transport.selectedCandidatePairId).localCandidateId).candidateType;
}"""


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


async def test_a_relay_lets_in_whom_we_name_until_the_time_is_over(tmp_path: Path) -> None:
    """One with another secret, and one whose twelve hours are over, are refused."""
    now = time.time_ns() // 1_000_000
    async with a_relay(tmp_path) as port, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page()
        url = f"turn:127.0.0.1:{port}?transport=udp"
        found = {
            name: await page.evaluate(RELAYED, list(ice_servers(url, secret, "web-ada", at)))
            for name, secret, at in (
                ("ours", SECRET, now),
                ("another's", "guessed", now),
                ("old", SECRET, now - (TURN_SECONDS + 60) * 1000),
            )
        }
        await browser.close()
    assert found == {"ours": ["relay"], "another's": [], "old": []}


@pytest.mark.slow
@pytest.mark.skipif(not is_possible(), reason="no Asterisk here: see scripts/asterisk")
async def test_a_talk_goes_through_the_relay(tmp_path: Path) -> None:
    """Packet after packet, both ways, each end hears the other, and the passwords are ours."""
    async with a_relay(tmp_path, own_address()) as port:
        relay: dict[str, Any] = {
            "asterisk_turn_urls": f"turn:127.0.0.1:{port}?transport=udp",
            "asterisk_turn_secret": SECRET,
        }
        async with a_talking_office(tmp_path, **relay) as office:
            await office.org.context.add_init_script(BY_RELAY_ONLY)
            tab = await a_talk(office)
            await until_browser_hears(tab)
            assert await tab.phone.evaluate(WAY) == "relay"
            assert is_all_of_it(await packets_a_second(office, tab, SECONDS))
            task = await one_task(office, tab)
            assert task["CallDisposition"] == "Connected"
