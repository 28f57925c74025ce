"""How the log of a finished call is opened, and which calls have one.

Law of this file: on the backend's route Salesforce creates a record of every attempt, so each
attempt has a log that completes it. On the other routes only calls that rang somebody have one.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.facts import INBOUND, OBSERVED, Facts, Known, Outcome
from adapter.core.logs import gate, writing
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, Call
from adapter.core.policy import Policy


def new_log(agent: Agent, call: Call, at: int, policy: Policy) -> CallLog:
    """The log of a call that has just ended, held back during the wrap-up."""
    held = at + policy.wrapup_ms if policy.wrapup_ms > 0 else 0
    return _log(agent, call, at, held, policy)


def log_of_attempt(
    agent: Agent, call: Call, at: int, policy: Policy, outcome: Outcome | None = None
) -> tuple[CallLog, ...]:
    """The log of an attempt that reached nobody, if its route needs one."""
    if agent.route.by_page:
        return ()
    over = Facts(ended=Known(at, OBSERVED), outcome=Known(outcome, OBSERVED) if outcome else None)
    return (_log(agent, replace(call, facts=call.facts.join(over)), at, 0, policy),)


def _log(agent: Agent, call: Call, at: int, held: int, policy: Policy) -> CallLog:
    by_page = agent.route.by_page
    # A create without an answer may still be carried out, and must not find a record by then.
    in_doubt = not by_page and call.direction is INBOUND and not call.host_record
    not_before = at + policy.save.write_ms if in_doubt else 0
    return CallLog(
        log_id=call.call_id,
        agent=agent.key,
        opened_at=call.opened_at,
        number=call.number if call.request_id else "",
        facts=call.facts,
        record=call.record,
        time_zone=call.time_zone or agent.time_zone,
        state=gate.newly_opened(at, held, policy.save)
        if by_page
        else writing.newly_opened(at, max(held, not_before)),
        provider_call_id=call.provider_call_id or "",
        draft=call.draft,
        held_until=held,
        work_id=call.work_id,
        route=agent.route,
        not_before=not_before,
        details=replace(call.details, templates=agent.call_center.record_fields),
    )
