"""Facts only grow: their join is a semilattice, and their traps are disarmed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.facts import (
    LONGEST_TALK_MS,
    NOTHING_KNOWN,
    Direction,
    Facts,
    Known,
    Outcome,
    Source,
    better,
)
from tests.core.people import cdr, facts, known


def optional(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """A known value from any source, or None."""
    return st.none() | st.builds(Known, values, st.sampled_from(Source))


moments = optional(st.integers(0, 5))
any_facts = st.builds(
    Facts,
    optional(st.sampled_from(Direction)),
    optional(st.sampled_from(["", "+1", "+2"])),
    optional(st.sampled_from(["Ada", "Bob"])),
    moments,
    moments,
    moments,
    moments,
    optional(st.sampled_from(Outcome)),
    moments,
)


@given(any_facts, any_facts)
def test_joining_is_commutative(one: Facts, other: Facts) -> None:
    """Which event came first is no matter."""
    assert one.join(other) == other.join(one)


@given(any_facts, any_facts, any_facts)
def test_joining_is_associative(one: Facts, two: Facts, three: Facts) -> None:
    """Nor is what had been joined before."""
    assert one.join(two).join(three) == one.join(two.join(three))


@given(any_facts)
def test_joining_is_idempotent_and_empty_facts_change_nothing(one: Facts) -> None:
    """An event that is delivered twice teaches nothing new."""
    assert one.join(one) == one
    assert one.join(NOTHING_KNOWN) == one


@given(any_facts, any_facts)
def test_a_higher_source_is_never_overridden(one: Facts, other: Facts) -> None:
    """The joined value is as well known as the better of the two."""
    joined = one.join(other).ended
    sources = [f.ended.source for f in (one, other) if f.ended]
    assert (joined.source if joined else None) == max(sources, default=None)


def test_the_cdr_outranks_events_and_events_outrank_our_clock() -> None:
    """Source decides before value."""
    seen, told = Known(1, Source.OBSERVED), Known(9, Source.EVENT)
    assert better(seen, told) == told
    assert better(told, seen) == told
    assert better(None, told) == told
    assert better(Known(3, Source.EVENT), Known(4, Source.EVENT)) == Known(3, Source.EVENT)


@pytest.mark.parametrize(
    ("what", "certain"),
    [
        (known(connected=5), False),
        (known(ended=9), False),
        (known(ended=9, outcome=Outcome.COMPLETED), False),
        (known(ended=9, outcome=Outcome.BUSY), True),
        (known(connected=5, ended=9), True),
        (known(connected=5, transferred=9), True),
        (facts(Source.OBSERVED, connected=5).join(known(ended=9)), False),
        (facts(Source.OBSERVED, ended=9).join(known(connected=5)), False),
        (cdr(ended=9), True),
    ],
)
def test_an_ended_call_is_certain_if_its_talk_is(what: Facts, certain: bool) -> None:
    """Both ends said, a silent outcome, or the call log's word; nothing less."""
    assert what.is_certain is certain


def test_completed_without_a_connection_is_no_answer_and_no_talk() -> None:
    """The trap: an unanswered destination ends "completed", with a duration."""
    ended = known(picked_up=1, ended=9, outcome=Outcome.COMPLETED, direction=Direction.OUTBOUND)
    assert (ended.result, ended.talk_ms) == (Outcome.NO_ANSWER, None)


@pytest.mark.parametrize(
    ("what", "result", "talk_ms"),
    [
        (known(connected=5, ended=9), Outcome.ANSWERED, 4),
        (known(connected=5, ended=9, outcome=Outcome.VOICEMAIL), Outcome.VOICEMAIL, 4),
        (known(connected=5, transferred=7, ended=9), Outcome.ANSWERED, 2),
        (known(connected=9, ended=5), Outcome.ANSWERED, 0),
        (known(ended=9, direction=Direction.INBOUND), Outcome.MISSED, None),
        (known(ended=9, direction=Direction.INBOUND, taken=5), Outcome.ELSEWHERE, None),
        (known(connected=6, ended=9, direction=Direction.INBOUND, taken=5), Outcome.ANSWERED, 3),
        (known(ended=9, outcome=Outcome.BUSY), Outcome.BUSY, None),
        (known(connected=5), Outcome.ANSWERED, None),
    ],
)
def test_the_result_and_the_talk_follow_from_what_is_known(
    what: Facts, result: Outcome, talk_ms: int | None
) -> None:
    """Who talked was answered; a transfer ends the agent's part; a talk is never negative."""
    assert (what.result, what.talk_ms) == (result, talk_ms)
    assert what.is_over is (what.ended is not None)


def test_no_talk_is_longer_than_its_call_or_than_a_day() -> None:
    """Times that several events told may contradict each other; a duration must not be absurd."""
    talk = Facts(started=Known(5_000, Source.EVENT), connected=Known(1_000, Source.EVENT))
    assert talk.join(Facts(ended=Known(9_000, Source.EVENT))).talk_ms == 4_000
    endless = Facts(connected=Known(1_000, Source.EVENT), ended=Known(10**13, Source.EVENT))
    assert endless.talk_ms == LONGEST_TALK_MS
    late = Facts(started=Known(8_000, Source.OBSERVED)).join(talk.join(Facts()))
    assert late.join(Facts(ended=Known(9_000, Source.EVENT))).talk_ms == 4_000
