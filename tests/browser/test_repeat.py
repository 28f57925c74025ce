"""The same number again so soon: asked in the panel, called at the second click."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import an_org

pytestmark = pytest.mark.browser

GRACE, NUMBER, DIALLED = "Grace Okafor", "+1 202-555-9000", "+12025559000"


async def test_a_second_click_asks_and_the_button_calls_again(tmp_path: Path) -> None:
    """The second click rings nobody; the button does, for the same record."""
    async with an_org(tmp_path, wrap_up_seconds=0, confirm_repeat_seconds=60) as org:
        await org.plays(DIALLED, outcome="busy", pick_up_seconds=0.1, ring_seconds=0.1)
        tab = await org.tab()
        await tab.click(GRACE, NUMBER)
        await tab.until_tasks(1)
        await tab.until_dialable()

        await tab.page.locator("#page").get_by_text(NUMBER).click()
        again = tab.phone.get_by_role("button", name="Call again")
        await expect(again).to_be_visible()
        assert len(await org.posts()) == 1

        await again.click()
        first, second = await tab.until_tasks(2)
        assert [post["body"]["dial_string"] for post in await org.posts()] == [DIALLED] * 2
        assert first["WhoId"] == second["WhoId"]
        await expect(again).to_be_hidden()
        assert tab.problems == []
