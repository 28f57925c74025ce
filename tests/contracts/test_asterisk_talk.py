"""What is done in a talk on a real Asterisk and on its stand-in: a third party, a recording."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.core.incall import InCall, ThirdState
from adapter.doctor.asterisk import recording_findings
from adapter.doctor.findings import Grade
from adapter.telephony.port import Action, Rejected, Unknown, Unsupported
from adapter.telephony.updates import Moment
from qa.asterisk.handset import DECLINE, Handset, PhoneCall
from tests.contracts.asterisks import ENDED, KINDS, NUMBER, TRANSFERRED, Case, opened, steering

RINGING, TALKING, WAITING, JOINED = ThirdState


@pytest.fixture(params=KINDS)
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each kind in turn; grace's phone is extension 2002, and calls may be recorded."""
    wishes = {"inside": "PJSIP/grace", "recording": "on-demand", "recording_pause": True}
    async with opened(request.param, tmp_path, **wishes) as made:
        # An extension is dialed as PJSIP/<extension>; grace's phone has a name.
        yield made


async def state(case: Case, third: ThirdState | None, *, held: bool = False) -> InCall:
    """Wait until the call is told to be so."""
    async with asyncio.timeout(20):
        while True:
            told = [one.in_call for one in case.heard.updates if one.moment is Moment.IN_CALL]
            if told:
                now = told[-1].third
                if (now.state if now else None, told[-1].held) == (third, held):
                    return told[-1]
            case.heard.changed.clear()
            await case.heard.changed.wait()


async def hears(case: Case, *sides: PhoneCall) -> None:
    """Wait until each of them hears something; the stand-in has no sound."""
    before = [side.media.received for side in sides]
    async with asyncio.timeout(20):
        for side, count in zip(sides, before, strict=True):
            while case.bench.is_real and side.media.received < count + 10:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def recording(case: Case, call: str) -> str:
    """Tell what Asterisk says of the recording of a call."""
    found = await case.driver.client.get(f"/recordings/live/{call}")
    return str(found["state"])


async def consulting(case: Case) -> tuple[str, PhoneCall, PhoneCall, PhoneCall, Handset]:
    """A talk in which the agent talks with grace, and the customer waits."""
    grace = await case.bench.phone("grace")
    call, mine, theirs = await case.talk()
    await case.driver.control(call, Action.CONSULT, "2002")
    hers = await grace.until_talks()
    told = await state(case, TALKING, held=True)
    assert told.third is not None
    assert told.third.number == "2002"
    return call, mine, theirs, hers, grace


async def test_a_colleague_is_consulted_first_and_then_given_the_call(case: Case) -> None:
    """The customer waits with music, is spoken with in between, and goes to the colleague."""
    call, mine, theirs, hers, _ = await consulting(case)
    assert NUMBER in hers.shown
    await hears(case, mine, hers, theirs)
    with pytest.raises(Rejected):
        await case.driver.control(call, Action.CONSULT, "2002")
    with pytest.raises(Rejected):
        await case.driver.transfer(call, "2002")
    with pytest.raises(Rejected):
        await case.driver.control(call, Action.HOLD)
    await case.driver.control(call, Action.SWAP)
    await state(case, WAITING)
    await case.driver.control(call, Action.SWAP)
    await state(case, TALKING, held=True)
    await case.driver.control(call, Action.COMPLETE)
    told = await case.heard.until(TRANSFERRED, call)
    assert told.facts.talk_ms is not None
    await case.ada.until_over()
    await hears(case, theirs, hers)
    assert all("Grace" not in shown for shown in theirs.shown_lines)
    await hers.hang_up()
    await case.bench.trunk.until_over()
    await case.until_empty()
    assert ENDED not in case.heard.moments(call)


async def test_the_agent_leaves_a_talk_of_three_to_the_other_two(case: Case) -> None:
    """By hanging up the phone: in a talk of three that ends nobody else's."""
    call, mine, theirs, hers, _ = await consulting(case)
    await case.driver.control(call, Action.MERGE)
    await state(case, JOINED)
    await hears(case, mine, theirs, hers)
    with pytest.raises(Rejected):
        await case.driver.control(call, Action.SWAP)
    await mine.hang_up()
    await case.heard.until(TRANSFERRED, call)
    await hears(case, theirs, hers)
    await theirs.hang_up()
    await case.until_empty()


async def test_dropping_the_colleague_leaves_the_talk_unchanged(case: Case) -> None:
    """The customer comes back by itself, and somebody else may be asked."""
    call, mine, theirs, _, grace = await consulting(case)
    await case.driver.control(call, Action.CANCEL)
    await grace.until_over()
    await state(case, None)
    await hears(case, mine, theirs)
    with pytest.raises(Rejected):
        await case.driver.control(call, Action.SWAP)
    await case.driver.control(call, Action.CONSULT, "2002")
    again = await grace.until_talks()
    await state(case, TALKING, held=True)
    await again.hang_up()
    await state(case, None)
    await theirs.hang_up()
    assert (await case.heard.until(ENDED, call)).facts.talk_ms is not None
    await case.until_empty()


