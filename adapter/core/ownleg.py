"""Whether a call is but the agent's own leg of one that we placed, told under another id. Pure.

Law of this file: a leg is known by its number and its time. What tells only one of them may be a
stranger's who withholds theirs, so the call log is asked; whatever it lists without that number is
a call, and what it never heard of is none.
"""

from __future__ import annotations

from adapter.core.facts import Facts
from adapter.core.model import OVER, Agent, AwaitingCdr, Call
from adapter.core.phone import same_number

SAME_TIME_MS = 3_000
"""Two times of the provider's that lie so close may be of the same moment."""


def is_own_leg(agent: Agent, facts: Facts, at: int) -> bool | None:
    """Whether what has ended at `at` is such a leg; None where not enough is told of it.

    It began while a call of ours was there: who calls back afterwards, in vain, has begun later.
    """
    if facts.connected is not None:
        return False
    number = facts.number.value if facts.number else ""
    began = facts.started.value if facts.started else None
    if not any(_fits(call, number, began, at) for call in agent.calls if call.request_id):
        return False
    return True if number and began is not None else None


def _fits(call: Call, number: str, began: int | None, at: int) -> bool:
    if number and not (same_number(call.number, number) or same_number(call.dialed, number)):
        return False
    over = call.stage.since if isinstance(call.stage, OVER) else at
    return began is None or call.opened_at - SAME_TIME_MS <= began <= over + SAME_TIME_MS


def may_be_own_leg(agent: Agent, call: Call) -> bool | None:
    """The same of a call of which nothing but its end was told; the call log was asked."""
    ending = call.stage
    if not isinstance(ending, AwaitingCdr) or call.request_id or call.opened_at != ending.since:
        return False
    return is_own_leg(agent, call.facts, ending.since)
