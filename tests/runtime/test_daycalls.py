"""A day's calls added up: as often read as needed, and never otherwise than they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapter.runtime.daycalls import RECENT_MS, WHOLE_MS, DayCalls, Tally
from adapter.storage.board import BoardCall

NOON = 1_750_000_000_000
BEGIN = NOON - 12 * 3_600_000


def ended_call(outcome: str = "answered", talk: int | None = 60) -> dict[str, Any]:
    """What is known of a call's end."""
    return {"outcome": outcome, "talk_seconds": talk, "direction": "inbound", "ended": NOON}


def call(number: int, at: int, how: dict[str, Any] | None = None, user: str = "ada") -> BoardCall:
    """One that began at `at`, and lives unless it is said how it went."""
    return BoardCall(user, f"call-{number}", f"pc-{number}", at, how or {})


@dataclass
class Shelf:
    """A day's calls, and how many of them each look has read."""

    calls: list[BoardCall]
    looked: DayCalls
    read: int = 0

    def look(self, now: int) -> Tally:
        """As the board looks."""
        since = self.looked.since(BEGIN, now)
        rows = [one for one in self.calls if one.at >= since]
        self.read = len(rows)
        return self.looked.tally(rows, now, whole=since == BEGIN)


def test_a_call_that_is_long_over_is_read_once_a_minute() -> None:
    """The day's beginning is read again only for corrections."""
    calls = [call(number, BEGIN + number * 60_000, ended_call()) for number in range(700)]
    shelf = Shelf(calls, DayCalls())
    whole = shelf.look(NOON)
    assert shelf.read == 700
    assert shelf.look(NOON + 1_000) == whole
    assert shelf.read == 0
    shelf.calls[3] = replace(shelf.calls[3], result=ended_call("missed", None))
    assert shelf.look(NOON + 2_000) == whole
    assert shelf.look(NOON + WHOLE_MS).by_outcome == {"answered": 699, "missed": 1}


def test_the_end_of_a_long_call_is_seen_at_once() -> None:
    """It is read from where the oldest call that lives began."""
    shelf = Shelf([call(1, BEGIN + 1, ended_call()), call(2, BEGIN + 2), call(3, NOON)], DayCalls())
    assert shelf.look(NOON).live == 2
    shelf.calls[1] = call(2, BEGIN + 2, ended_call(talk=9))
    after = shelf.look(NOON + 1_000)
    assert (after.live, after.over, after.users["ada"]["talk_seconds"]) == (1, 2, 69)
    assert shelf.read == 2


calls = st.lists(
    st.builds(
        call,
        st.integers(1, 9_999),
        st.integers(BEGIN, NOON),
        st.none()
        | st.builds(ended_call, st.sampled_from(["answered", "missed"]), st.integers(0, 99)),
        st.sampled_from(["ada", "bob"]),
    ),
    max_size=20,
)


@given(calls, calls, st.integers(0, WHOLE_MS - 1))
def test_new_calls_are_added_to_those_before(
    old: list[BoardCall], new: list[BoardCall], ms: int
) -> None:
    """Whatever began before, what begins now is counted as if all were read again."""
    shelf = Shelf(list(old), DayCalls())
    shelf.look(NOON)
    shelf.calls += [replace(one, at=NOON - RECENT_MS + one.at % RECENT_MS) for one in new]
    assert shelf.look(NOON + ms) == Tally().plus(shelf.calls)
