"""What Asterisk is taken to do, asked of a real one and of its stand-in by the same tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.core.availability import Status
from adapter.core.facts import Outcome, PhoneRefusal
from adapter.telephony.asterisk.callupdates import NOBODY
from adapter.telephony.asterisk.cel import open_cel
from adapter.telephony.port import Action, Rejected, Unsupported
from qa.asterisk.bench import IDENTITY, plans
from qa.asterisk.handset import (
    BUSY,
    DECLINE,
    DO_NOT_DISTURB,
    IGNORE,
    PICK_UP,
    PhoneCall,
    Plan,
)
from tests.contracts.asterisks import (
    AGENTS,
    CALLER,
    CONNECTED,
    DIALED,
    ENDED,
    KINDS,
    NUMBER,
    RINGING,
    TRANSFERRED,
    Case,
    opened,
    steering,
)
from tests.fakes.states import MemoryStates


@pytest.fixture(params=KINDS)
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each kind in turn."""
    async with opened(request.param, tmp_path, device_state="Stasis:{user}") as made:
        yield made


async def test_a_call_is_reported_from_pick_up_to_hang_up(case: Case) -> None:
    """Talk is what both phones saw; audio flows both ways; nothing is left."""
    call, mine, theirs = await case.talk()
    if case.bench.is_real:
        await asyncio.sleep(1)
        assert min(mine.media.received, theirs.media.received) > 30
    await theirs.hang_up()
    ended = await case.heard.until(ENDED, call)
    await case.ada.until_over()
    assert case.heard.moments(call) == [DIALED, CONNECTED, ENDED]
    assert ended.user_id == "ada"
    assert ended.facts.talk_ms is not None
    assert abs(ended.facts.talk_ms / 1000 - theirs.talked) < 0.5
    assert ended.facts.is_certain
    await case.until_empty()


async def test_no_phone_is_shown_an_identity_meant_for_another(case: Case) -> None:
    """The agent sees the customer's number, the customer ours: never their own, or a name."""
    _, mine, theirs = await case.talk()
    assert NUMBER in mine.shown
    assert theirs.shown_lines
    for shown in theirs.shown_lines:
        assert IDENTITY in shown
        assert NUMBER not in shown
        assert "Ada" not in shown
    await mine.hang_up()
    await case.until_empty()


async def test_another_caller_id_is_shown_on_request(case: Case) -> None:
    """By whoever steers the call: the channel itself tells it."""
    plans(case.bench, case.ada)
    await case.driver.place("call_01other", "ada", NUMBER, caller_id="+15550008888")
    theirs = await case.bench.trunk.until_talks()
    assert "+15550008888" in theirs.shown
    assert all("+15550008888" in shown for shown in theirs.shown_lines)
    await theirs.hang_up()
    await case.until_empty()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (486, Outcome.BUSY),
        (480, Outcome.NO_ANSWER),
        (603, Outcome.REJECTED),
        (607, Outcome.REJECTED),
        (404, Outcome.WRONG_NUMBER),
        (502, Outcome.UNREACHABLE),
        (503, Outcome.FAILED),
    ],
)
async def test_the_destinations_refusal_is_the_outcome(
    case: Case, status: int, outcome: Outcome
) -> None:
    """The agent's phone is hung up with it."""
    call = await case.place(theirs=Plan(after=0.05, status=status))
    ended = await case.heard.until(ENDED, call)
    assert ended.facts.result is outcome
    await case.ada.until_over()
    await case.until_empty()


@pytest.mark.parametrize(
    ("plan", "refusal"),
    [
        (DECLINE, PhoneRefusal.DECLINED),
        (BUSY, PhoneRefusal.BUSY),
        (DO_NOT_DISTURB, PhoneRefusal.UNREACHABLE),
        (Plan(dead=True), PhoneRefusal.UNREACHABLE),
        (IGNORE, None),
    ],
    ids=["declined", "busy", "do not disturb", "dead", "nobody there"],
)
async def test_a_phone_that_refuses_calls_nobody(
    case: Case, plan: Plan, refusal: PhoneRefusal | None
) -> None:
    """Told for sure, and why; what answers nothing is given the time that it may ring."""
    object.__setattr__(case.driver.account, "ring_seconds", 3)
    call = await case.place(mine=plan)
    ended = await case.heard.until(ENDED, call)
    assert ended.facts.has_final_cdr
    assert (ended.facts.phone and ended.facts.phone.value) is refusal
    assert case.bench.trunk.calls == []