async def test_a_colleague_who_declines_brings_the_customer_back(case: Case) -> None:
    """And one who has no phone keeps nobody waiting at all."""
    grace = await case.bench.phone("grace")
    grace.plan = lambda number: DECLINE
    call, mine, theirs = await case.talk()
    await case.driver.control(call, Action.CONSULT, "2002")
    await grace.until_over()
    await state(case, None)
    await hears(case, mine, theirs)
    await grace.register(0)
    with pytest.raises(Rejected):
        await case.driver.control(call, Action.CONSULT, "2002")
    await mine.hang_up()
    await case.until_empty()


@pytest.mark.parametrize("leaves", ["agent", "customer"])
async def test_an_agent_who_leaves_during_a_consultation_ends_the_call(
    case: Case, leaves: str
) -> None:
    """Nobody is left with music for ever."""
    call, mine, theirs, _, grace = await consulting(case)
    await (mine if leaves == "agent" else theirs).hang_up()
    await case.heard.until(ENDED, call)
    await grace.until_over()
    await case.until_empty()


async def test_a_hold_by_the_phones_own_button_is_shown_and_ended_there(case: Case) -> None:
    """The customer hears music either way; nothing that we send ends what the phone began."""
    call, mine, theirs = await case.talk()
    await mine.hold()
    await state(case, None, held=True)
    with pytest.raises(Rejected) as refused:
        await case.driver.control(call, Action.RESUME)
    assert refused.value.code == "held-at-phone"
    await mine.hold(False)
    await state(case, None)
    await case.driver.control(call, Action.HOLD)
    await state(case, None, held=True)
    await case.driver.control(call, Action.RESUME)
    await state(case, None)
    await hears(case, mine, theirs)
    await mine.hang_up()
    await case.until_empty()


async def test_a_talk_is_recorded_but_not_while_paused(case: Case) -> None:
    """From when the agent wants it; a pause is the agent's too."""
    call, _, theirs = await case.talk()
    with pytest.raises(Rejected):
        await case.driver.control(call, Action.PAUSE_RECORDING)
    await case.driver.control(call, Action.RECORD)
    assert (await state(case, None)).recording
    await case.driver.control(call, Action.PAUSE_RECORDING)
    assert await recording(case, call) == "paused"
    await case.driver.control(call, Action.RESUME_RECORDING)
    assert await recording(case, call) == "recording"
    told = len(case.heard.updates)
    await case.driver.control(call, Action.STOP_RECORDING)
    async with asyncio.timeout(20):
        while len(case.heard.updates) == told:  # noqa: ASYNC110 - told by another task
            await asyncio.sleep(0.01)
    assert not case.heard.updates[-1].in_call.recording
    await theirs.hang_up()
    await case.until_empty()


async def test_without_a_recordings_folder_the_talk_goes_on_and_the_doctor_says_why(
    case: Case, tmp_path: Path
) -> None:
    """Whoever looks after it reads what is missing before an agent does."""
    account, client = case.driver.account, case.driver.client
    (good,) = await recording_findings(client, account)
    case.bench.lose_recordings()
    (bad,) = await recording_findings(client, account)
    assert (good.grade, bad.grade) == (Grade.OK, Grade.FAIL)
    assert "recording" in bad.todo
    call, mine, theirs = await case.talk()
    with pytest.raises((Rejected, Unknown)):
        await case.driver.control(call, Action.RECORD)
    await hears(case, mine, theirs)
    await theirs.hang_up()
    await case.until_empty()


async def test_a_new_steering_process_goes_on_with_a_consultation(case: Case) -> None:
    """Who waits and who talks is known, the customer comes back, and both can be left alone."""
    call, mine, theirs, hers, grace = await consulting(case)
    async with steering(case.driver.account, states=case.heard.states) as other:
        told = await state(other, TALKING, held=True)
        assert told.third is not None
        assert told.third.number == "2002"
        await hers.hang_up()
        await state(other, None)
        await hears(case, mine, theirs)
        await other.driver.control(call, Action.CONSULT, "2002")
        again = await grace.until_talks()
        await state(other, TALKING, held=True)
        await other.driver.control(call, Action.COMPLETE)
        await other.heard.until(TRANSFERRED, call)
        await case.ada.until_over()
        await again.hang_up()
        await case.bench.trunk.until_over()
        await case.until_empty()


@pytest.mark.parametrize("kind", KINDS)
async def test_with_recording_on_a_talk_is_recorded_until_its_agent_leaves(
    kind: str, tmp_path: Path
) -> None:
    """From its beginning; who takes over knows that it is, and the other two go on without."""
    async with opened(kind, tmp_path, inside="PJSIP/grace", recording="always") as case:
        call, mine, theirs, *_ = await consulting(case)
        assert case.heard.updates[-1].in_call.recording
        async with steering(case.driver.account, states=case.heard.states) as other:
            assert (await state(other, TALKING, held=True)).recording
            with pytest.raises(Unsupported):
                await other.driver.control(call, Action.STOP_RECORDING)
            await other.driver.control(call, Action.MERGE)
            assert (await state(other, JOINED)).recording
            assert await recording(case, call) == "recording"
            await mine.hang_up()
            await other.heard.until(TRANSFERRED, call)
            async with asyncio.timeout(20):
                while await case.driver.client.records(call):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert not theirs.ended
            await theirs.hang_up()
            await case.until_empty()
