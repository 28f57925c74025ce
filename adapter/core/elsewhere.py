"""Another user's part in a call: not this agent's talk, and no missed call if it only rang here.

Law of this file: on the backend's route Salesforce already has a record of the call; that record
is completed, and says if a colleague answered. On the other routes there is nothing to log.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision
from adapter.core.events import AnsweredElsewhere, CdrFound, Report
from adapter.core.facts import CDR, OBSERVED, OUTBOUND, Facts, Known
from adapter.core.logs.events import FactsLearned
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, AwaitingCdr, Bridged, Call, RingingInbound
from adapter.core.opening import log_of_attempt
from adapter.core.ownleg import SAME_TIME_MS
from adapter.core.policy import Policy

LATE_NEWS_MS = 10_000
"""Two times this close may mean the same moment, if one of them is only when we heard of it."""


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


def taken_over(call: Call | None, event: AnsweredElsewhere) -> Known[int] | None:
    """When another user's talk began, if this agent's own clearly began before it."""
    mine = call.facts.connected if call is not None else None
    if mine is None:
        return None
    theirs = event.facts.connected or Known(event.at, OBSERVED)
    doubt_ms = SAME_TIME_MS if theirs.source > OBSERVED else LATE_NEWS_MS
    return theirs if theirs.value - mine.value > doubt_ms else None


def for_this_agent(call: Call, event: Report) -> Report:
    """What the event means for this agent: another user's talk is not the beginning of this one's.

    It may be the end of this agent's talk: when the other's began clearly later, or some time
    before that. An event that names nobody, but a talk that began clearly later, may be about
    another user's: then the CDR says whose it was.
    """
    theirs, mine = event.facts.connected, call.facts.connected
    if mine is None:
        return _with_unsure_end(event) if event.elsewhere and theirs is None else event
    if not (event.elsewhere or _may_be_anothers(event, theirs, mine)):
        return event
    if theirs is None or not event.elsewhere:
        return _with_unsure_end(event)
    is_later = theirs.source > OBSERVED and theirs.value - mine.value > SAME_TIME_MS
    if not (is_later or isinstance(event, CdrFound)):
        return event
    transferred = theirs if is_later else event.facts.transferred
    return replace(event, facts=replace(event.facts, connected=None, transferred=transferred))


def _with_unsure_end(event: Report) -> Report:
    """Without a talk, and with an end that may be only the other user's."""
    ended = event.facts.ended
    unsure = ended and ended.source is not CDR and Known(ended.value, OBSERVED)
    return replace(event, facts=replace(event.facts, connected=None, ended=unsure or ended))


def _may_be_anothers(event: Report, theirs: Known[int] | None, mine: Known[int]) -> bool:
    if not event.unnamed or theirs is None or min(theirs.source, mine.source) is OBSERVED:
        return False
    return theirs.source is not CDR and theirs.value - mine.value > SAME_TIME_MS


def had_part(call: Call | None) -> bool:
    """Whether the agent placed this call or talked in it; otherwise it only rang here."""
    if call is None:
        return False
    placed = call.request_id != "" or call.direction is OUTBOUND
    return placed or (call.facts.connected is not None and not call.unnamed)
