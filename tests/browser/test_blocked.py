"""Every start-up condition that can fail: a sentence on the panel, a line in the server's log."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from adapter.web.pages.startupfailures import CODES
from tests.browser.conftest import Org
from tests.browser.states import blocked_doors

pytestmark = pytest.mark.browser

WORDS = json.loads((Path(__file__).resolve().parents[2] / "web/softphone/lang/en.json").read_text())


async def test_a_blocked_page_tells_agent_admin_and_engineer_why(
    org: Org, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence each on the panel; the server hears all codes but two."""
    shown = set()
    async for name, tab in blocked_doors(org):
        code = name.removeprefix("blocked-") if "-" in name else "no-origin"
        shown.add(code)
        panel = tab.phone.locator(".blocked")
        await expect(panel).to_contain_text(WORDS[f"blocked.{code}"])
        admin = WORDS[f"blocked.{code}.admin"].split("{detail}")[0]
        await expect(panel.locator(".admin")).to_contain_text(admin)
        await expect(panel.locator('[data-held="no"]')).to_have_count(1)
    assert shown == CODES - {"library-slow", "host-silent"} | {
        "server-unreachable",
        "wrong-address",
    }
    async with httpx.AsyncClient(base_url=org.world.url, trust_env=False) as http:
        text = (await http.get("/metrics")).text
    counted = set(re.findall(r'softphone_pages_blocked_total\{code="([a-z-]+)"\}', text))
    assert counted == shown - {"server-unreachable", "wrong-address"}
    said = capsys.readouterr().out
    assert all(code in said for code in counted)
