"""Phones in the browser, as a real Asterisk and its stand-in keep them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.asterisks import CONNECTED, KINDS, Case, opened


@pytest.fixture(params=KINDS)
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each kind in turn; every agent has a phone in the browser."""
    async with opened(request.param, tmp_path, browser_phone=True) as made:
        yield made


async def test_a_phone_is_created_for_a_page_and_removed_again(case: Case) -> None:
    """With a new password for each page; nobody is registered as it before a page is."""
    driver, client = case.driver, case.driver.client
    first, second = await driver.open_phone("ada"), await driver.open_phone("ada")
    assert (first.user, second.user) == ("web-ada", "web-ada")
    assert first.password != second.password
    assert "web-ada" in {user.user_id for user in await driver.users()}
    assert not await client.is_online("web-ada")
    for _ in range(2):
        await driver.close_phone("ada", unused=True)
        # Asterisk lists its endpoints from a cache, which it cleans when it gets round to it.
        async with asyncio.timeout(10):
            while "web-ada" in {user.user_id for user in await driver.users()}:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_phone_without_a_page_does_not_block_calls(case: Case) -> None:
    """The one on the desk rings alone."""
    await case.driver.open_phone("ada")
    call = await case.place()
    await case.heard.until(CONNECTED, call)
    await (await case.ada.until_talks()).hang_up()
    await case.until_empty()
