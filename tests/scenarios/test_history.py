"""The history of a call, from its end to the record that somebody picks the day after."""

from __future__ import annotations

from typing import Any

from tests.fakes.page import FakePage
from tests.scenarios.conftest import World

ADA = {"id": "003000000000001AAA", "name": "Ada Lovelace", "object_type": "Contact"}
ENGINES = {"id": "001000000000002AAA", "name": "Analytical Engines", "object_type": "Account"}


async def rows(page: FakePage, **asked: Any) -> list[dict[str, Any]]:
    """What the page finds."""
    found: list[dict[str, Any]] = (await page.history(**asked)).json()["rows"]
    return found


async def test_the_record_that_is_picked_of_several_is_in_the_history(world: World) -> None:
    """Also the one that is picked when the wrap-up is long over: calling back keeps it."""
    page = await world.page()
    await world.sandbox(
        user="user_ada",
        direction="inbound",
        from_number="+12025550188",
        scenario={"outcome": "answered", "talk_seconds": 0.3, "pick_up_seconds": 0.1},
    )
    await page.until(lambda view: bool(view["wrapups"]))
    call_id = page.view["wrapups"][0]["call_id"]
    await page.send(type="matches", call_id=call_id, records=[ADA, ENGINES])
    await page.until(lambda view: len(view["wrapups"][0]["matches"]) == 2)
    (row,) = await rows(page)
    assert (row["call_id"], row["record"]) == (call_id, None)
    await page.send(type="context", call_id=call_id, record=ENGINES)
    await page.until(lambda view: view["wrapups"][0]["record"] is not None)
    (row,) = await rows(page, record=ENGINES["id"][:15], search="engines")
    assert row["record"] == ENGINES
    await page.send(type="wrapup", call_id=call_id, done=True)
    await world.until_task(lambda task: task.get("WhatId") == ENGINES["id"])
    await page.until(lambda view: not view["wrapups"])
    await page.send(type="context", call_id=call_id, record=ADA)
    await world.until_task(lambda task: task.get("WhoId") == ADA["id"])
    (row,) = await rows(page)
    assert row["record"] == ADA
