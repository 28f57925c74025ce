"""What providers do beside the documentation's best case, over real sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scenarios.conftest import World

CALLER = "+12025550188"


async def incoming(world: World, **scenario: Any) -> None:
    """Somebody calls Ada."""
    call = {
        "user": "user_ada",
        "direction": "inbound",
        "from_number": CALLER,
        "from_name": scenario.pop("name", None),
        "scenario": scenario,
    }
    # Escaped: half a surrogate pair has no UTF-8.
    body = json.dumps(call).encode()
    (await world.provider.post("/v1/test_helpers/calls", content=body)).raise_for_status()


@pytest.mark.parametrize("name", ["Zoe \ud83d", "\x00", "Zoe\ud83d\ude00"])
async def test_half_an_emoji_in_the_callers_name_costs_no_call(world: World, name: str) -> None:
    """It is in every webhook and in the record of the call; the talk is shown and logged."""
    page = await world.page()
    await incoming(world, name=name, outcome="answered", ring_seconds=0.3, talk_seconds=1.2)
    await page.until(lambda view: view["state"] == "bridged")
    await page.until(lambda view: view["state"] == "wrapup")
    await page.send(type="wrapup", call_id=page.view["wrapups"][0]["call_id"], done=True)
    task = await world.until_task()
    assert task["CallDisposition"] == "Connected"
    assert task["CallDurationInSeconds"] == 1


async def test_a_greeting_is_not_a_talk(world: World) -> None:
    """The platform answers at once; who gives up behind its greeting was missed."""
    page = await world.page()
    await incoming(world, greeting=True, outcome="timed-out", ring_seconds=1.2)
    await page.until(lambda view: view["state"] == "ringing-inbound")
    await page.until(lambda view: view["state"] == "wrapup")
    await page.send(type="wrapup", call_id=page.view["wrapups"][0]["call_id"], done=True)
    task = await world.until_task()
    assert (task["CallDisposition"], task["CallDurationInSeconds"]) == ("Missed", 0)
    assert not any(view["state"] == "bridged" for view in page.views)


async def test_a_talk_after_a_greeting_does_not_include_the_greeting(world: World) -> None:
    """The greeting's seconds are nobody's."""
    page = await world.page()
    times = {"ring_seconds": 2.2, "talk_seconds": 1.1}
    await incoming(world, greeting=True, outcome="answered", **times)
    await page.until(lambda view: view["state"] == "bridged")
    await page.until(lambda view: view["state"] == "wrapup")
    await page.send(type="wrapup", call_id=page.view["wrapups"][0]["call_id"], done=True)
    task = await world.until_task()
    assert task["CallDisposition"] == "Connected"
    assert task["CallDurationInSeconds"] in {1, 2}
