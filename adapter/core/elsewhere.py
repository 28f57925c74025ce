"""A call that rang here and went on to somebody else: nobody's missed call, and no talk of ours.

Law of this file: where Salesforce has a record of it (the backend's route), that is closed, and
says so if a colleague took the call; by the other routes there is nothing to log.
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
    """A colleague has taken it, of whose talk `event` tells.

    A talk that names nobody seemed to be this agent's while it went on; a call that had hunted on
    from here has left, and only its record may still learn whose it became.
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
    """The log of a call that rings on or is taken elsewhere, and may come back, if it has one."""
    opened = log_of_attempt(agent, call, at, policy)
    return tuple(replace(log, passed_on=True) for log in opened)
