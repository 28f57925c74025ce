"""Colleagues, note templates, and what is told of a number, as a page asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.core.numbers.phone import DialRules
from adapter.web.desk import judged
from tests.fakes.page import FakePage
from tests.scenarios.conftest import World, a_world

PATHS = ("/api/colleagues", "/api/note-templates")
NOTES = """
[[note]]
name = "Voicemail"
text = "Left a voicemail for {name}."
"""


def is_done(view: dict[str, Any]) -> bool:
    """Whether the phone system has taken what the agent chose."""
    return bool(view["agent"].get("availability", {}).get("applied") == "done")


async def ask(world: World, page: FakePage, path: str, **question: Any) -> httpx.Response:
    """One question, with the page's own session."""
    headers = {"Origin": world.url, "Cookie": page.cookie}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        return await http.post(path, json=question, headers=headers)


@pytest.mark.parametrize("path", PATHS)
async def test_only_who_is_signed_in_may_ask_and_only_our_own_pages(
    world: World, path: str
) -> None:
    """401 without a session, 403 from another site, 200 else; nobody keeps the answer."""
    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:

        async def status(**headers: str) -> int:
            return (await http.post(path, json={}, headers=headers)).status_code

        assert await status(Origin=world.url) == 401
        assert await status(Origin="https://evil.example", Cookie=page.cookie) == 403
    answer = await ask(world, page, path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


async def test_a_colleague_is_found_with_the_extension_and_what_they_do(tmp_path: Path) -> None:
    """By the provider's users; Grace has said that she is away."""
    async with a_world(tmp_path) as world:
        page, grace = await world.page(), await world.page("grace")
        await grace.send(type="availability", status="away")
        await grace.until(is_done)
        found = (await ask(world, page, "/api/colleagues", search="gra")).json()
        row = {"name": "Grace Hopper", "number": "1002", "state": "away", "reason": ""}
        assert found == {"rows": [row]}
        assert (await ask(world, page, "/api/colleagues", search=7)).status_code == 400


async def test_note_templates_are_the_admins(tmp_path: Path) -> None:
    """Their names are in the view, the words are asked for."""
    words = tmp_path / "panel.toml"
    words.write_text(NOTES, encoding="utf-8")
    async with a_world(tmp_path, panel_file=words) as world:
        page = await world.page()
        view = await page.until(lambda view: True)
        assert view["settings"]["note_templates"] == ["Voicemail"]
        told = (await ask(world, page, "/api/note-templates")).json()
    template = {"name": "Voicemail", "text": "Left a voicemail for {name}."}
    assert told == {"templates": [template]}


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("2025550143", {"ok": True, "display": "(202) 555-0143"}),
        ("+49 30 901820", {"ok": True, "display": "+49 30 901820"}),
        ("201", {"ok": True, "display": "201"}),
    ],
)
def test_a_dialable_number_is_formatted_for_people(number: str, told: dict[str, object]) -> None:
    """In the country's own way at home, internationally abroad."""
    assert judged(number, DialRules()) == told


def test_an_undialable_number_has_a_code_and_a_message() -> None:
    """The same that a dial would be answered with."""
    told = judged("+1 202-555-01", DialRules())
    assert (told["ok"], told["code"]) == (False, "refused-impossible")
    assert str(told["text"]).endswith(".")


async def test_only_who_is_signed_in_may_ask_about_a_number(world: World) -> None:
    """401 without a session, 403 from another site, 200 else."""
    page = FakePage(world.url, "ada", world.salesforce)
    await page.sign_in()
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:

        async def ask(**headers: str) -> int:
            answer = await http.post("/api/number", json={"number": "911"}, headers=headers)
            return answer.status_code

        assert await ask(Origin=world.url) == 401
        assert await ask(Origin="https://evil.example", Cookie=page.cookie) == 403
        assert await ask(Origin=world.url, Cookie=page.cookie) == 200


async def test_a_number_is_checked_by_the_agents_call_center_rules(world: World) -> None:
    """As the dial itself will be; not by the country of the deployment."""
    page = await world.page()
    await page.send(type="settings", default_country="UK")
    # Frames are heard in order: an answer to a later one proves the earlier heard.
    await page.until_answer(await page.dial("nonsense"))
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        headers = {"Origin": world.url, "Cookie": page.cookie}
        asked = {"number": "020 7946 0958"}
        answer = await http.post("/api/number", json=asked, headers=headers)
    assert answer.json() == {"ok": True, "display": "020 7946 0958"}
