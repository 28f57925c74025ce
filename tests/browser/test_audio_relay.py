"""The passwords that pages are given for a relay, checked by Debian's own coturn."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from adapter.telephony.asterisk.webphones import TURN_SECONDS, ice_servers
from qa.asterisk.engine import free_port
from tests.browser.conftest import ARGUMENTS, CHROMIUM

COTURN = Path("/usr/bin/turnserver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not COTURN.exists(), reason="no coturn here: see scripts/relay"),
]
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


@asynccontextmanager
async def a_relay(folder: Path) -> AsyncIterator[int]:
    """A relay on loopback that knows the secret and nobody else; its port."""
    port = free_port(socket.SOCK_DGRAM)
    told = {
        **{"listening-ip": "127.0.0.1", "relay-ip": "127.0.0.1", "listening-port": str(port)},
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
