"""A talk survives what happens to its machine: no network, another network, sleep."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import statistics
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from qa.asterisk.tones import pitch
from tests.browser.audio import (
    MINE,
    RestartingWorld,
    a_talk,
    a_talking_office,
    customers,
    marks,
    one_task,
    until_audio,
    until_browser_hears,
)
from tests.browser.conftest import Tab
from tests.browser.relay import BY_RELAY_ONLY, a_network, a_relay, own_address, relay_marks, told_of
from tests.browser.test_asterisk import Office

pytestmark = [*marks, *relay_marks, pytest.mark.slow]


async def comes_back(
    office: Office, tab: Tab, absence: Callable[[], Awaitable[None]], seconds: float, times: int
) -> None:
    """The talk is the same after so many absences. Prints how soon after each it is heard again."""
    before, waits = await customers(office), []
    (customer,) = office.trunk.live
    clock = asyncio.get_running_loop().time
    for _ in range(times):
        customer.media.longest_pause = 0.0
        await absence()
        back = clock()
        customer.media.heard.clear()
        async with asyncio.timeout(60):
            while pitch(customer.media.heard) != MINE:  # noqa: ASYNC110 - packets
                await asyncio.sleep(0.02)
        waits.append(clock() - back)
        # After some three seconds of silence there is music.
        assert customer.media.longest_pause > min(seconds, 2) * 0.8, "it was away indeed"
        await until_audio(tab, "talking")
        await tab.until("bridged", "off")
        await until_browser_hears(tab)
    told = ", ".join(f"{wait:.2f}" for wait in waits)
    print(f"heard again {statistics.median(waits):.2f} s after it was back (median of {told})")
    assert statistics.median(waits) < 15, "far more than it takes, on the slowest machine"
    assert await customers(office) == before
    await one_task(office, tab)


@pytest.mark.parametrize(
    ("seconds", "another", "times"), [(1, False, 3), (20, False, 1), (1, True, 3), (8, True, 1)]
)
async def test_the_network_is_away(tmp_path: Path, seconds: int, another: bool, times: int) -> None:
    """Packets and sockets alike; and another one, in which nothing that was open is known."""
    async with (
        a_relay(tmp_path, own_address()) as relay,
        a_network(relay) as network,
        a_talking_office(tmp_path, **told_of(network.port)) as office,
    ):
        await office.org.context.add_init_script(BY_RELAY_ONLY)
        tab = await a_talk(office)
        world = office.org.world
        assert isinstance(world, RestartingWorld)

        async def absence() -> None:
            network.up = False
            await office.org.context.set_offline(True)
            world.cut()
            await asyncio.sleep(seconds)
            if another:
                network.change()
            world.mend()
            network.up = True
            await office.org.context.set_offline(False)

        await comes_back(office, tab, absence, seconds, times)


@pytest.mark.parametrize(("seconds", "times"), [(1, 3), (20, 1)])
async def test_the_machine_sleeps(tmp_path: Path, seconds: int, times: int) -> None:
    """Nothing of the browser runs for so long: no timer, no packet, no goodbye."""
    async with a_talking_office(tmp_path) as office:
        tab = await a_talk(office)

        async def absence() -> None:
            processes = browsers_processes()
            for process in processes:
                os.kill(process, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            for process in processes:
                os.kill(process, signal.SIGCONT)

        await comes_back(office, tab, absence, seconds, times)


def browsers_processes() -> list[int]:
    """All processes of the browser that this test began."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = stat.read_text().rpartition(")")
            parents[int(stat.parent.name)] = (int(rest.split()[1]), name.partition("(")[2])
    ours = {os.getpid()}
    while more := {one for one, (parent, _) in parents.items() if parent in ours} - ours:
        ours |= more
    return sorted(one for one in ours if "chrom" in parents[one][1])
