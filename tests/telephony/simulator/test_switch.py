"""Calls play their scenarios and tell the webhooks about them."""

import pytest

from adapter.telephony.simulator.call import Direction, Impossible, Phase, Verb
from adapter.telephony.simulator.chaos import Knobs
from adapter.telephony.simulator.config import User
from adapter.telephony.simulator.script import Outcome, Scenario, Step
from tests.telephony.running import simulated

ADA = User("user_ada", "Ada Lovelace", "ada@example.com", "1001")
GRACE = User("user_grace", "Grace Hopper", "grace@example.com", "1002")
MANUAL = Scenario(outcome=Outcome.MANUAL)


async def test_a_call_plays_to_its_end() -> None:
    """Picked up, answered, over: three webhooks, each with what is known by then."""
    async with simulated() as simulator:
        made = simulator.state.switch.place(ADA, "+15551234567")
        assert made.phase is Phase.DEVICES
        await simulator.hook.until("call.initiated", "call.answered", "call.end")
        over = simulator.state.switch.calls[made.call_id]
        assert (over.phase, over.status) == (Phase.OVER, "completed")
        ends = [body for body in simulator.hook.received if body["type"] == "call.end"]
        assert ends[0]["data"]["user_id"] == "user_ada"
        assert ends[0]["data"]["connected_at"]


async def test_a_user_on_do_not_disturb_never_picks_up() -> None:
    """Do-not-disturb declines in silence, whatever the scenario."""
    async with simulated() as simulator:
        quiet = User("user_ada", "Ada", "ada@example.com", "1001", do_not_disturb=True)
        made = simulator.state.switch.place(quiet, "+15551234567")
        # Another's call, picked up later than any device rings, tells that time has passed.
        simulator.state.switch.place(GRACE, "+15550009009")
        await simulator.hook.until("call.initiated", "call.end")
        assert simulator.state.switch.calls[made.call_id].lapsed
        calls = {body["data"]["call_id"] for body in simulator.hook.received}
        assert made.call_id not in calls


async def test_a_colleagues_extension_makes_the_call_internal() -> None:
    """Both are told, each with their own user."""
    async with simulated() as simulator:
        made = simulator.state.switch.place(ADA, "1002")
        assert (made.direction, made.callee) == (Direction.INTERNAL, "user_grace")
        await simulator.hook.until("call.initiated", "call.ringing", "call.end", "call.end")
        users = {
            (body["type"], body["data"]["user_id"])
            for body in simulator.hook.received
            if body["type"] != "call.answered"
        }
        assert ("call.ringing", "user_grace") in users
        assert {("call.end", "user_ada"), ("call.end", "user_grace")} <= users


async def test_nobody_is_their_own_colleague() -> None:
    """One's own extension is a number like any other."""
    async with simulated(scenario=MANUAL) as simulator:
        made = simulator.state.switch.place(simulator.state.switch.users["user_ada"], "1001")
        assert made.direction is Direction.OUTBOUND


async def test_a_manual_action_ends_the_scenario() -> None:
    """What was still to come does not come any more."""
    async with simulated(time_scale=1.0) as simulator:
        switch = simulator.state.switch
        made = switch.place(ADA, "+15551234567")
        switch.by_hand(made.call_id, Verb.PICK_UP)
        assert not switch._timers.get(made.call_id)
        assert switch.by_hand(made.call_id, Verb.BUSY).status == "busy"
        with pytest.raises(Impossible):
            switch.by_hand(made.call_id, Verb.ANSWER)
        with pytest.raises(KeyError):
            switch.by_hand("nobody", Verb.ANSWER)


async def test_a_step_that_comes_too_late_is_forgotten() -> None:
    """Somebody else has ended the call in between, or it is no longer remembered."""
    async with simulated(scenario=MANUAL) as simulator:
        switch = simulator.state.switch
        made = switch.place(ADA, "+15551234567")
        switch._run_step(made.call_id, Step(0, Verb.ANSWER))
        switch._run_step("forgotten", Step(0, Verb.ANSWER))
        assert switch.calls[made.call_id].phase is Phase.DEVICES


async def test_fields_may_be_left_out_but_never_the_call() -> None:
    """Any field may be missing from an event."""
    async with simulated(knobs=Knobs(omit=1)) as simulator:
        made = simulator.state.switch.place(ADA, "+15551234567")
        await simulator.hook.until("call.initiated", "call.answered", "call.end")
        assert all(body["data"] == {"call_id": made.call_id} for body in simulator.hook.received)


async def test_a_call_may_have_faults_of_its_own() -> None:
    """Others are not touched by them."""
    async with simulated(scenario=MANUAL) as simulator:
        switch = simulator.state.switch
        for knobs in (Knobs(drop=1), None):
            switch.sandbox(ADA, Direction.OUTBOUND, "+1", "+2", MANUAL, knobs=knobs)
        await simulator.hook.until("call.initiated")
        fates = [delivery.fate for delivery in simulator.state.sender.log]
        assert fates[0] == "dropped"
        assert simulator.state.dice.counts == {"drop": 1}


async def test_the_oldest_calls_are_eventually_dropped() -> None:
    """Memory has an end; a call that lives is never forgotten."""
    async with simulated(scenario=MANUAL, history_limit=2) as simulator:
        switch = simulator.state.switch
        first, second = switch.place(ADA, "+1"), switch.place(ADA, "+2")
        switch.by_hand(second.call_id, Verb.HANG_UP)
        third = switch.place(ADA, "+3")
        assert set(switch.calls) == {first.call_id, third.call_id}
        fourth = switch.place(ADA, "+4")
        assert set(switch.calls) == {first.call_id, third.call_id, fourth.call_id}