async def test_a_phone_that_is_not_there_is_refused(case: Case) -> None:
    """Surely no call: nothing rings."""
    with pytest.raises(Rejected) as caught:
        await case.driver.place("call_x", "linus", NUMBER)
    assert caught.value.code == "no-phone"
    with pytest.raises(Rejected):
        await case.driver.place("call_x", "ada", "sip:eve@example.com")


async def test_all_phones_ring_and_the_first_pick_up_wins(case: Case) -> None:
    """The other hears that it was taken elsewhere."""
    grace = await case.bench.phone("grace")
    plans(case.bench, case.ada, IGNORE, IGNORE)
    grace.plan = case.ada.plan
    placed = await case.driver.place("call_both", "PJSIP/ada&PJSIP/grace", NUMBER)
    await case.ada.until_rings()
    ringing = await grace.until_rings()
    await ringing.pick_up()
    await case.heard.until(DIALED, placed.provider_call_id or "")
    lost = await case.ada.until_over()
    assert "elsewhere" in lost.reason
    await case.bench.trunk.until_rings()
    await ringing.hang_up()
    await case.until_empty()


async def test_all_phones_under_one_name_ring(case: Case) -> None:
    """Asterisk itself would ring the first; the one that is picked up talks, the other stops."""
    other = await case.bench.second_phone("ada")
    plans(case.bench, case.ada, IGNORE)
    other.plan = lambda number: PICK_UP
    placed = await case.driver.place("call_01several", "ada", NUMBER)
    await case.heard.until(CONNECTED, placed.provider_call_id or "")
    mine, theirs = await other.until_talks(), await case.bench.trunk.until_talks()
    stopped = await case.ada.until_over()
    assert stopped.rang
    assert "completed elsewhere" in stopped.reason
    await mine.hang_up()
    await case.bench.trunk.until_over()
    assert theirs.ended
    await case.until_empty()


async def test_a_call_is_canceled_in_every_stage(case: Case) -> None:
    """While the agent's phone rings, while the destination's does, in the talk."""
    call = await case.place(mine=IGNORE)
    await case.ada.until_rings()
    await case.driver.control(call, Action.HANG_UP)
    assert (await case.heard.until(ENDED, call)).facts.has_final_cdr
    call = await case.place(theirs=IGNORE)
    await case.bench.trunk.until_rings()
    await case.driver.control(call, Action.HANG_UP)
    assert (await case.heard.until(ENDED, call)).facts.result is Outcome.NO_ANSWER
    await case.bench.trunk.until_over()
    call, *_ = await case.talk()
    await case.driver.control(call, Action.HANG_UP)
    assert (await case.heard.until(ENDED, call)).facts.result is Outcome.ANSWERED
    await case.until_empty()


