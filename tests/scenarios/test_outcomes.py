"""How calls go wrong, over real sockets: what the agent reads, and what the org's Task says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.page import FakePage
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
NUMBER = "(202) 555-0143"
QUICK = {"pick_up_seconds": 0.05, "ring_seconds": 0.05}


async def finish(page: FakePage) -> str:
    """Wait for the wrap-up, end it, and see click-to-dial come back; the call's id."""
    await page.until(lambda v: v["state"] == "wrapup" and v["wrapups"][0]["deadline"])
    call_id: str = page.view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, done=True)
    await page.until(lambda v: v["click_to_dial"])
    return call_id


@pytest.mark.parametrize(
    ("scenario", "disposition"),
    [
        ({"outcome": "busy", **QUICK}, "Busy"),
        ({"outcome": "no-answer", **QUICK}, "No Answer"),
        ({"outcome": "timed-out", **QUICK}, "No Answer"),
        ({"outcome": "rejected", **QUICK}, "Rejected"),
        ({"outcome": "failed", "cause": 27, **QUICK}, "Unreachable"),
        ({"outcome": "failed", "cause": 1, **QUICK}, "Wrong Number"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["outcome"],
)
async def test_a_call_that_nobody_answers_is_logged_without_a_talk(
    world: World, scenario: dict[str, Any], disposition: str
) -> None:
    """No talk, so duration 0 and a true disposition, even where the provider says "completed"."""
    await world.scenario(**scenario)
    page = await world.page()
    await page.dial(NUMBER, CONTACT)
    call_id = await finish(page)
    task = await world.until_task()
    assert task["CallObject"] == call_id
    assert task["WhoId"] == CONTACT["id"]
    assert task["CallDurationInSeconds"] == 0
    assert task["CallDisposition"] == disposition
    assert not any(view["state"] == "bridged" for view in page.views)


async def test_a_voicemail_box_is_a_talk_with_a_machine(world: World) -> None:
    """The Task says voicemail, and how long the agent spoke to it."""
    await world.scenario(outcome="voicemail", talk_seconds=1.1, **QUICK)
    page = await world.page()
    await page.dial(NUMBER, CONTACT)
    await finish(page)
    task = await world.until_task()
    assert (task["CallDisposition"], task["CallDurationInSeconds"]) == ("Left Voicemail", 1)


async def test_a_phone_that_nobody_picks_up_leaves_no_task_and_a_notice(world: World) -> None:
    """No event ever comes: our own timer ends it, says why, and lets the agent dial again."""
    await world.scenario(outcome="nobody-picks-up")
    page = await world.page()
    await page.dial(NUMBER, CONTACT)
    await page.until(lambda v: not v["click_to_dial"])
    view = await page.until(lambda v: v["click_to_dial"])
    assert [notice["code"] for notice in view["notices"]] == ["not-picked-up"]
    assert (view["calls"], view["wrapups"]) == ([], [])
    assert world.salesforce.tasks == {}
    assert len((await world.history())["posts"]) == 1


async def test_a_phone_picked_up_after_our_timeout_still_finds_its_record(world: World) -> None:
    """The placement has lapsed, yet the late call binds to it, and its Task is on the contact."""
    await world.scenario(outcome="answered", pick_up_seconds=3, ring_seconds=0.05, talk_seconds=0.6)
    page = await world.page()
    await page.dial(NUMBER, CONTACT)
    await page.until(lambda v: any(n["code"] == "not-picked-up" for n in v["notices"]))
    assert page.view["click_to_dial"] is True
    await finish(page)
    task = await world.until_task()
    assert task["WhoId"] == CONTACT["id"]
    assert task["CallDisposition"] == "Connected"


@pytest.mark.parametrize("number", ["", "not a number", "1", "+1202555014399999", "+19005550143"])
async def test_a_number_that_cannot_be_dialed_is_refused_without_a_request(
    world: World, number: str
) -> None:
    """The agent reads the reason; nothing is placed; click-to-dial never goes off."""
    page = await world.page()
    answer = await page.until_answer(await page.dial(number))
    assert answer["code"].startswith("refused-")
    assert answer["text"]
    assert (await world.history())["posts"] == []
    assert all(view["click_to_dial"] for view in page.views)


REFUSALS = {
    400: b'{"error": "user_id is required"}',
    401: b'{"error": "Unauthorized"}',
    404: b'{"error": "User not found"}',
    422: b'{"code": "bad_dial_string", "message": "Invalid dial_string"}',
    429: b'{"error": "Too many requests"}',
}


@pytest.mark.parametrize("status", REFUSALS)
async def test_a_providers_refusal_is_shown_and_the_agent_may_dial_again(
    tmp_path: Path, status: int
) -> None:
    """A 4xx is surely no call: its words reach the agent, one POST was made, idle again."""
    provider = FakeProvider(status=status, body=REFUSALS[status])
    async with a_world(tmp_path, provider=provider.app()) as world:
        page = await world.page()
        request_id = await page.dial(NUMBER)
        await page.until(
            lambda v: (
                any(a["code"] == "provider-refused" for a in v["answers"]) and v["click_to_dial"]
            )
        )
        answer = await page.until_answer(request_id)
        said = re.findall(r'"(?:error|message)": "([^"]+)"', REFUSALS[status].decode())
        assert said[0] in answer["text"]
        assert (page.view["state"], len(provider.posts)) == ("idle", 1)


@pytest.mark.parametrize("status", [0, 500, 502, 503, 504])
async def test_an_unknown_outcome_is_never_placed_again(tmp_path: Path, status: int) -> None:
    """A 5xx or a reset may be a call: unconfirmed, then our timer; one POST, one notice, idle."""
    provider = FakeProvider(status=status, body=b"<html>bad gateway</html>")
    async with a_world(tmp_path, provider=provider.app()) as world:
        page = await world.page()
        await page.dial(NUMBER)
        view = await page.until(lambda v: bool(v["calls"]) and v["calls"][0]["unconfirmed"])
        assert (view["state"], view["click_to_dial"]) == ("ringing-user-devices", False)
        assert [notice["code"] for notice in view["notices"]] == ["unknown-outcome"]
        await page.until(lambda v: v["click_to_dial"])
        assert len(provider.posts) == 1
        assert world.salesforce.tasks == {}


async def test_an_unreachable_provider_certainly_places_no_call(tmp_path: Path) -> None:
    """Nobody listens at its address: refused at once, and the agent may try again."""
    directory = tmp_path / "directory.toml"
    directory.write_text('[[agent]]\nemail = "ada@example.com"\nprovider_user = "user_ada"\n')
    wishes: dict[str, Any] = {
        "dialstack_url": "http://127.0.0.1:9",
        "directory_file": directory,
    }
    async with a_world(tmp_path, **wishes) as world:
        page = await world.page()
        await page.dial(NUMBER)
        await page.until(lambda v: any(a["code"] == "provider-refused" for a in v["answers"]))
        assert (page.view["state"], page.view["click_to_dial"]) == ("idle", True)


async def test_an_unresponsive_provider_leaves_the_call_unconfirmed(tmp_path: Path) -> None:
    """It hangs for longer than anybody waits: our own deadline tells the agent so."""
    async with a_world(tmp_path, outcome_seconds=0.3) as world:
        await world.scenario(outcome="nobody-picks-up")
        await world.chaos(hang=1.0, hang_seconds=2)
        page = await world.page()
        await page.dial(NUMBER)
        await page.until(lambda v: bool(v["calls"]) and v["calls"][0]["unconfirmed"])
        await page.until(lambda v: v["click_to_dial"])
        assert len((await world.history())["posts"]) == 1


async def test_an_unconfirmed_call_that_was_placed_after_all_is_logged_once(world: World) -> None:
    """The connection broke after the provider took the request: the events still bind to it."""
    await world.scenario(outcome="answered", talk_seconds=0.6, **QUICK)
    await world.chaos(accept_then_reset=1.0)
    page = await world.page()
    await page.dial(NUMBER, CONTACT)
    await finish(page)
    task = await world.until_task()
    assert task["WhoId"] == CONTACT["id"]
    assert len((await world.history())["posts"]) == 1


async def test_webhooks_may_overtake_the_answer_to_the_request(tmp_path: Path) -> None:
    """The 202 comes when the call is long over: nothing is undone, one Task."""
    async with a_world(tmp_path) as world:
        await world.provider.post(
            "/v1/test_helpers/scenarios",
            json={
                "number": "+12025559504",
                "scenario": {"outcome": "answered", "talk_seconds": 0.5, **QUICK},
                "chaos": {"hang": 1.0, "hang_seconds": 2.0},
            },
        )
        # A seed in which the request that hangs has a call all the same.
        from adapter.telephony.simulator.chaos import Dice

        lucky = next(s for s in range(99) if Dice(s).fraction("and-yet-a-call", "post-1") < 0.5)
        await world.chaos(seed=lucky)
        page = await world.page()
        await page.dial("+1 202 555 9504", CONTACT)
        await finish(page)
        history = await world.until_history(lambda h: "status" in h["posts"][0])
        assert history["posts"][0]["status"] == 202
        task = await world.until_task()
        assert (task["WhoId"], task["CallDisposition"]) == (CONTACT["id"], "Connected")
        assert page.view["state"] == "idle"


@pytest.mark.parametrize(
    "knobs",
    [
        {"duplicate": 1.0},
        {"reorder": 0.5, "reorder_ms": 400, "seed": 3},
        {"drop_types": ["call.answered"]},
        {"drop_types": ["call.initiated"]},
        {"omit": 0.4, "seed": 5},
        {"stale_signature": 1.0, "duplicate": 1.0},
    ],
    ids="-".join,
)
async def test_whatever_happens_to_webhooks_there_is_one_correct_task(
    world: World, knobs: dict[str, Any]
) -> None:
    """Doubled, reordered, lost, thinned or badly signed: the call log fills in what is missing."""
    await world.scenario(outcome="answered", talk_seconds=1.0, **QUICK)
    await world.chaos(**knobs)
    page = await world.page()
    await page.dial(NUMBER, CONTACT)
    await finish(page)
    task = await world.until_task(lambda t: t["CallDisposition"] == "Connected")
    assert task["WhoId"] == CONTACT["id"]
    assert task["CallDurationInSeconds"] == 1


async def test_a_lost_end_is_looked_up(tmp_path: Path) -> None:
    """No call.end comes: the deadline asks the call log, and the talk time is the provider's."""
    async with a_world(tmp_path, bridged_check_seconds=1.5) as world:
        await world.scenario(outcome="answered", talk_seconds=1.0, **QUICK)
        await world.chaos(drop_types=["call.end"])
        page = await world.page()
        await page.dial(NUMBER, CONTACT)
        await finish(page)
        task = await world.until_task()
        assert (task["CallDisposition"], task["CallDurationInSeconds"]) == ("Connected", 1)


async def test_a_call_dialed_on_the_desk_phone_is_logged_too(world: World) -> None:
    """Nobody clicked: the events alone make the call, and its one Task."""
    page = await world.page()
    await world.sandbox(
        user="user_ada",
        direction="outbound",
        to_number="+12025550188",
        scenario={"outcome": "answered", "talk_seconds": 0.6, **QUICK},
    )
    await page.until(lambda v: not v["click_to_dial"])
    await finish(page)
    task = await world.until_task()
    assert task["CallType"] == "Outbound"
    assert "+12025550188" in task["Subject"]
    assert (await world.history())["posts"] == []


async def test_the_same_dial_request_twice_is_one_call_and_one_answer(world: World) -> None:
    """A page that repeats itself after a lost socket must not ring the customer twice."""
    await world.scenario(outcome="nobody-picks-up")
    page = await world.page()
    request_id = await page.dial(NUMBER)
    again = {"type": "dial", "request_id": request_id, "number": NUMBER, "clicked_at": 1000}
    await page.send(**again)
    await page.until(lambda v: not v["click_to_dial"])
    await page.until(lambda v: v["click_to_dial"])
    await page.send(**again)
    fresh = await page.until_answer(await page.dial("nonsense"))
    assert fresh["code"].startswith("refused-")
    assert len((await world.history())["posts"]) == 1
    assert [a["code"] for a in page.view["answers"] if a["request_id"] == request_id] == ["placed"]


async def test_two_tabs_show_the_same_and_only_one_saves(world: World) -> None:
    """Both lose click-to-dial and get it back; the focused one has the go."""
    await world.scenario(outcome="answered", talk_seconds=0.6, **QUICK)
    busy, idle = await world.page(), await world.page(focused=False)
    first = await busy.dial(NUMBER, CONTACT)
    await idle.until(lambda v: not v["click_to_dial"])
    second = await idle.dial("+1 202 555 0144")
    assert (await idle.until_answer(second))["code"] == "busy"
    assert (await busy.until_answer(first))["code"] == "placed"
    await finish(busy)
    await idle.until(lambda v: v["click_to_dial"])
    await world.until_task()
    assert len((await world.history())["posts"]) == 1
    assert [m["type"] for m in idle.heard if m["type"] == "go"] == []
    assert len([m for m in busy.heard if m["type"] == "go"]) >= 1


async def test_an_agent_without_a_phone_user_is_told_so(world: World) -> None:
    """Nobody in the provider's list has that e-mail: click-to-dial is off, and says why."""
    page = await world.page("mallory")
    assert page.view["agent"]["configured"] is False
    assert page.view["click_to_dial"] is False
    answer = await page.until_answer(await page.dial(NUMBER))
    assert answer["code"] == "not-configured"


async def test_a_provider_outage_does_not_unassign_users(tmp_path: Path) -> None:
    """While the list of users cannot be read, an agent keeps the line of before."""
    provider = FakeProvider()
    async with a_world(tmp_path, provider=provider.app()) as world:
        assert (await world.page()).view["agent"]["configured"] is True
    provider.users_status = 503
    async with a_world(tmp_path, provider=provider.app()) as world:
        assert (await world.page()).view["agent"]["configured"] is True
        assert (await world.page("grace")).view["agent"]["configured"] is False
