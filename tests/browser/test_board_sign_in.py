"""The board in its own tab, shown by no org: signed in through Salesforce, to the org it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_sign_in import ACME, BETA, Stage, a_stage

pytestmark = pytest.mark.browser


async def board(stage: Stage, org_id: str) -> Page:
    """A tab with that org's board."""
    page = await stage.context.new_page()
    await page.goto(f"{stage.world.app.settings.public_origin}/board?org={org_id}")
    return page


async def test_a_supervisor_signs_in_to_the_board_of_one_org(tmp_path: Path) -> None:
    """By a pop-up, as in the panel; a reload keeps it, and the other org's board stays shut."""
    async with a_stage(tmp_path, supervisors=("ada@example.com",)) as stage:
        page = await board(stage, BETA)
        root = page.locator("#board")
        await expect(root).to_have_attribute("data-state", "signed-out")
        async with stage.context.expect_page() as opened:
            await page.get_by_role("button", name="Sign in").click()
        popup = await opened.value
        async with popup.expect_event("close"):
            await popup.get_by_role("link", name="ada").click()
        await expect(root).to_have_attribute("data-state", "live")
        await page.reload()
        await expect(root).to_have_attribute("data-state", "live")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Calls as CSV").click()
        assert (await (await download.value).path()).stat().st_size > 0
        other = await board(stage, ACME)
        await expect(other.locator("#board")).to_have_attribute("data-state", "signed-out")
        assert stage.acme.asked == []
