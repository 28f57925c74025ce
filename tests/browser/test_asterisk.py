"""The main job on a real Asterisk: a click in a browser rings real SIP phones, and is one Task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from adapter.telephony.asterisk.driver import AsteriskDriver
from qa.asterisk.bench import IDENTITY, IDENTITY_NAME, Bench, plans, real
from qa.asterisk.engine import APP, USER, NoAsterisk, find_root
from qa.asterisk.handset import BUSY, DECLINE, PICK_UP, Handset, PhoneCall, Plan
from tests.browser.conftest import Org, Tab, an_org
from tests.browser.test_accessibility import violations
from tests.browser.test_main_job import GRACE, GRACE_ID, GRACE_NUMBER, done

DIALED, CALLER = "+12025559000", "+12025559000"
TALK_SECONDS = 2.4


def _is_there() -> bool:
    try:
        find_root()
    except NoAsterisk:
        return False
    return True


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not _is_there(), reason="no Asterisk here: see scripts/asterisk"),
]


@dataclass
class Office:
    """An org in a browser, a real Asterisk behind the adapter, ada's phone, the phone network."""

    org: Org
    bench: Bench
    ada: Handset

    @property
    def trunk(self) -> Handset:
        """Whom the agent calls, and who calls the agent."""
        return self.bench.trunk


def settings_for(bench: Bench, folder: Path) -> dict[str, Any]:
    """How the adapter finds this Asterisk, and whose phone is whose."""
    book = folder / "agents.toml"
    names = ("ada", "grace")
    book.write_text(
        "".join(f'[[agent]]\nemail = "{n}@example.com"\nprovider_user = "{n}"\n' for n in names)
    )
    return {
        "kind": "asterisk",
        "asterisk_url": bench.world.url,
        "asterisk_user": USER,
        "asterisk_secret": bench.world.secret,
        "asterisk_app": APP,
        "asterisk_identity": IDENTITY,
        "asterisk_identity_name": IDENTITY_NAME,
        "asterisk_cel_url": bench.world.cel_url,
        "asterisk_cel_utc": True,
        "directory_file": book,
        "ring_seconds": 20,
    }


@asynccontextmanager
async def an_office(folder: Path, **wishes: Any) -> AsyncIterator[Office]:
    """Everything running, and the adapter connected."""
    async with (
        real(folder) as bench,
        an_org(folder, **settings_for(bench, folder), **wishes) as org,
    ):
        async with bench.world.http() as http, asyncio.timeout(10):  # type: ignore[union-attr]
            while not (await http.get(f"/ari/applications/{APP}")).is_success:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        yield Office(org, bench, await bench.phone("ada"))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """One for each test."""
    async with an_office(tmp_path) as made:
        yield made


@pytest.mark.parametrize("leaver", ["customer", "agent"])
async def test_a_click_rings_two_phones_and_becomes_one_task(office: Office, leaver: str) -> None:
    """Both pick up and hear each other; whoever hangs up, both are free, and the talk is true."""
    plans(office.bench, office.ada)
    tab = await office.org.tab()
    await tab.watch_states()
    before = len(await tab.toggles())
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until_dialable(on=False)
    mine, theirs = await office.ada.until_talks(), await office.trunk.until_talks()
    await tab.until("bridged", "off")
    await asyncio.sleep(TALK_SECONDS)
    heard = mine.media.received, theirs.media.received
    assert min(heard) > 50 * TALK_SECONDS * 0.8, "packets of 20 ms, both ways"
    await (theirs if leaver == "customer" else mine).hang_up()
    await tab.until("wrapup", "off")
    await office.ada.until_over()
    await office.trunk.until_over()
    (task,) = await tab.until_tasks(1)
    await done(tab)
    await tab.until_dialable()

    assert [state for state in await tab.states() if state != "idle"] == [
        "ringing-user-devices",
        "dialing-destination",
        "bridged",
        "wrapup",
    ]
    assert (await tab.toggles())[before:] == ["disable", "enable"]
    assert abs(task["CallDurationInSeconds"] - theirs.talked) <= 1
    assert (task["CallType"], task["CallDisposition"]) == ("Outbound", "Connected")
    assert task["WhoId"] == GRACE_ID
    assert theirs.number == DIALED
    assert all(IDENTITY in shown for shown in theirs.shown_lines)
    assert DIALED in mine.shown
    assert len(await tab.tasks()) == 1
    assert await office.bench.channels() == []


@pytest.mark.parametrize(
    ("plan", "disposition"), [(BUSY, "Busy"), (Plan(status=404), "Wrong Number")]
)
async def test_a_refusing_destination_is_logged_with_its_reason(
    office: Office, plan: Plan, disposition: str
) -> None:
    """No talk, one Task; the agent's phone is free at once."""
    plans(office.bench, office.ada, PICK_UP, plan)
    tab = await office.org.tab()
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    assert task["CallDisposition"] == disposition
    assert task["CallDurationInSeconds"] == 0
    await office.ada.until_over()
    await done(tab)
    await tab.until_dialable()


