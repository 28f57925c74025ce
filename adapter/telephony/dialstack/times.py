"""Drops the times of a call that cannot be true and keeps the others. Pure."""

from __future__ import annotations

from collections.abc import Sequence

EARLIEST_MS = 946_684_800_000
"""2000-01-01; anything older is a zero, another unit, or an unset clock."""

LONGEST_CALL_MS = 24 * 3_600_000
"""The longest span between two times of one call."""

OLDEST_MS = 8 * 24 * 3_600_000
"""How long after a moment its report may still arrive."""

SKEW_MS = 300_000
"""How far a provider's clock may run ahead of ours."""

ROUNDING_MS = 1_000
"""Some times are in whole seconds while others are not."""

Times = tuple[int | None, int | None, int | None, int | None]
"""Started, answered, connected, ended; Unix milliseconds."""

NONE_TOLD: Times = (None, None, None, None)


def plausible(times: Times, at: int | None) -> Times:
    """The times, None where impossible; `at` is when they arrived (Unix ms), if known.

    Times are checked against each other: if they span more than a day, those near the most others
    stay; none may violate the order of a call.
    """
    if times == NONE_TOLD:
        return times
    sane = [time if time is not None and _is_sane(time, at) else None for time in times]
    known = [time for time in sane if time is not None]
    if known and max(known) - min(known) > LONGEST_CALL_MS:
        anchor = _anchor(known, at)
        sane = [time if time is not None and _are_near(time, anchor) else None for time in sane]
    return _in_order(*sane)


def _is_sane(time: int, at: int | None) -> bool:
    return time >= EARLIEST_MS and (at is None or at - OLDEST_MS <= time <= at + SKEW_MS)


def _are_near(first: int, second: int) -> bool:
    return abs(first - second) <= LONGEST_CALL_MS


def _anchor(known: Sequence[int], at: int | None) -> int:
    """The time with the most others near it; of equals, the one nearest to now."""
    now = max(known) if at is None else at
    return max(known, key=lambda time: (sum(_are_near(time, k) for k in known), -abs(now - time)))


def _in_order(
    started: int | None, answered: int | None, connected: int | None, ended: int | None
) -> Times:
    """Drop an end before the start, and a pick-up or talk outside the call."""
    if started is not None and ended is not None and ended < started - ROUNDING_MS:
        ended = None
    begin = None if started is None else started - ROUNDING_MS
    over = None if ended is None else ended + ROUNDING_MS
    return started, _within(answered, begin, over), _within(connected, begin, over), ended


def _within(time: int | None, begin: int | None, over: int | None) -> int | None:
    if time is None or (begin is not None and time < begin) or (over is not None and time > over):
        return None
    return time
