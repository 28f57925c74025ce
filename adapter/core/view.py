"""What a page shows, as a function of the agent's value and its logs. Pure.

The view is whole each time; a page drops what is older than what it has. Nothing travels only
here: whatever the view says can be made again from the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.core.calllog import may_be_offered
from adapter.core.dialing import may_dial
from adapter.core.ending import is_logged
from adapter.core.logmodel import (
    Attempting,
    CallLog,
    Closed,
    Pending,
    SaveError,
    Settled,
    Tray,
    TrayReason,
)
from adapter.core.model import (
    Acceptance,
    Agent,
    Call,
    Draft,
    Ending,
    Lapsed,
    Placing,
    Recent,
    Record,
    Wrapup,
)
from adapter.core.phone import display
from adapter.core.policy import Policy

View = dict[str, Any]


def view(agent: Agent, logs: Iterable[CallLog], policy: Policy, can: dict[str, bool]) -> View:
    """Everything but `epoch`, `version` and `now`, which the sender knows."""
    policy = policy.of(agent.centre)
    by_id = {log.log_id: log for log in logs}
    region = policy.dial.default_region
    live = [c for c in agent.calls if not isinstance(c.stage, Lapsed | Ending | Wrapup)]
    over = [c for c in agent.calls if isinstance(c.stage, Ending | Wrapup)]
    return {
        "type": "view",
        "state": agent.phase.value,
        "click_to_dial": may_dial(agent, policy),
        "agent": _agent(agent),
        "calls": [_card(call, region) for call in live],
        "wrapups": [_wrapup(call, by_id.get(call.call_id), policy) for call in over],
        "tray": [_tray(log, policy) for log in by_id.values() if isinstance(log.state, Tray)],
        "answers": [
            {"request_id": a.request_id, "code": a.code, "text": a.text, "at": a.at}
            for a in agent.answers
        ],
        "notices": [
            {"id": n.id, "code": n.code, "text": n.text, "at": n.at} for n in agent.notices
        ],
        "recent": [_recent(r, region) for r in agent.recent],
        "can": can,
        "settings": {
            "wrap_up_seconds": policy.wrapup_ms // 1000,
            "dial_while_wrapup": policy.dial_while_wrapup,
            "dispositions": [{"value": text, "label": text} for text in _choices(agent, policy)],
        },
    }


def _choices(agent: Agent, policy: Policy) -> tuple[str, ...]:
    return agent.centre.dispositions or tuple(text for _, text in policy.dispositions)


def _agent(agent: Agent) -> View:
    shown = {
        "org_id": agent.key.org_id,
        "user_id": agent.key.user_id,
        "name": agent.name,
        "configured": agent.line is not None,
    }
    return shown if agent.line else {**shown, "reason": "not-configured"}


def _card(call: Call, region: str) -> View:
    stage, connected = call.stage, call.facts.connected
    unconfirmed = isinstance(stage, Placing) and stage.acceptance is Acceptance.UNCONFIRMED
    return {
        "call_id": call.call_id,
        "state": call.phase.value,
        "direction": call.direction.value,
        "number": call.number,
        "display": display(call.number, region),
        "name": call.facts.name.value if call.facts.name else "",
        "record": _record(call.record),
        "matches": [_record(record) for record in call.matches],
        "started_at": call.opened_at,
        "since": call.stage.since,
        "connected_at": connected.value if connected else None,
        "unconfirmed": unconfirmed,
        "deadline": stage.due if isinstance(stage, Placing) else None,
        "draft": _draft(call.draft),
    }


def _wrapup(call: Call, log: CallLog | None, policy: Policy) -> View:
    return {
        "call_id": call.call_id,
        "direction": call.direction.value,
        "number": call.number,
        "display": display(call.number, policy.dial.default_region),
        "name": call.facts.name.value if call.facts.name else "",
        "record": _record(call.record),
        "matches": [_record(record) for record in call.matches],
        "outcome": policy.disposition(call.facts.result),
        "talk_seconds": _seconds(call.facts.talk_ms),
        "started_at": call.opened_at,
        "ended_at": call.stage.since,
        "deadline": call.stage.due if isinstance(call.stage, Wrapup) else None,
        "draft": _draft(call.draft),
        "log": _log_state(call, log, policy),
    }


def _log_state(call: Call, log: CallLog | None, policy: Policy) -> View:
    """Where the log stands, in the words of the page; a settled one is not loaded any more."""
    if log is None:
        if not is_logged(call, policy):
            return {"state": "none"}
        return {"state": "waiting" if isinstance(call.stage, Ending) else "saved"}
    task = {"task_id": log.saved.task_id} if log.saved else {}
    match log.state:
        case Tray(TrayReason.REFUSED):
            state = "refused"
        case Tray():
            state = "unconfirmed"
        case Settled() | Closed():
            state = "saved"
        case Attempting():
            state = "saving"
        case Pending():
            state = "saved" if log.saved else "waiting"
        case _:
            # Nobody knows: an update is said again, a create is looked for in Salesforce.
            state = "saving" if log.saved else "unconfirmed"
    return {"state": state, **task}


def _tray(log: CallLog, policy: Policy) -> View:
    wanted, tray = log.wanted, log.state
    reason, errors = (tray.reason, tray.errors) if isinstance(tray, Tray) else ("", ())
    tasks = [log.saved.task_id] if log.saved else []
    again = ["save_again"] if reason != TrayReason.DOUBLED else []
    edit = ["edit"] if reason == TrayReason.REFUSED else []
    return {
        "log_id": log.log_id,
        "call_id": log.log_id,
        "number": wanted.number,
        "display": display(wanted.number, policy.dial.default_region),
        "direction": wanted.direction.value,
        "record": _record(log.record),
        "started_at": wanted.started_at,
        "talk_seconds": _seconds(wanted.talk_ms),
        "outcome": policy.disposition(wanted.outcome),
        "reason": str(reason),
        "errors": [_error(error) for error in errors],
        "task_ids": [*tasks, *log.doubles],
        "actions": [*again, *edit, "already_there", "dismiss"],
        "draft": _draft(log.draft),
    }


def _error(error: SaveError) -> View:
    return {"code": error.code, "message": error.message, "field": error.field}


def _recent(recent: Recent, region: str) -> View:
    return {
        "call_id": recent.call_id,
        "direction": recent.direction.value,
        "number": recent.number,
        "display": display(recent.number, region),
        "name": recent.name,
        "record": _record(recent.record),
        "started_at": recent.started_at,
        "talk_seconds": _seconds(recent.talk_ms),
        "outcome": recent.outcome,
    }


def _record(record: Record | None) -> View | None:
    if record is None:
        return None
    shown: View = {"id": record.id, "name": record.name, "object_type": record.object_type}
    person = {"contact_id": record.contact_id, "person_account": record.person_account}
    return {**shown, **{name: value for name, value in person.items() if value}}


def _draft(draft: Draft) -> View:
    fields: View = {
        "subject": draft.subject,
        "notes": draft.notes,
        "disposition": draft.disposition,
        "follow_up": draft.follow_up,
        "who": _record(draft.who),
        "what": _record(draft.what),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _seconds(ms: int | None) -> int | None:
    return None if ms is None else (ms + 500) // 1000


def offerable(logs: Iterable[CallLog], at: int) -> list[CallLog]:
    """The logs that a page may have now, oldest first."""
    ready = [log for log in logs if may_be_offered(log, at)]
    return sorted(ready, key=lambda log: log.opened_at)
