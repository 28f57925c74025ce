"""A talk survives what happens to its page: audio back, the customer's leg the same, one Task."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Error

from tests.browser.audio import (
    MUSIC,
    RestartingWorld,
    a_talk,
    a_talking_office,
    customers,
    marks,
    one_task,
    until_audio,
    until_browser_hears,
    until_heard,
    until_steered,
)
from tests.browser.conftest import Tab
from tests.browser.test_asterisk import Office

pytestmark = [*marks, pytest.mark.slow]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """One for each test."""
    async with a_talking_office(tmp_path) as made:
        yield made


async def survives(
    office: Office, tab: Tab, event: Callable[[], Awaitable[Tab]], times: int = 1
) -> Tab:
    """It happens; the talk is the same afterwards. Prints how long the customer heard nothing."""
    before, pauses = await customers(office), []
    (customer,) = office.trunk.live
    for _ in range(times):
        customer.media.longest_pause = 0.0
        tab = await event()
        await until_audio(tab, "talking")
        await until_heard(office)
        await until_browser_hears(tab)
        pauses.append(customer.media.longest_pause)
    print(f"the customer heard nothing for {statistics.median(pauses):.2f} s (median of {times})")
    assert await customers(office) == before
    assert statistics.median(pauses) < 10, "far more than it takes, on the slowest machine"
    await one_task(office, tab)
    return tab


async def test_reloads(office: Office) -> None:
    """The page comes back, and takes its leg's place."""
    tab = await a_talk(office)

    async def reload() -> Tab:
        await tab.page.locator("#reload").click()
        await until_audio(tab, "reconnecting", "talking")
        return tab

    await survives(office, tab, reload, times=5)


async def test_the_owners_tab_is_closed(office: Office) -> None:
    """Another tab has the lock, and the audio."""
    tab, other = await a_talk(office), await office.org.tab(ready=False)
    await until_audio(other, "elsewhere")

    async def close() -> Tab:
        await tab.page.close()
        return other

    await survives(office, tab, close)


async def test_the_owners_tab_crashes(office: Office) -> None:
    """No goodbye of any kind is said."""
    tab, other = await a_talk(office), await office.org.tab(ready=False)
    await until_audio(other, "elsewhere")

    async def crash() -> Tab:
        with pytest.raises(Error, match="crash"):
            await tab.page.goto("chrome://crash")
        return other

    await survives(office, tab, crash)


@pytest.mark.parametrize("seconds", [1, 20])
async def test_the_sockets_are_cut(office: Office, seconds: int) -> None:
    """Audio does not go through them, and never stops."""
    tab = await a_talk(office)
    world = office.org.world
    assert isinstance(world, RestartingWorld)

    async def cut() -> Tab:
        world.cut()
        await asyncio.sleep(seconds)
        world.mend()
        await tab.until("bridged", "off")
        return tab

    await survives(office, tab, cut)


async def test_the_adapter_restarts(office: Office) -> None:
    """Nor does it go through us."""
    tab = await a_talk(office)
    world = office.org.world
    assert isinstance(world, RestartingWorld)

    async def restart() -> Tab:
        await world.restart()
        await until_steered(office)
        await tab.until("bridged", "off")
        return tab

    await survives(office, tab, restart)
    async with asyncio.timeout(20):
        while not world.app.sip.lines.everyone():  # noqa: ASYNC110 - the page comes by itself
            await asyncio.sleep(0.05)


async def test_the_caller_hears_music_until_an_absent_page_is_back(office: Office) -> None:
    """Not silence; and whoever comes back is heard without it."""
    tab = await a_talk(office)
    before = await customers(office)
    await tab.page.close()
    await until_heard(office, MUSIC)
    later = await office.org.tab(ready=False)
    await until_audio(later, "talking")
    await until_heard(office)
    await until_browser_hears(later)
    assert await customers(office) == before
    await one_task(office, later)


async def test_a_page_that_does_not_come_back_ends_the_talk(tmp_path: Path) -> None:
    """The customer is not left in silence for ever; it is one Task, of the talk's time."""
    async with a_talking_office(tmp_path, asterisk_browser_return_seconds=5) as office:
        tab = await a_talk(office)
        (customer,) = office.trunk.live
        await tab.page.close()
        await office.trunk.until_over()
        assert customer.talked > 4
        later = await office.org.tab(ready=False)
        await later.until("wrapup", "off")
        (task,) = await later.until_tasks(1)
        assert task["CallDisposition"] == "Connected"
