"""A call that rang here and went on to another user: not a missed call, and not this agent's talk.

Law of this file: on the backend's route Salesforce already has a record of the call; that record
is completed, and says if a colleague answered. On the other routes there is nothing to log.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision
from adapter.core.events import Report
from adapter.core.facts import OBSERVED, Facts, Known
from adapter.core.logevents import FactsLearned
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, AwaitingCdr, Bridged, Call, RingingInbound
from adapter.core.opening import log_of_attempt
from adapter.core.policy import Policy


def taken_elsewhere(agent: Agent, call: Call | None, event: Report, policy: Policy) -> Decision:
    """A colleague has answered the call; `event` is about that colleague's talk.

    A talk whose events name no user looked like this agent's until now. A call that had already
    moved on has left the agent; only its record can still learn who answered.
    """
    taken = Facts(taken=event.facts.connected or Known(event.at, OBSERVED))
    if call is not None and isinstance(call.stage, RingingInbound | Bridged | AwaitingCdr):
        known = replace(call, facts=replace(call.facts, connected=None).join(taken))
        gone = agent.without_call(call.call_id)
        return Decision(gone, log_passed_on(agent, known, event.at, policy))
    learns = call is None and event.known and not agent.route.by_page
    learned = ((event.call_id, FactsLearned(event.at, taken)),) if learns else ()
    return Decision(agent, log_events=learned, ignored="answered elsewhere")


def log_passed_on(agent: Agent, call: Call, at: int, policy: Policy) -> tuple[CallLog, ...]:
    """The log, if any, of a call that rings or is answered elsewhere and may come back."""
    opened = log_of_attempt(agent, call, at, policy)
    return tuple(replace(log, passed_on=True) for log in opened)
