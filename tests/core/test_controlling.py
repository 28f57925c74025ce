"""What is done in a call, and what is not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.callcenter import CallCenterSettings
from adapter.core.effects import ControlCall
from adapter.core.events import (
    CallEnded,
    Connected,
    ControlAnswered,
    ControlRequested,
    Event,
    InCallChanged,
)
from adapter.core.facts import Direction
from adapter.core.incall import InCall, Third, ThirdState
from adapter.core.numbers.dialplan import DialPlan
from adapter.core.numbers.phone import DialRules
from adapter.core.policy import Policy
from tests.core.people import IDLE, LINE, NUMBER, POLICY, T0, after, click, known, report

TALKING = report(Connected, T0, known(number=NUMBER, direction=Direction.INBOUND), call="c1")
WRAPPING = report(CallEnded, T0, known(number=NUMBER, connected=T0, ended=T0), call="c1")


def test_a_control_is_sent_with_the_providers_call_id() -> None:
    """And its answer back to the page; the same request is not done twice."""
    wish = ControlRequested(T0 + 1, "k1", "c1", "digits", "5")
    asked = after(IDLE, [TALKING, wish])
    assert asked.effects == (ControlCall("k1", "c1", LINE, "p1", "digits", "5"),)
    done = after(asked.agent, [ControlAnswered(T0 + 2, "k1", "ok", "Done.")])
    assert [a.code for a in done.agent.answers] == ["ok"]
    assert after(done.agent, [wish]).ignored == "repeated request"


@pytest.mark.parametrize(
    "before",
    [
        [],
        [click()],
        [WRAPPING],
        [report(Connected, T0, call="c1"), report(CallEnded, T0 + 1)],
    ],
)
def test_a_control_of_a_call_that_is_not_up_is_answered(before: list[Event]) -> None:
    """No call, none yet, or no more."""
    told = after(after(IDLE, before).agent, [ControlRequested(T0 + 2, "k1", "c1", "hang_up")])
    assert (told.effects, told.agent.answers[-1].code) == ((), "no-such-call")


@pytest.mark.parametrize("action", ["transfer", "consult"])
@pytest.mark.parametrize(
    ("target", "told"),
    [("(202) 555-0143", "+12025550143"), ("101", "101"), ("+44 20 7946 0958", "+442079460958")],
)
def test_a_transfer_goes_to_what_a_click_would_dial(target: str, told: str, action: str) -> None:
    """As one dial string, however it was typed."""
    asked = after(IDLE, [TALKING, ControlRequested(T0 + 1, "k1", "c1", action, target)])
    assert asked.effects == (ControlCall("k1", "c1", LINE, "p1", action, told),)


def test_the_state_of_a_call_follows_reports_and_actions() -> None:
    """An event of the provider's, or its word that it did what was asked; another's part is not."""
    third = InCall(T0 + 1, Third("204", ThirdState.RINGING, T0 + 1), held=True)
    told = replace(report(InCallChanged, T0 + 1, call="c1"), in_call=third)
    muted = ControlAnswered(T0 + 2, "k1", "done", "", "c1", "mute")
    refused = ControlAnswered(T0 + 3, "k2", "provider-refused", "", "c1", "unmute")
    elsewhere = replace(told, elsewhere=True, in_call=InCall(T0 + 9))
    (call,) = after(IDLE, [TALKING, told, muted, refused, elsewhere]).agent.calls
    assert call.in_call == replace(third, muted=True)


def test_a_transfer_is_dialed_with_the_prefixes_of_the_call_center() -> None:
    """They are the telephone system's, whoever calls through it."""
    outside = replace(
        IDLE, call_center=CallCenterSettings(outside_prefix="9", long_distance_prefix="1")
    )
    wish = ControlRequested(T0 + 1, "k1", "c1", "transfer", "+12025550143")
    for plans, told in (((DialPlan("US", "9", "1"),), "912025550143"), ((), "+12025550143")):
        policy = Policy(dial=DialRules(plans=plans))
        (effect,) = after(outside, [TALKING, wish], policy).effects
        assert isinstance(effect, ControlCall)
        assert effect.value == told


def transfer(number: int, at: int = T0 + 1, org_dials: int = 0) -> ControlRequested:
    """A wish to hand the call over, the one of that number."""
    wish = ControlRequested(at, f"k{number}", "c1", "transfer", "+12025550143")
    return replace(wish, org_dials=org_dials)


def test_a_call_has_one_transfer_at_a_time() -> None:
    """A second one waits for the answer to the first, or until none is to be expected."""
    one = after(IDLE, [TALKING, transfer(1)])
    again = after(one.agent, [transfer(1)])
    assert (again.effects, again.ignored) == ((), "repeated request")
    other = after(one.agent, [transfer(2)])
    assert (other.effects, other.agent.answers[-1].code) == ((), "transfer-pending")
    late = after(one.agent, [transfer(2, T0 + 1 + POLICY.outcome_ms)])
    assert len(late.effects) == 1
    told: list[Event] = [
        ControlAnswered(T0 + 2, "k1", "not-controlled", "No."),
        transfer(2, T0 + 3),
    ]
    assert len(after(one.agent, told).effects) == 1


def test_a_transfer_counts_as_a_call_that_the_agent_starts() -> None:
    """Sixty in a minute would be sixty calls at the company's expense."""
    agent, sent = after(IDLE, [TALKING]).agent, 0
    for number in range(60):
        decision = after(agent, [transfer(number, T0 + number)])
        sent += len(decision.effects)
        answer = ControlAnswered(T0 + number, f"k{number}", "not-controlled", "No.")
        agent = after(decision.agent, [answer]).agent
    assert sent == POLICY.per_minute
    assert after(agent, [click()]).agent.answers[-1].code != "placed"


def test_a_transfer_counts_as_a_call_that_the_org_starts() -> None:
    """The same limit as for clicks; an emergency is never held up."""
    policy = Policy(per_minute_org=50)
    refused = after(IDLE, [TALKING, transfer(1, org_dials=50)], policy)
    assert (refused.effects, refused.agent.answers[-1].code) == ((), "too-many-org")
    alarm = replace(transfer(1, org_dials=50), value="911")
    called = after(IDLE, [TALKING, alarm], policy)
    assert len(called.effects) == 1
    # Sixty in a second would be sixty ambulances.
    again = after(called.agent, [replace(transfer(2, org_dials=50), value="911")], policy)
    assert again.effects == ()


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("+1 900 555 0143", "refused-premium"),
        ("+870 773 111 632", "refused-satellite"),
        ("call me", "refused-not-a-number"),
        ("", "refused-empty"),
    ],
)
def test_a_transfer_cannot_reach_what_may_not_be_dialed(target: str, code: str) -> None:
    """Or a call could be handed to the premium number that a click is refused."""
    told = after(IDLE, [TALKING, ControlRequested(T0 + 1, "k1", "c1", "transfer", target)])
    assert told.effects == ()
    assert told.agent.answers[-1].code == code


def test_a_call_cannot_be_transferred_to_an_extension_behind_a_number() -> None:
    """Its digits could not be sent when the agent is gone."""
    policy = replace(POLICY, dial=DialRules(digits=True))
    wish = ControlRequested(T0 + 1, "k1", "c1", "transfer", "+12025550123 x204")
    told = after(IDLE, [TALKING, wish], policy)
    assert (told.effects, told.agent.answers[-1].code) == ((), "refused-has-extension")
