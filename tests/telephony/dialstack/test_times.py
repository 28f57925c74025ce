"""Times that cannot be true are no facts, and cost no other one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.telephony.dialstack.times import (
    LONGEST_CALL_MS,
    OLDEST_MS,
    SKEW_MS,
    Times,
    plausible,
)

AT = 1_767_323_100_000
MINUTE, DAY, YEAR = 60_000, 86_400_000, 365 * 86_400_000
STARTED, ANSWERED, CONNECTED, ENDED = AT - 200_000, AT - 195_000, AT - 190_000, AT - 1_000
TRUE: Times = (STARTED, ANSWERED, CONNECTED, ENDED)

ODD = [0, 5_200, 1_000_000_000, AT - 6 * YEAR, AT - 9 * DAY, AT + DAY, 4_070_908_800_000]
"""1970, "5.2", 2001-09-09 read as milliseconds, years ago, last week, tomorrow, 2099."""


@pytest.mark.parametrize("at", [AT, None])
def test_true_times_stay(at: int | None) -> None:
    """Some or all of them."""
    assert plausible(TRUE, at) == TRUE
    assert plausible((None, None, None, None), at) == (None, None, None, None)
    assert plausible((STARTED, None, None, ENDED), at) == (STARTED, None, None, ENDED)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("at", [AT, None])
def test_one_odd_time_costs_only_itself(place: int, odd: int, at: int | None) -> None:
    """Whichever it is, by the company of the others."""
    told = [*TRUE[:place], odd, *TRUE[place + 1 :]]
    kept = [*TRUE[:place], None, *TRUE[place + 1 :]]
    assert list(plausible(tuple(told), at)) == kept  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_time_alone_is_none_where_it_is_known_when_it_was_told(odd: int) -> None:
    """An event that names no other time is judged by its own coming."""
    assert plausible((None, None, odd, None), AT) == (None, None, None, None)
    assert plausible((None, None, odd, ENDED), AT) == (None, None, None, ENDED)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ((STARTED, None, STARTED - 5_000, ENDED), (STARTED, None, None, ENDED)),
        ((STARTED, None, ENDED + 5_000, ENDED), (STARTED, None, None, ENDED)),
        ((STARTED, STARTED - 5_000, CONNECTED, ENDED), (STARTED, None, CONNECTED, ENDED)),
        ((STARTED, None, CONNECTED, STARTED - 5_000), (STARTED, None, CONNECTED, None)),
        ((STARTED, None, STARTED - 400, ENDED), (STARTED, None, STARTED - 400, ENDED)),
    ],
)
def test_times_out_of_order_are_dropped(told: Times, kept: Times) -> None:
    """A second is allowed for rounding."""
    assert plausible(told, AT) == kept


def test_late_reports_and_fast_clocks_keep_their_times() -> None:
    """Days after an outage, and some minutes ahead of ours."""
    late = AT + OLDEST_MS - DAY
    assert plausible(TRUE, late) == TRUE
    assert plausible(TRUE, STARTED - SKEW_MS + 200_000) == TRUE


times = st.none() | st.integers(0, 2**45) | st.integers(AT - 2 * DAY, AT + MINUTE)


@given(st.tuples(times, times, times, times), st.none() | st.just(AT))
def test_times_are_ordered_and_span_a_day_at_most(told: Times, at: int | None) -> None:
    """Nothing is made up, and nothing is left that could make an absurd duration."""
    kept = plausible(told, at)
    assert all(one in {None, other} for one, other in zip(kept, told, strict=True))
    known = [time for time in kept if time is not None]
    assert not known or max(known) - min(known) <= 2 * LONGEST_CALL_MS
    started, _, connected, ended = kept
    if connected is not None and ended is not None:
        assert ended - connected >= -1_000
    if started is not None and ended is not None:
        assert ended - started >= -1_000
