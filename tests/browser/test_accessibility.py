"""axe finds nothing in any state, light or dark; targets are large; nothing is said twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Frame, Page

from tests.browser.states import ADA, GRACE, LONG, NUMBER, a_stage, by_hand, walk

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

RUN = """async source => {
  if (!window.axe) (0, eval)(source);
  const {violations, passes} = await axe.run(document, {resultTypes: ['violations']});
  const seen = violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(' | ')}`);
  return passes.length ? seen : ['axe looked at nothing'];
}"""

SMALL = """() => [...document.querySelectorAll('button, a[href], input, select, textarea, summary')]
  .filter(e => e.getClientRects().length)
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""


async def violations(page: Page, frame: Frame) -> list[str]:
    """What axe says of this frame, in both themes."""
    found: list[str] = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        said: list[str] = await frame.evaluate(RUN, AXE.read_text())
        found += [f"{theme} {line}" for line in said]
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)  # All states, one after the other.
async def test_no_state_of_the_panel_has_a_violation(tmp_path: Path) -> None:
    """Every state that the photographer sees, with every rule that axe has on by default."""
    found: dict[str, Any] = {}
    # axe comes in by eval, which our policy forbids to everybody else.
    async with a_stage(tmp_path, bypass_csp=True) as org:
        async for name, tab in walk(org):
            wrong = await violations(tab.page, tab.phone)
            small = await tab.phone.evaluate(SMALL)
            if wrong or small:
                found[name] = [*wrong, *small]
    assert found == {}


async def test_the_board_has_no_violation(tmp_path: Path) -> None:
    """Signed out, signed in with an agent at work, and its page for engineers."""
    async with a_stage(tmp_path, bypass_csp=True) as org:
        await org.tab(ADA)
        page = await org.context.new_page()
        await page.goto(f"{org.world.url}/board")
        await page.get_by_label("Your name").fill(ADA)
        assert await violations(page, page.main_frame) == []
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("row").get_by_text(ADA).wait_for()
        assert await violations(page, page.main_frame) + await page.evaluate(SMALL) == []
        await page.get_by_role("link", name="System").click()
        await page.locator('#board[data-page="system"][data-state="live"]').wait_for()
        assert await violations(page, page.main_frame) + await page.evaluate(SMALL) == []


async def test_each_state_is_announced_once(tmp_path: Path) -> None:
    """The live region says each phase of a call one time, whatever else the panel redraws."""
    async with a_stage(tmp_path) as org:
        await org.plays("+12025559000", outcome="answered", **LONG)
        tab = await org.tab(ADA)
        await tab.phone.evaluate(
            """() => {
              window.said = [];
              const region = document.querySelector('.sr-only[role=status]');
              new MutationObserver(() => window.said.push(region.textContent))
                .observe(region, {childList: true, characterData: true, subtree: true});
            }"""
        )
        await tab.click(GRACE, NUMBER)
        await tab.until("ringing-user-devices")
        await by_hand(org, "pick_up")
        await tab.until("dialing-destination")
        await by_hand(org, "answer")
        await tab.until("bridged")
        await by_hand(org, "hang_up")
        await tab.until("wrapup")
        said = await tab.phone.evaluate("window.said")
    assert said == [
        "Pick up your phone to call Grace Okafor",
        "Dialing Grace Okafor",
        "Connected to Grace Okafor",
        "Call with Grace Okafor is over. Wrap up.",
    ]
