"""Debian's own coturn as the relay: whom it lets in, and a talk whose audio all goes through it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from adapter.telephony.asterisk.webphones import TURN_SECONDS, ice_servers
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
from tests.browser.relay import (
    BY_RELAY_ONLY,
    SECRET,
    a_relay,
    own_address,
    relay_marks,
    told_of,
)

pytestmark = relay_marks
SECONDS = 10
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

WAY = """async () => {
  const all = await peers.at(-1).getStats();
  const transport = [...all.values()].find(({type}) => type === 'transport');
  return all.get(all.get(transport.selectedCandidatePairId).localCandidateId).candidateType;
}"""


async def test_a_relay_admits_our_credentials_until_they_expire(tmp_path: Path) -> None:
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
    async with (
        a_relay(tmp_path, own_address()) as port,
        a_talking_office(tmp_path, **told_of(port)) as office,
    ):
        await office.org.context.add_init_script(BY_RELAY_ONLY)
        tab = await a_talk(office)
        await until_browser_hears(tab)
        assert await tab.phone.evaluate(WAY) == "relay"
        assert is_all_of_it(await packets_a_second(office, tab, SECONDS))
        task = await one_task(office, tab)
        assert task["CallDisposition"] == "Connected"
