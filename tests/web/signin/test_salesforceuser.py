"""A page whose Salesforce user is not the one who signed in to the phone may do nothing there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.fakes.page import FakePage
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world
from tests.web.sockets.test_reception import failing_at

NUMBER = "+14155550101"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An adapter that asks."""
    provider = FakeProvider().app()
    async with a_world(tmp_path, provider=provider, check_salesforce_user=True) as made:
        yield made


async def known(world: World, name: str = "ada") -> dict[str, str]:
    """The org's and the agent's ids, as Salesforce would tell them: with 18 letters."""
    page = FakePage(world.url, name, world.salesforce)
    await page.sign_in()
    await page.say_hello(await page.ticket())
    agent = (await page.until(bool))["agent"]
    await page.close()
    return {"org": f"{agent['org_id']}AAA", "user": f"{agent['user_id']}AAA"}


def may_save(world: World) -> list[bool]:
    """Of each page that is here."""
    return [page.can_save for page in world.app.pages.everyone()]


async def test_the_agents_own_page_dials_and_saves(world: World) -> None:
    """Asked once, by the class that we ship, with 15 letters of the ids compared."""
    world.salesforce.user = await known(world)
    page = await world.page()
    ask = await page.until_heard("ask")
    assert ask["call"]["method"] == "runApex"
    assert ask["call"]["args"]["apexClass"] == "SoftphoneCallLog"
    assert ask["call"]["args"]["methodName"] == "whoAmI"
    await until_known(page)
    assert may_save(world) == [True]
    assert (await page.until_answer(await page.dial(NUMBER)))["code"] == "placed"


async def test_a_confirmed_agent_dials_although_their_page_saves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours in its journal is no doubt about its user."""
    world.salesforce.user = await known(world)
    failing_at(monkeypatch, world, "odd", [])
    page = world.another_page()
    entry = {"log_id": "odd", "attempt": 1, "nonce": "n", "state": "ok", "task_id": "00T1"}
    page.journal = {("odd", 1): entry}
    await page.open()
    await until_known(page)
    assert may_save(world) == [False]
    assert (await page.until_answer(await page.dial(NUMBER)))["code"] == "placed"


async def until_known(page: FakePage) -> None:
    """Frames are taken in order: once a later one is answered, the earlier ones were heard."""
    page.heard.clear()
    await page.send(type="nonsense")
    await page.until_heard("error")


async def test_somebody_elses_page_is_signed_out(world: World) -> None:
    """Told why, its sockets closed, its session over: the next sign-in is the right one's."""
    ids = await known(world)
    world.salesforce.user = {**ids, "user": "005000000000999AAA"}
    with capture_logs() as lines:
        page = await world.page()
        assert await page.until_closed() == 4003
    assert [m["code"] for m in page.heard if m["type"] == "error"] == ["other-user"]
    assert [line["event"] for line in lines].count("page.other_user") == 1
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await page.ticket()


async def test_another_orgs_page_is_signed_out_too(world: World) -> None:
    """A user id alone is not an identity."""
    world.salesforce.user = {**await known(world), "org": "00D000000000999AAA"}
    page = await world.page()
    assert await page.until_closed() == 4003


async def test_before_the_user_check_nothing_is_dialed_or_saved(
    world: World,
) -> None:
    """The class is not deployed, say: each click says so, and asks again; then all is well."""
    ids = await known(world)
    page = await world.page()
    assert may_save(world) == [False]
    await page.dial(NUMBER)
    assert (await page.until_heard("error"))["code"] == "user-unknown"
    page.heard.clear()
    wish = {"type": "control", "request_id": "t", "call_id": "c", "action": "transfer"}
    await page.send(**wish, target=NUMBER)
    assert (await page.until_heard("error"))["code"] == "user-unknown"
    world.salesforce.user = ids
    page.heard.clear()
    await page.dial(NUMBER)
    await page.until_heard("ask")
    await until_known(page)
    assert may_save(world) == [True]
    assert (await page.until_answer(await page.dial(NUMBER)))["code"] == "placed"
    assert [a["code"] for a in page.view["answers"]] == ["placed"]


async def test_an_emergency_call_is_not_delayed(world: World) -> None:
    """Whoever it is."""
    page = await world.page()
    assert (await page.until_answer(await page.dial("911")))["code"] == "placed"


async def test_emergency_numbers_are_those_of_the_agents_org(world: World) -> None:
    """The deployment's region says nothing of an org that has one of its own."""
    policy = world.app.agents.policy
    german = replace(policy, dial=replace(policy.dial, default_region="DE"))
    world.app.agents._rules_of = lambda _: german
    page = await world.page()
    assert (await page.until_answer(await page.dial("110")))["code"] == "placed"


async def test_a_click_refused_by_the_check_is_answered(world: World) -> None:
    """Its page need not wait for another answer, nor say that none came."""
    page = await world.page()
    page.heard.clear()
    request_id = await page.dial(NUMBER)
    told = await page.until_heard("error")
    assert (told["code"], told["request_id"]) == ("user-unknown", request_id)


@pytest.mark.parametrize(
    "value", [None, "[]", "{", {"runApex": '{"nonce":"stale"}'}, {"runApex": "null"}, [1]]
)
async def test_an_invalid_answer_confirms_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    """Nor does an answer to another question."""
    monkeypatch.setattr(world.salesforce, "run_apex", lambda args: {"returnValue": value})
    page = await world.page()
    await page.until_heard("ask")
    await until_known(page)
    assert may_save(world) == [False]
    assert page.close_codes == []


async def test_a_page_gets_no_log_before_the_check(tmp_path: Path) -> None:
    """A log that waits is not offered to it, and its accept is answered as if it came too late."""
    async with a_world(tmp_path, check_salesforce_user=True, wrap_up_seconds=0) as world:
        await world.scenario(outcome="busy", pick_up_seconds=0.05, ring_seconds=0.05)
        world.salesforce.user = await known(world)
        page = await world.page(accepts=False)
        await until_known(page)
        await page.dial(NUMBER)
        log_id = (await page.until_heard("offer"))["log_id"]
        await page.close()

        world.salesforce.user = {}
        stranger = await world.page()
        await stranger.send(type="accept", log_id=log_id)
        assert (await stranger.until_heard("taken"))["log_id"] == log_id
        assert {"offer", "go"}.isdisjoint(message["type"] for message in stranger.heard)
        assert world.salesforce.saves == 0
