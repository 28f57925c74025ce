"""Whether a call is only the agent's own leg of a placed call, reported under another ID. Pure.

Law of this file: a leg is recognized by its number and its time. With only one of them it may be a
caller who withholds the number, so the CDR is looked up: if there is one with another number, this
is a call; if there is none, it is not.
"""

from __future__ import annotations

from adapter.core.facts import Facts
from adapter.core.model import OVER, Agent, AwaitingCdr, Call
from adapter.core.numbers.phone import same_number

SAME_TIME_MS = 3_000
"""Two of the provider's times that are this close may mean the same moment."""


def is_own_leg(agent: Agent, facts: Facts, at: int) -> bool | None:
    """Whether the call that ended at `at` is such a leg; None if too little is known about it.

    A leg begins while our call exists; somebody who calls back unanswered begins later.
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
    """The same for a call of which only the end was reported; its CDR has been looked up."""
    ending = call.stage
    if not isinstance(ending, AwaitingCdr) or call.request_id or call.opened_at != ending.since:
        return False
    return is_own_leg(agent, call.facts, ending.since)
