"""What a supervisor presses on the board while its server is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.states import a_stage
from tests.fakes.provider import FakeProvider

pytestmark = pytest.mark.browser


async def test_without_a_server_nothing_is_shown_under_another_day(tmp_path: Path) -> None:
    """Neither does a sign-out that failed look like none; all of it works again afterward."""
    async with a_stage(tmp_path, provider=FakeProvider().app()) as org:
        page = await org.context.new_page()
        status, figures = page.get_by_role("status"), page.locator(".figures")
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        await expect(status).to_have_text("Live")
        await expect(figures).to_be_visible()
        await page.route("**/api/board?*", lambda route: route.abort())
        await page.route("**/auth/sign-out", lambda route: route.abort())
        await page.get_by_role("button", name="Sign out").click()
        await expect(status).to_contain_text("You are still signed in")
        day = page.get_by_label("Day")
        await day.fill("2026-01-31")
        await expect(status).to_contain_text("Connection lost.")
        await expect(figures).to_be_hidden()
        await expect(day).to_be_visible()
        await page.unroute("**/api/board?*")
        await expect(status).to_have_text("Live", timeout=20_000)
        await expect(figures).to_be_visible()


async def test_a_day_to_come_is_not_what_the_figures_are_of(tmp_path: Path) -> None:
    """Today is shown, and the field says so as soon as it is left; the link names no day."""
    async with a_stage(tmp_path, provider=FakeProvider().app()) as org:
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill("Boss")
        await page.get_by_role("button", name="Sign in").click()
        day = page.get_by_label("Day")
        today = await day.input_value()
        for odd in ("2999-12-31", ""):
            await day.fill(odd)
            await day.blur()
            await expect(day).to_have_value(today)
            assert "day" not in page.url
