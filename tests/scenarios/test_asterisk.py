"""Calls on Asterisk through the whole adapter: each way in which one ends, and what is logged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapter.telephony.asterisk.driver import AsteriskDriver
from qa.asterisk.bench import IDENTITY, Bench, imitated, plans, real
from qa.asterisk.engine import APP, USER
from qa.asterisk.handset import BUSY, DECLINE, DO_NOT_DISTURB, IGNORE, PICK_UP, Handset, Plan
from tests.contracts.asterisks import KINDS
from tests.fakes.page import FakePage
from tests.scenarios.conftest import World, a_world

DISPOSITIONS: dict[str, list[int]] = {
    "Busy": [486, 600],
    "No Answer": [480, 408],
    "Rejected": [603, 403, 607],
    "Wrong Number": [404, 604, 484, 410],
    "Unreachable": [502],
    "Failed": [503, 500, 504, 501, 488, 606, 400, 406, 487],
}
"""What the destination's phone or network answers, by what the Task says of it."""
DEAD = Plan(dead=True)


@dataclass
class Place:
    """The adapter, an Asterisk behind it, ada's phone and her page."""

    world: World
    bench: Bench
    ada: Handset
    page: FakePage
    numbers: int = 0

    async def dial(self, mine: Plan = PICK_UP, theirs: Plan = PICK_UP) -> str:
        """Dial a new number; the phones do what is said here."""
        plans(self.bench, self.ada, mine, theirs)
        self.numbers += 1
        number = f"+1202555{self.numbers:04}"
        await self.page.dial(number)
        return number

    async def idle(self) -> dict[str, Any]:
        """Wait until the agent may dial again, and nothing is left at the exchange."""
        view = await self.page.until(lambda view: bool(view["click_to_dial"]))
        async with asyncio.timeout(20):
            while await self.bench.channels():  # noqa: ASYNC110 - another program's state
                await asyncio.sleep(0.02)
        return view

    async def task_of(self, number: str) -> dict[str, Any]:
        """The one Task of the call to that number."""
        await self.world.until_tasks(self.numbers)
        digits = number.removeprefix("+1")
        (task,) = (
            task
            for task in self.world.salesforce.tasks.values()
            if digits in "".join(filter(str.isdigit, task["Subject"]))
        )
        return task


@pytest.fixture(params=KINDS)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """One of each kind, connected."""
    opened = real if request.param == "real" else imitated
    async with opened(tmp_path) as bench, placed(bench, tmp_path) as made:
        yield made


@asynccontextmanager
async def placed(bench: Bench, tmp_path: Path, **more: Any) -> AsyncIterator[Place]:
    """The adapter with that Asterisk, and ada at her phone and her page."""
    book = tmp_path / "agents.toml"
    book.write_text('[[agent]]\nemail = "ada@example.com"\nprovider_user = "ada"\n')
    wishes: dict[str, Any] = {
        "asterisk_url": bench.world.url,
        "asterisk_user": USER,
        "asterisk_secret": bench.world.secret,
        "asterisk_app": APP,
        "asterisk_identity": IDENTITY,
        "asterisk_ring_seconds": 3,
        "asterisk_dial_seconds": 3,
        "directory_file": book,
        "ring_seconds": 20,
        "dial_seconds": 20,
        "wrap_up_seconds": 0,
        "dials_per_minute": 1000,
        **more,
    }
    async with a_world(tmp_path, kind="asterisk", **wishes) as world:
        driver = world.app.tenants.all[0].telephony.driver
        assert isinstance(driver, AsteriskDriver)
        async with asyncio.timeout(20):
            while not driver.steering.connected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        yield Place(world, bench, await bench.phone("ada"), await world.page())


async def test_the_name_of_a_talk_s_recording_is_in_its_task(tmp_path: Path) -> None:
    """Where a template asks for it; of a call in which nobody talked there is none."""
    wishes = {
        "asterisk_recording": "always",
        "task_extra_fields": ("Recording__c={recording}.wav",),
    }
    async with imitated(tmp_path) as bench, placed(bench, tmp_path, **wishes) as place:
        number = await place.dial(theirs=Plan(talk=0.5))
        task = await place.task_of(number)
        assert task["Recording__c"] == f"{task['CallObject'].removeprefix('call_')}.wav"
        await place.idle()
        refused = await place.task_of(await place.dial(theirs=Plan(status=486)))
        assert "Recording__c" not in refused


@pytest.mark.timeout(180)
async def test_each_refusal_is_one_task_with_its_disposition(place: Place) -> None:
    """Every row of the table of causes, one call after the other."""
    for disposition, statuses in DISPOSITIONS.items():
        for status in statuses:
            number = await place.dial(theirs=Plan(status=status))
            task = await place.task_of(number)
            assert (task["CallDisposition"], status) == (disposition, status)
            assert task["CallDurationInSeconds"] == 0
            await place.idle()


@pytest.mark.parametrize("theirs", [IGNORE, DEAD, DO_NOT_DISTURB], ids=["rings", "dead", "dnd"])
async def test_an_unanswered_destination_is_logged_as_no_answer(place: Place, theirs: Plan) -> None:
    """Whether its phone rings, is dead, or is not to be disturbed."""
    number = await place.dial(theirs=theirs)
    assert (await place.task_of(number))["CallDisposition"] == "No Answer"
    await place.idle()


async def test_an_agent_who_gives_up_while_it_rings_reached_nobody(place: Place) -> None:
    """By the panel's button."""
    number = await place.dial(theirs=IGNORE)
    view = await place.page.until(lambda view: bool(view["state"] == "dialing-destination"))
    (card,) = view["calls"]
    await place.bench.trunk.until_rings()
    about = {"request_id": "h1", "call_id": card["call_id"], "action": "hang_up"}
    await place.page.send(type="control", **about)
    assert (await place.task_of(number))["CallDisposition"] == "No Answer"
    await place.idle()


@pytest.mark.parametrize(
    ("mine", "code"),
    [
        (DECLINE, "phone-declined"),
        (BUSY, "phone-busy"),
        (DO_NOT_DISTURB, "phone-unreachable"),
        (DEAD, "phone-unreachable"),
        (IGNORE, "not-picked-up"),
    ],
    ids=["declined", "busy", "dnd", "dead", "ignored"],
)
async def test_the_own_phones_refusal_is_shown_but_not_logged(
    place: Place, mine: Plan, code: str
) -> None:
    """Nobody is called, and the agent may dial again at once."""
    await place.dial(mine=mine)
    told = await place.page.until(lambda view: bool(view["notices"]))
    assert [notice["code"] for notice in told["notices"]] == [code]
    await place.idle()
    assert place.bench.trunk.calls == []
    assert place.world.salesforce.tasks == {}


async def test_without_a_registered_phone_there_is_certainly_no_call(place: Place) -> None:
    """And it says so."""
    await place.ada.register(0)
    asked = await place.page.dial("+12025550199")
    await place.page.until(
        lambda view: any(one["code"] == "provider-refused" for one in view["answers"])
    )
    answer = await place.page.until_answer(asked)
    assert "No phone is registered" in answer["text"]
    await place.idle()
    assert place.world.salesforce.tasks == {}
