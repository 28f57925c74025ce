"""The calls of an org within the last minute, here and at other replicas."""

from __future__ import annotations

from adapter.core.dialing import MINUTE_MS
from adapter.core.model import AgentKey
from adapter.fanout.local import LocalHints
from adapter.runtime.orgrate import REPLICAS_KEPT, OrgRate
from tests.runtime.conftest import HandClock

ORG, OTHER = "00D000000000001", "00D000000000002"


def start(rate: OrgRate, count: int, org: str = ORG) -> None:
    """So many calls are placed."""
    for _ in range(count):
        rate.take(org)
        rate.settle(org, placed=True)


def test_a_placed_call_counts_for_a_minute_and_only_for_its_org() -> None:
    """A sliding minute, not the clock's."""
    clock = HandClock()
    rate = OrgRate(clock)
    start(rate, 3)
    clock.at += MINUTE_MS - 1
    start(rate, 1)
    assert (rate.take(ORG), rate.take(OTHER)) == (4, 0)
    clock.at += 1
    assert rate.take(ORG) == 2


def test_clicks_at_once_do_not_slip_through_together() -> None:
    """Each counts from when it is taken, not from when it was placed."""
    rate = OrgRate(HandClock())
    assert [rate.take(ORG) for _ in range(4)] == [0, 1, 2, 3]


def test_a_refused_click_does_not_count() -> None:
    """Or a refusal would put off the next call."""
    clock = HandClock()
    rate = OrgRate(clock)
    rate.take(ORG)
    clock.at += 5
    rate.settle(ORG, placed=False)
    assert rate.take(ORG) == 0
    clock.at += MINUTE_MS
    assert rate.take(ORG) == 0


def test_two_replicas_count_together() -> None:
    """What one has placed counts at the other, and its own not twice."""
    hints, clock = LocalHints(), HandClock()
    one, other = OrgRate(clock, hints), OrgRate(clock, hints)
    start(one, 2)
    start(other, 3)
    assert (one.take(ORG), other.take(ORG)) == (5, 5)
    assert one.take(OTHER) == 0


def test_the_next_hint_makes_up_for_a_lost_one_and_a_late_one_counts_once() -> None:
    """The hint says how many there were, not that there was one more."""
    rate = OrgRate(HandClock())
    there = AgentKey(ORG, "there")
    for count in (7, 9, 8, 9):
        rate.hinted(there, count)
    assert rate.take(ORG) == 3


def test_an_agents_hint_does_not_count_as_a_call() -> None:
    """Versions of agents come the same way."""
    hints = LocalHints()
    rate = OrgRate(HandClock(), hints)
    hints.publish(AgentKey(ORG, "005000000000001"), 12)
    assert rate.take(ORG) == 0


def test_old_replicas_are_forgotten() -> None:
    """A thousand are enough; one that comes back counts as a new one."""
    rate = OrgRate(HandClock())
    for number in range(REPLICAS_KEPT + 1):
        rate.hinted(AgentKey(OTHER, str(number)), 5)
    rate.hinted(AgentKey(ORG, "0"), 9)
    rate.hinted(AgentKey(ORG, "0"), 11)
    assert rate.take(ORG) == 3
    assert len(rate._counts_elsewhere) == REPLICAS_KEPT
