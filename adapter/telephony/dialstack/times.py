"""Which of a call's times can be true: what cannot is no fact, and costs no other one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

EARLIEST_MS = 946_684_800_000
"""2000-01-01: what is older is a zero, a count of something else, or a clock that was never set."""

LONGEST_CALL_MS = 24 * 3_600_000
"""All times of one call lie within so much of each other."""

OLDEST_MS = 8 * 24 * 3_600_000
"""How long after it happened a thing may still be told."""

SKEW_MS = 300_000
"""So far a provider's clock may run ahead of ours."""

ROUNDING_MS = 1_000
"""Some times are told in whole seconds beside others that are not."""

Times = tuple[int | None, int | None, int | None, int | None]
"""Started, answered, connected, ended; Unix milliseconds."""

NONE_TOLD: Times = (None, None, None, None)


def plausible(times: Times, at: int | None) -> Times:
    """The same without those that cannot be true; `at` is when they were told, if known.

    A time is judged by those beside it: of several that lie a day apart the company counts, and
    none may be out of the order in which calls go.
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


def _are_near(one: int, other: int) -> bool:
    return abs(one - other) <= LONGEST_CALL_MS


def _anchor(known: Sequence[int], at: int | None) -> int:
    """The time with most others near it; of equals the one that is nearest to now."""
    now = max(known) if at is None else at
    return max(known, key=lambda time: (sum(_are_near(time, k) for k in known), -abs(now - time)))


def _in_order(
    started: int | None, answered: int | None, connected: int | None, ended: int | None
) -> Times:
    """No pick-up and no talk is outside of its call, no end before its beginning."""
    if started is not None and ended is not None and ended < started - ROUNDING_MS:
        ended = None
    begin = None if started is None else started - ROUNDING_MS
    over = None if ended is None else ended + ROUNDING_MS
    return started, _within(answered, begin, over), _within(connected, begin, over), ended


def _within(time: int | None, begin: int | None, over: int | None) -> int | None:
    if time is None or (begin is not None and time < begin) or (over is not None and time > over):
        return None
    return time
