"""The legal order of a call's phases (docs/architecture.md).

"new" is an unknown call, "gone" one that has left the agent, "idle" a placement that nobody picked
up in time but that a late pick-up still finds, "rung" one that went on to another agent's phone and
may come back.
"""

from __future__ import annotations

RINGING, DIALING, BRIDGED = "ringing-user-devices", "dialing-destination", "bridged"
INBOUND, WRAPUP, LAPSED = "ringing-inbound", "wrapup", "idle"
NEW, GONE, RUNG = "new", "gone", "rung"

NEXT: dict[str, frozenset[str]] = {
    NEW: frozenset({RINGING, DIALING, BRIDGED, INBOUND, WRAPUP}),
    RINGING: frozenset({DIALING, BRIDGED, WRAPUP, LAPSED, GONE}),
    LAPSED: frozenset({DIALING, BRIDGED, WRAPUP, GONE}),
    DIALING: frozenset({BRIDGED, WRAPUP, GONE}),  # gone: according to the CDR, never picked up
    INBOUND: frozenset({BRIDGED, WRAPUP, GONE}),
    BRIDGED: frozenset({WRAPUP}),
    WRAPUP: frozenset({GONE}),
    RUNG: frozenset({BRIDGED, WRAPUP}),
    GONE: frozenset(),
}

FOREGROUND = (BRIDGED, DIALING, RINGING, INBOUND, WRAPUP)


def is_legal(before: str, after: str, *, wrapup: bool, whole: bool) -> bool:
    """Whether a call may go from one phase to the next.

    If not every version was seen (`whole` is False), steps may be missing. Without a wrap-up, a
    call is gone as soon as it is over.
    """
    if before == after:
        return True
    if after == GONE and not wrapup and before != NEW:
        return True
    return after in (NEXT[before] if whole else _beyond(before))


def _beyond(phase: str) -> set[str]:
    reached: set[str] = set()
    todo = [phase]
    while todo:
        new = NEXT[todo.pop()] - reached
        reached |= new
        todo.extend(new)
    return reached


def foreground(calls: dict[str, str]) -> str:
    """The phase that an agent with these calls must show."""
    phases = set(calls.values())
    return next((phase for phase in FOREGROUND if phase in phases), LAPSED)
