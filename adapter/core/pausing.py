"""Availability: an agent is away or undisturbed. Pages show it, and the phone system applies it.

Law of this file: only one request is under way, so that none overtakes another. A later choice is
requested once the answer has come, or its deadline has passed. What a request may have changed at
the phone system is remembered until another one has certainly undone it.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.availability import (
    Applied,
    Availability,
    AvailabilityAnswered,
    AvailabilityChosen,
    Status,
)
from adapter.core.decision import Decision, ignored
from adapter.core.effects import SetAvailability
from adapter.core.model import Agent
from adapter.core.policy import Policy

AGAIN = (Applied.REFUSED, Applied.UNKNOWN)
"""After these, choosing the same state again is another attempt."""


def availability_chosen(agent: Agent, event: AvailabilityChosen, policy: Policy) -> Decision:
    """Shown from now on, and requested from the phone system if it supports the state."""
    now = agent.availability
    is_reason = event.status is Status.AWAY and event.reason in policy.away_reasons
    reason = event.reason if is_reason else ""
    if (event.status, reason) == (now.status, now.reason) and now.applied not in AGAIN:
        return ignored(agent, "as before")
    wish = replace(now, status=event.status, reason=reason, since=event.at)
    if wish.asked_at:
        again = replace(wish, applied=Applied.ASKED, again=True)
        return Decision(replace(agent, availability=again))
    return _asked(agent, wish, event.at, policy)


def availability_answered(agent: Agent, event: AvailabilityAnswered, policy: Policy) -> Decision:
    """The outcome of the request; an answer to a request that was given up is ignored."""
    now = agent.availability
    if not now.asked_at or event.asked_at != now.asked_at:
        return ignored(agent, "not asked")
    known = replace(now, asked_at=0, due=0, again=False, applied=event.applied)
    if event.applied is Applied.DONE and event.held is Status.AVAILABLE:
        known = replace(known, held=(), applied=_without_request(now))
    elif event.applied in (Applied.DONE, Applied.SHOWN):
        known = replace(known, held=(event.held,) if event.applied is Applied.DONE else ())
    if now.again:
        return _asked(agent, known, event.at, policy)
    return Decision(replace(agent, availability=known))


def availability_due(agent: Agent, at: int, policy: Policy) -> Decision:
    """No answer in time: the outcome is unknown."""
    now = agent.availability
    if not now.asked_at or now.due > at:
        return Decision(agent)
    unknown = AvailabilityAnswered(at, now.asked_at, now.status, Applied.UNKNOWN)
    return availability_answered(agent, unknown, policy)


def _asked(agent: Agent, wish: Availability, at: int, policy: Policy) -> Decision:
    """The request that this choice needs, if any: undo the states that are set, then set this."""
    wanted = wish.status if wish.status in policy.pauses else Status.AVAILABLE
    undo = tuple(status for status in wish.held if status is not wanted)
    if agent.line is None or not (undo or wanted is not Status.AVAILABLE):
        return Decision(replace(agent, availability=replace(wish, applied=_without_request(wish))))
    held = wish.held if wanted is Status.AVAILABLE or wanted in wish.held else (*wish.held, wanted)
    due = at + policy.outcome_ms
    asked = replace(wish, applied=Applied.ASKED, asked_at=at, due=due, held=held)
    effect = SetAvailability(agent.line, at, wanted, wish.reason, undo)
    return Decision(replace(agent, availability=asked), effects=(effect,))


def _without_request(wish: Availability) -> Applied:
    """The state of a choice that needs no request."""
    return Applied.NOTHING if wish.status is Status.AVAILABLE else Applied.SHOWN
