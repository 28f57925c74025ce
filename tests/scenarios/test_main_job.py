"""The main job over real sockets: a click becomes a call, and the call exactly one Task."""

from __future__ import annotations

from typing import Any

from tests.scenarios.conftest import World

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
FAST = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 1.2}


def states(views: list[dict[str, Any]]) -> list[str]:
    """The states that a page has seen, each once in a row."""
    seen: list[str] = []
    for view in views:
        if not seen or seen[-1] != view["state"]:
            seen.append(view["state"])
    return seen


async def test_a_click_becomes_a_call_and_exactly_one_task(world: World) -> None:
    """Click, phones, destination, talk, wrap-up, one Task on the right record, ready again."""
    await world.scenario(outcome="answered", **FAST)
    first, second = await world.page(), await world.page(focused=False)
    assert first.view["click_to_dial"] is True

    await first.dial("(202) 555-0143", CONTACT)
    await second.until(lambda v: not v["click_to_dial"])
    await first.until(lambda v: v["state"] == "wrapup")
    wrapup = first.view["wrapups"][0]
    await first.send(type="wrapup", call_id=wrapup["call_id"], notes="Nice talk.", done=True)
    await first.until(lambda v: v["click_to_dial"])
    await second.until(lambda v: v["click_to_dial"])
    await first.until(lambda v: any("Description" in t for t in world.salesforce.tasks.values()))

    assert states(first.views) == [
        "idle",
        "ringing-user-devices",
        "dialing-destination",
        "bridged",
        "wrapup",
        "idle",
    ]
    history = await world.history()
    assert len(history["posts"]) == 1
    (task,) = world.salesforce.tasks.values()
    assert task["CallObject"] == wrapup["call_id"]
    assert task["WhoId"] == CONTACT["id"]
    assert (task["Status"], task["TaskSubtype"], task["CallType"]) == (
        "Completed",
        "Call",
        "Outbound",
    )
    assert task["CallDurationInSeconds"] == 1
    assert task["CallDisposition"] == "Connected"
