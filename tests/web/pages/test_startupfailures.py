"""Pages that could not start tell why, and can do nothing else by it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from adapter.web.pages.startupfailures import CODES, EACH_PER_MINUTE, MICROPHONE
from tests.scenarios.conftest import World
from tests.web.conftest import SetClock

WEB = Path(__file__).resolve().parents[3] / "web"


async def tell(world: World, code: str, address: str = "", origin: str = "") -> int:
    """The status of the answer."""
    headers = {"Origin": origin or world.url}
    if address:
        headers["X-Forwarded-For"] = address
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post("/api/blocked", content=code, headers=headers)
        return answer.status_code


async def test_why_a_page_did_not_start_is_logged_and_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code, and nothing of who told it."""
    assert await tell(world, "library-missing", "203.0.113.7") == 204
    said = capsys.readouterr().out
    assert "page.blocked" in said
    assert "library-missing" in said
    assert "203.0.113.7" not in said
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        text = (await http.get("/metrics")).text
    assert 'softphone_pages_blocked_total{code="library-missing"} 1.0' in text


@pytest.mark.parametrize("code", ["", "nonsense", "library-missing\n+12025550143", "\xff" * 99])
async def test_only_a_code_is_accepted(
    world: World, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    """Free text reaches no log."""
    assert await tell(world, code) == 400
    assert "page.blocked" not in capsys.readouterr().out


async def test_other_sites_and_excess_reports_are_refused(world: World, clock: SetClock) -> None:
    """Another address may still speak."""
    clock.stop()
    assert await tell(world, "no-mode", origin="https://evil.example") == 403
    first = "203.0.113.7"
    answers = [await tell(world, "no-mode", first) for _ in range(EACH_PER_MINUTE + 1)]
    assert answers == [204] * EACH_PER_MINUTE + [429]
    assert await tell(world, "no-mode", "203.0.113.8") == 204


def test_the_codes_are_those_of_the_page() -> None:
    """Every condition of the start-up screen, but the two that no server would hear."""
    source = (WEB / "softphone" / "screens.js").read_text()
    table = source.partition("const CONDITIONS = [")[2].partition("];")[0]
    pages = set(re.findall(r"'([a-z]+-[a-z-]+)'", table))
    assert pages - {"server-unreachable", "wrong-address"} == CODES
    described = json.loads((WEB / "openapi.json").read_text())["paths"]["/api/blocked"]
    schema = described["post"]["requestBody"]["content"]["text/plain"]["schema"]
    assert set(schema["enum"]) == CODES | MICROPHONE