async def test_a_phone_that_declines_leaves_the_agent_free_at_once(office: Office) -> None:
    """Nobody is called, no Task, and it says so."""
    plans(office.bench, office.ada, DECLINE)
    tab = await office.org.tab()
    await tab.click(GRACE, GRACE_NUMBER)
    await expect(tab.phone.get_by_text("Your phone declined").first).to_be_visible()
    await tab.until("idle", "on")
    await tab.until_dialable()
    assert await tab.tasks() == []
    assert office.trunk.calls == []


async def test_a_caller_pops_and_is_one_task(office: Office) -> None:
    """By the dialplan to the application; the phone is picked up at the desk."""
    plans(office.bench, office.ada, Plan(after=0.6))
    tab = await office.org.tab()
    outside = await office.trunk.dial("2001", CALLER)
    await tab.until("ringing-inbound", "off")
    await tab.until("bridged", "off")
    await tab.page.wait_for_function("demoOrg.pops.length === 1")
    await until_heard(outside)
    await outside.hang_up()
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    assert (task["CallType"], task["CallDisposition"]) == ("Inbound", "Connected")
    assert abs(task["CallDurationInSeconds"] - outside.talked) <= 1


async def test_a_call_dialed_at_the_desk_phone_is_one_task(office: Office) -> None:
    """The exchange does it all by itself, and is watched."""
    plans(office.bench, office.ada)
    tab = await office.org.tab()
    mine = await office.ada.dial(DIALED)
    await tab.until("bridged", "off")
    await until_heard(mine)
    await mine.hang_up()
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    assert (task["CallType"], task["CallDisposition"]) == ("Outbound", "Connected")
    assert abs(task["CallDurationInSeconds"] - mine.talked) <= 1


async def test_a_colleague_is_consulted_first_and_given_the_call(tmp_path: Path) -> None:
    """The customer waits; all three talk, the agent leaves, and one Task has that talk."""
    recorded = {"asterisk_recording": "on-demand", "asterisk_recording_pause": True}
    async with an_office(tmp_path, bypass_csp=True, **recorded) as office:
        grace = await office.bench.phone("grace")
        driver = office.org.world.app.tenants.all[0].telephony.driver
        assert isinstance(driver, AsteriskDriver)
        # An extension is dialed as PJSIP/<extension>; grace's phone has a name.
        object.__setattr__(driver.account, "inside", "PJSIP/grace")
        plans(office.bench, office.ada)
        tab = await office.org.tab()
        await tab.click(GRACE, GRACE_NUMBER)
        mine, theirs = await office.ada.until_talks(), await office.trunk.until_talks()
        await tab.until("bridged", "off")
        await press(tab, "Record", then="Stop recording")
        await press(tab, "Pause recording", then="Resume recording")
        await press(tab, "Transfer", then="Ask first")
        await tab.phone.get_by_label("Number or extension").fill("2002")
        await tab.phone.get_by_role("button", name="Ask first").click()
        hers = await grace.until_talks()
        third = tab.phone.get_by_role("group", name="Third person in the call")
        await expect(third).to_contain_text("You are talking with 2002")
        await expect(tab.phone.get_by_role("button", name="Hold")).to_have_count(0)
        assert await violations(tab.page, tab.phone) == []
        await third.get_by_role("button", name="Swap").click()
        await expect(third).to_contain_text("You are talking with Grace Okafor")
        await third.get_by_role("button", name="Merge calls").click()
        await expect(third).to_contain_text("All three of you are talking")
        await third.get_by_role("button", name="Complete transfer").click()
        await tab.until("wrapup", "off")
        await office.ada.until_over()
        assert not theirs.ended
        await until_heard(theirs)
        await hers.hang_up()
        await office.trunk.until_over()
        (task,) = await tab.until_tasks(1)
        assert (task["CallType"], task["CallDisposition"]) == ("Outbound", "Connected")
        assert abs(task["CallDurationInSeconds"] - mine.talked) <= 1
        assert all(IDENTITY in shown for shown in theirs.shown_lines)
        assert await office.bench.channels() == []


async def until_heard(side: PhoneCall) -> None:
    """Wait until this side hears the other for a second, from now on."""
    before = side.media.received
    async with asyncio.timeout(20):
        while side.media.received < before + 50:  # noqa: ASYNC110 - packets, not events
            await asyncio.sleep(0.05)


async def press(tab: Tab, name: str, *, then: str) -> None:
    """Press a button, and wait for another one to show that it was done."""
    await tab.phone.get_by_role("button", name=name, exact=True).click()
    await expect(tab.phone.get_by_role("button", name=then, exact=True)).to_be_visible()
