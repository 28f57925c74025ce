"""What one replica decides holds at the others: an agent's sign-out, an org's rate of calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from qa.replicas.fleet import Fleet, a_fleet
from tests.fakes.page import FakePage
from tests.storage.servers import Postgres

pytestmark = pytest.mark.slow


@pytest.fixture
async def two(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Fleet]:
    """Two replicas; an org may start one call a minute."""
    limit: dict[str, Any] = {"SOFTPHONE_DIALS_PER_MINUTE_PER_ORG": "1"}
    async with a_fleet(tmp_path, postgres.database(), 2, **limit) as made:
        yield made


async def sign_out(fleet: Fleet, page: FakePage, **body: object) -> int:
    """The answer of the page's own replica."""
    async with httpx.AsyncClient(base_url=page.url, trust_env=False) as http:
        headers = {"Origin": fleet.scene.url, "Cookie": page.cookie}
        return (await http.post("/auth/sign-out", json=body, headers=headers)).status_code


async def test_a_sign_out_everywhere_closes_the_sockets_at_every_replica(two: Fleet) -> None:
    """By the hint, long before the look once a minute; a colleague's socket stays."""
    here, there = await two.page(0), await two.page(1)
    colleague = await two.page(1, "grace")
    assert await sign_out(two, here, everywhere=True) == 204
    assert [await here.until_closed(), await there.until_closed()] == [4003, 4003]
    assert colleague.close_codes == []
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await there.ticket()


async def test_an_orgs_calls_count_at_every_replica(two: Fleet) -> None:
    """One started at the first; the second refuses the next, and places an emergency call."""
    two.webhooks_to(0)
    await two.scene.scenario(
        outcome="answered", pick_up_seconds=0.1, ring_seconds=0.1, talk_seconds=60
    )
    ada, grace = await two.page(0), await two.page(1, "grace")
    watching = await two.page(1, focused=False)
    assert (await ada.until_answer(await ada.dial("(202) 555-0143")))["code"] == "placed"
    # This version was committed at the first replica after the call was told: hints keep order.
    await watching.until(lambda view: view["state"] == "bridged")
    refused = await grace.until_answer(await grace.dial("(202) 555-0144"))
    assert refused["code"] == "too-many-org"
    assert (await grace.until_answer(await grace.dial("911")))["code"] == "placed"
