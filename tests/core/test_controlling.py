"""What is done in a call, and what is not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.callcenter import CallCenterSettings
from adapter.core.effects import ControlCall
from adapter.core.events import CallEnded, Connected, ControlAnswered, ControlRequested, Event
from adapter.core.facts import Direction
from adapter.core.phone import DialRules
from tests.core.people import IDLE, LINE, NUMBER, POLICY, T0, after, click, said, tell

TALKING = tell(Connected, T0, said(number=NUMBER, direction=Direction.INBOUND), call="c1")
WRAPPING = tell(CallEnded, T0, said(number=NUMBER, connected=T0, ended=T0), call="c1")


def test_a_control_goes_to_the_provider_by_the_provider_s_id() -> None:
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
        [tell(Connected, T0, call="c1"), tell(CallEnded, T0 + 1)],
    ],
)
def test_a_control_of_a_call_that_is_not_up_is_answered(before: list[Event]) -> None:
    """No call, none yet, or no more."""
    told = after(after(IDLE, before).agent, [ControlRequested(T0 + 2, "k1", "c1", "hang_up")])
    assert (told.effects, told.agent.answers[-1].code) == ((), "no-such-call")


@pytest.mark.parametrize(
    ("target", "told"),
    [("(202) 555-0143", "+12025550143"), ("101", "101"), ("+44 20 7946 0958", "+442079460958")],
)
def test_a_transfer_goes_to_what_a_click_would_dial(target: str, told: str) -> None:
    """As one dial string, however it was typed."""
    asked = after(IDLE, [TALKING, ControlRequested(T0 + 1, "k1", "c1", "transfer", target)])
    assert asked.effects == (ControlCall("k1", "c1", LINE, "p1", "transfer", told),)


def test_a_transfer_is_dialed_with_the_prefixes_of_the_call_center() -> None:
    """They are the telephone system's, whoever calls through it."""
    outside = replace(
        IDLE, call_center=CallCenterSettings(outside_prefix="9", long_distance_prefix="1")
    )
    wish = ControlRequested(T0 + 1, "k1", "c1", "transfer", "+12025550143")
    (effect,) = after(outside, [TALKING, wish]).effects
    assert isinstance(effect, ControlCall)
    assert effect.value == "912025550143"


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


def test_nobody_is_handed_over_to_an_extension_behind_a_number() -> None:
    """Its digits could not be sent when the agent is gone."""
    policy = replace(POLICY, dial=DialRules(digits=True))
    wish = ControlRequested(T0 + 1, "k1", "c1", "transfer", "+12025550123 x204")
    told = after(IDLE, [TALKING, wish], policy)
    assert (told.effects, told.agent.answers[-1].code) == ((), "refused-has-extension")
