"""What a page is told of a number while its agent types."""

from __future__ import annotations

import httpx
import pytest

from adapter.core.phone import DialRules
from adapter.web.numbers import judged
from tests.fakes.page import FakePage
from tests.scenarios.conftest import World


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("2025550143", {"ok": True, "display": "(202) 555-0143"}),
        ("+49 30 901820", {"ok": True, "display": "+49 30 901820"}),
        ("201", {"ok": True, "display": "201"}),
    ],
)
def test_a_number_that_can_be_dialed_is_written_as_people_do(
    number: str, told: dict[str, object]
) -> None:
    """In the country's own way at home, internationally abroad."""
    assert judged(number, DialRules()) == told


def test_a_number_that_cannot_has_a_code_and_a_sentence() -> None:
    """The same that a dial would be answered with."""
    told = judged("+1 202-555-01", DialRules())
    assert (told["ok"], told["code"]) == (False, "refused-impossible")
    assert str(told["text"]).endswith(".")


async def test_only_who_is_signed_in_may_ask_and_only_our_own_pages(world: World) -> None:
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


async def test_a_number_is_judged_by_the_agent_s_own_call_center(world: World) -> None:
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