async def test_a_talk_can_be_held_muted_and_sent_digits(case: Case) -> None:
    """And a call goes on after it."""
    call, mine, theirs = await case.talk()

    async def heard_by(side: PhoneCall) -> int:
        await asyncio.sleep(0.2)
        before = side.media.received
        await asyncio.sleep(0.5)
        return side.media.received - before

    real = case.bench.is_real
    await case.driver.control(call, Action.HOLD)
    if real:
        assert await heard_by(mine) == 0
        assert await heard_by(theirs) > 10, "music"
    await case.driver.control(call, Action.RESUME)
    await case.driver.control(call, Action.MUTE)
    if real:
        assert await heard_by(theirs) == 0
    await case.driver.control(call, Action.UNMUTE)
    if real:
        assert await heard_by(theirs) > 10
    await case.driver.control(call, Action.DIGITS, "12#")
    async with asyncio.timeout(5):
        while theirs.media.digits != ["1", "2", "#"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    with pytest.raises(Unsupported):
        await case.driver.control(call, Action.ANSWER)
    await theirs.hang_up()
    await case.until_empty()


async def test_a_call_is_transferred(case: Case) -> None:
    """The agent is out of it, customer and colleague talk, and end together."""
    grace = await case.bench.phone("grace")
    call, _, theirs = await case.talk()
    # An extension is dialed as PJSIP/<extension>; grace's phone has a name.
    object.__setattr__(case.driver.account, "inside", "PJSIP/grace")
    await case.driver.transfer(call, "2002")
    told = await case.heard.until(TRANSFERRED, call)
    assert told.facts.talk_ms is not None
    third = await grace.until_talks()
    assert NUMBER in third.shown
    await case.ada.until_over()
    await asyncio.sleep(0.2)
    assert all("Grace" not in shown for shown in theirs.shown_lines)
    await third.hang_up()
    await case.bench.trunk.until_over()
    await case.until_empty()
    with pytest.raises(Rejected):
        await case.driver.transfer(call, "2002")


async def test_a_caller_rings_at_the_agent_and_talks(case: Case) -> None:
    """With their number and the one that they dialed, and ended by either side."""
    plans(case.bench, case.ada)
    outside = await case.bench.trunk.dial("2001", CALLER)
    ringing = await case.heard.until(RINGING)
    assert ringing.user_id == "ada"
    facts = ringing.facts
    assert (facts.number and facts.number.value) == CALLER
    assert (facts.own_number and facts.own_number.value) == "2001"
    await case.heard.until(CONNECTED)
    inside = await case.ada.until_talks()
    assert CALLER in inside.shown
    if case.bench.is_real:
        await asyncio.sleep(0.5)
        assert min(inside.media.received, outside.media.received) > 10
    await inside.hang_up()
    ended = await case.heard.until(ENDED)
    assert ended.facts.result is Outcome.ANSWERED
    await case.until_empty()


async def test_a_caller_who_gives_up_or_is_declined_is_a_missed_call(case: Case) -> None:
    """Then the dialplan has the last word."""
    plans(case.bench, case.ada, IGNORE)
    outside = await case.bench.trunk.dial("2001", CALLER)
    await case.ada.until_rings()
    await outside.hang_up()
    ended = await case.heard.until(ENDED)
    assert ended.facts.result is Outcome.MISSED
    await case.ada.until_over()
    case.heard.updates.clear()
    plans(case.bench, case.ada, DECLINE)
    again = await case.bench.trunk.dial("2001", CALLER)
    assert (await case.heard.until(ENDED)).facts.result is Outcome.MISSED
    await case.bench.trunk.until(lambda call: call is again and bool(call.ended))
    await case.until_empty()


async def test_a_ring_group_call_is_reported_to_the_user_who_answered(case: Case) -> None:
    """Three ring, one talks, the others hear that somebody else did."""
    grace, linus = await case.bench.phone("grace"), await case.bench.phone("linus")
    plans(case.bench, case.ada, IGNORE)
    linus.plan = grace.plan = case.ada.plan
    outside = await case.bench.trunk.dial("2103", CALLER)
    for phone in (case.ada, grace, linus):
        await phone.until_rings()
    await (await grace.until_rings()).pick_up()
    async with asyncio.timeout(10):
        while len([one for one in case.heard.updates if one.user_id == NOBODY]) < 2:
            case.heard.changed.clear()
            await case.heard.changed.wait()
    await case.heard.until(CONNECTED)
    await outside.hang_up()
    ended = await case.heard.until(ENDED)
    assert (ended.user_id, ended.facts.result) == ("grace", Outcome.ANSWERED)
    rung = [one for one in case.heard.updates if one.moment is RINGING]
    assert {one.user_id for one in rung} == set(AGENTS)
    assert {own.value for one in rung if (own := one.facts.own_number)} == {"2103"}
    await case.until_empty()


async def test_a_call_picked_up_at_another_phone_is_its_users_talk(case: Case) -> None:
    """With the caller's number, not with the code that the phone dialed."""
    if not case.bench.is_real:
        pytest.skip("the stand-in has no such code")
    grace = await case.bench.phone("grace")
    plans(case.bench, case.ada, IGNORE)
    outside = await case.bench.trunk.dial("2105", CALLER)
    await case.ada.until_rings()
    await grace.dial("88")
    await grace.until_talks()
    await case.heard.until(CONNECTED)
    await outside.hang_up()
    ended = await case.heard.until(ENDED)
    assert (ended.user_id, ended.facts.result) == ("grace", Outcome.ANSWERED)
    assert ended.is_inbound
    assert ended.facts.number is not None
    assert ended.facts.number.value == CALLER
    await case.until_empty()


async def test_a_call_dialed_at_the_desk_phone_is_reported(case: Case) -> None:
    """With its number and its talk."""
    plans(case.bench, case.ada)
    mine = await case.ada.dial(NUMBER)
    await case.heard.until(CONNECTED)
    await case.ada.until_talks()
    await mine.hang_up()
    ended = await case.heard.until(ENDED)
    assert (ended.user_id, ended.facts.result) == ("ada", Outcome.ANSWERED)
    assert ended.facts.number is not None
    assert ended.facts.number.value == NUMBER
    await case.until_empty()


async def test_a_cdr_can_be_read_during_a_call_and_afterward(case: Case) -> None:
    """Its channels tell, then the log of events."""
    call, mine, theirs = await case.talk()
    live = await case.driver.fetch_cdr(call)
    assert live is not None
    assert (live.dialed, live.update.facts.ended) == (NUMBER, None)
    connected = live.update.facts.connected
    assert connected is not None
    assert abs(connected.value / 1000 - theirs.up) < 0.5
    await theirs.hang_up()
    ended = await case.heard.until(ENDED, call)
    await case.until_empty()
    if not case.bench.is_real:
        assert await case.driver.fetch_cdr(call) is None
        case.driver.cel = open_cel(case.bench.world.cel_url, utc=True)
    found = await case.driver.fetch_cdr(call)
    assert found is not None
    assert found.update.facts.has_final_cdr
    assert found.update.facts.talk_ms is not None
    assert abs(found.update.facts.talk_ms - (ended.facts.talk_ms or 0)) < 200
    (listed,) = await case.driver.list_cdrs("ada", int(mine.up * 1000) - 60_000, 5)
    assert listed.update.provider_call_id == call
    assert await case.driver.fetch_cdr("nothing") is None


async def test_another_process_takes_over_and_goes_on(case: Case) -> None:
    """The first steers no more; the talk is ended by the second when one side leaves."""
    call, mine, theirs = await case.talk()
    async with steering(case.bench.account()) as second:
        async with asyncio.timeout(5):
            while case.driver.steering.connected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        found = await second.heard.until(CONNECTED, call)
        assert found.facts.connected is not None
        assert abs(found.facts.connected.value / 1000 - theirs.up) < 0.5
        await mine.hang_up()
        await second.heard.until(ENDED, call)
        assert ENDED not in case.heard.moments(call)
        await case.bench.trunk.until_over()
        await case.until_empty()


async def test_an_adapter_with_another_application_leaves_the_call_alone(case: Case) -> None:
    """It watches the same phone, and has connected while that rang."""
    if not case.bench.is_real:
        pytest.skip("the stand-in has one application")
    call = await case.place(mine=IGNORE)
    mine = await case.ada.until_rings()
    async with steering(case.bench.account(app="another")) as other:
        await mine.pick_up()
        await case.heard.until(CONNECTED, call)
        await mine.hang_up()
        await case.heard.until(ENDED, call)
        await case.until_empty()
        _, second, _ = await case.talk()  # it was there from the beginning
        await second.hang_up()
        await case.until_empty()
        assert len(case.bench.trunk.calls) == 2
        assert (other.heard.updates, other.driver.steering.board.calls) == ([], {})


async def test_after_asterisk_is_killed_its_calls_are_over(case: Case) -> None:
    """Nothing told of their end: it is when we came back at the latest."""
    call, *_ = await case.talk()
    await case.bench.kill()
    await case.bench.start()
    ended = await case.heard.until(ENDED, call)
    assert ended.facts.result is Outcome.ANSWERED
    assert await case.bench.channels() == []


async def test_a_returning_driver_reports_calls_that_ended_meanwhile(case: Case) -> None:
    """Nobody listened, no channel is left: over now at the latest, and not for certain."""
    states = MemoryStates()
    async with steering(case.bench.account(), states=states) as first:
        plans(case.bench, case.ada)
        call = (await first.driver.place("call_gone", "ada", NUMBER)).provider_call_id or ""
        await first.heard.until(CONNECTED, call)
    for side in (*case.ada.live, *case.bench.trunk.live):
        await side.hang_up()
    await case.until_empty()
    async with steering(case.bench.account(), states=states) as second:
        ended = await second.heard.until(ENDED, call)
        assert ended.user_id == "ada"
        assert ended.facts.talk_ms is not None
        assert not ended.facts.is_certain
        assert await states.unfinished() == ()


async def test_a_transfer_by_the_phones_own_button_is_followed(case: Case) -> None:
    """Asterisk does it by itself: handed over for this agent, and nobody is left alone."""
    if not case.bench.is_real:
        pytest.skip("the stand-in has no such button")
    grace = await case.bench.phone("grace")
    call, mine, theirs = await case.talk()
    await mine.transfer("grace")
    handed = await case.heard.until(TRANSFERRED, call)
    assert handed.facts.talk_ms is not None
    third = await grace.until_talks()
    await mine.hang_up()
    await asyncio.sleep(0.5)
    assert not theirs.ended
    assert theirs.media.received > 0
    await third.hang_up()
    await case.bench.trunk.until_over()
    await case.until_empty()
    assert case.heard.moments(call) == [DIALED, CONNECTED, TRANSFERRED]


@pytest.mark.parametrize(
    ("plan", "outcome"),
    [(PICK_UP, Outcome.ANSWERED), (BUSY, Outcome.BUSY)],
    ids=["answered", "busy"],
)
async def test_a_call_may_go_through_the_dialplan(case: Case, plan: Plan, outcome: Outcome) -> None:
    """As on FreePBX: through a Local channel, with audio, and busy is busy."""
    if not case.bench.is_real:
        pytest.skip("the stand-in has no dialplan to speak of")
    object.__setattr__(case.driver.account, "outside", "Local/{number}@from-internal/n")
    call = await case.place(theirs=plan)
    if plan is PICK_UP:
        await case.heard.until(CONNECTED, call)
        mine, theirs = await case.ada.until_talks(), await case.bench.trunk.until_talks()
        await asyncio.sleep(0.6)
        assert min(mine.media.received, theirs.media.received) > 10
        assert all(IDENTITY in shown for shown in theirs.shown_lines)
        await theirs.hang_up()
    ended = await case.heard.until(ENDED, call)
    assert ended.facts.result is outcome
    await case.ada.until_over()
    await case.until_empty()


async def test_a_dialplan_that_checks_does_not_ring_an_agent_on_do_not_disturb(case: Case) -> None:
    """And rings again afterwards; their own click rings them all the same."""
    await case.driver.pause("ada", Status.DO_NOT_DISTURB, on=True)
    outside = await case.bench.trunk.dial("2104", CALLER)
    await case.bench.trunk.until(lambda call: call is outside and bool(call.ended))
    assert case.ada.calls == []
    _, mine, _ = await case.talk()
    await mine.hang_up()
    await case.until_empty()
    await case.driver.pause("ada", Status.DO_NOT_DISTURB, on=False)
    plans(case.bench, case.ada, IGNORE)
    again = await case.bench.trunk.dial("2104", CALLER)
    await case.ada.until_rings()
    await again.hang_up()
    await case.until_empty()


@pytest.mark.parametrize("status", [Status.AWAY, Status.DO_NOT_DISTURB])
async def test_a_queue_skips_an_agent_who_is_away(case: Case, status: Status) -> None:
    """The other agent rings alone; afterwards both do."""
    grace = await case.bench.phone("grace")
    plans(case.bench, case.ada, IGNORE)
    grace.plan = case.ada.plan
    await case.driver.pause("ada", status, on=True)
    outside = await case.bench.trunk.dial("2201", CALLER)
    await grace.until_rings()
    assert case.ada.calls == []
    await outside.hang_up()
    await case.until_empty()
    await case.driver.pause("ada", status, on=False)
    again = await case.bench.trunk.dial("2201", CALLER)
    await case.ada.until_rings()
    await again.hang_up()
    await case.until_empty()


async def test_only_an_applications_device_has_a_state_that_we_set(case: Case) -> None:
    """A wrong name is refused, and says so."""
    object.__setattr__(case.driver.account, "device_state", "Custom:{user}")
    with pytest.raises(Rejected) as caught:
        await case.driver.pause("ada", Status.AWAY, on=True)
    assert caught.value.code == "http-409"
