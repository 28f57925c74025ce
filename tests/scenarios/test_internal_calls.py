"""Calls between two agents, and to oneself: both sides have their own card, number and log."""

from __future__ import annotations

from typing import Any

from tests.scenarios.conftest import World


def over(view: dict[str, Any]) -> bool:
    """The agent's call is over, and its Task is saved."""
    return any(card["log"]["state"] == "saved" for card in view["wrapups"])


async def test_a_call_between_two_agents_is_logged_once_for_each(world: World) -> None:
    """The same provider call for two agents: two cards, two Tasks, both Internal."""
    ada, grace = await world.page("ada"), await world.page("grace")
    extension = "1002"
    await world.scenario(
        outcome="answered", pick_up_seconds=0.1, ring_seconds=0.3, talk_seconds=0.6
    )
    await ada.dial(extension)
    await ada.until(lambda view: view["state"] == "bridged")
    await grace.until(lambda view: view["state"] == "bridged")
    seen = [(await ada.until(over))["wrapups"], (await grace.until(over))["wrapups"]]
    assert [len(cards) for cards in seen] == [1, 1]
    tasks = list(world.salesforce.tasks.values())
    assert len(tasks) == 2
    assert {task["CallType"] for task in tasks} == {"Internal"}
    assert len({task["CallObject"] for task in tasks}) == 2
    assert all(task["CallDurationInSeconds"] in (0, 1) for task in tasks)
    assert seen[0][0]["number"] == extension


async def test_a_call_to_one_s_own_number_is_one_card_and_one_task(world: World) -> None:
    """The ringing of one's own devices is no second call."""
    ada = await world.page("ada")
    await world.scenario(
        outcome="answered", pick_up_seconds=0.1, ring_seconds=0.3, talk_seconds=0.6
    )
    await ada.dial("1001")
    talking = await ada.until(lambda view: view["state"] == "bridged")
    assert [call["number"] for call in talking["calls"]] == ["1001"]
    done = await ada.until(over)
    assert [card["number"] for card in done["wrapups"]] == ["1001"]
    (task,) = world.salesforce.tasks.values()
    assert task["CallDisposition"] == "Connected"
