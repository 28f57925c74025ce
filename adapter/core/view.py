"""What a page shows, as a function of the agent's value and its logs. Pure.

The view is whole each time; a page drops what is older than what it has. Nothing travels only
here: whatever the view says can be made again from the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from adapter.core.availability import Applied, Availability, Status
from adapter.core.callcenter import CallCenterSettings
from adapter.core.dialing import may_dial
from adapter.core.draft import NO_DRAFT, Draft, Record
from adapter.core.ending import is_logged
from adapter.core.facts import INBOUND
from adapter.core.favorite import Favorite
from adapter.core.incall import NOTHING_IN_CALL, InCall
from adapter.core.logmodel import (
    Attempting,
    CallLog,
    Closed,
    Pending,
    SaveError,
    Settled,
    Tray,
    TrayReason,
    Writing,
)
from adapter.core.model import (
    OVER,
    Acceptance,
    Agent,
    AgentNoAnswer,
    Answer,
    AwaitingCdr,
    Call,
    Notice,
    Placing,
    Wrapup,
)
from adapter.core.phone import display, with_extension
from adapter.core.policy import Policy, outcome_code
from adapter.core.tones import tone_of

View = dict[str, Any]


def view(agent: Agent, logs: Sequence[CallLog], policy: Policy, can: dict[str, bool]) -> View:
    """Everything but `epoch`, `version` and `now`, which the sender knows.

    To be read only: some parts are the same in many views.
    """
    policy = policy.of(agent.call_center)
    region = policy.dial.default_region
    cards, over = [], []
    for call in agent.calls:
        if isinstance(call.stage, OVER):
            over.append(call)
        elif not isinstance(call.stage, AgentNoAnswer):
            cards.append(_card(call, region))
    return {
        "type": "view",
        "state": str(agent.phase),
        "click_to_dial": may_dial(agent, policy),
        "agent": _agent(agent),
        "calls": cards,
        "wrapups": _wrapups(agent, over, logs, policy) if over else [],
        "tray": [_tray(log, policy) for log in logs if isinstance(log.state, Tray)],
        "answers": [{"request_id": one.request_id, **_note(one)} for one in agent.answers],
        "notices": [{"id": one.id, **_note(one)} for one in agent.notices],
        **_favorites(agent.favorites, region),
        "can": can,
        "settings": _settings(policy, agent.call_center, agent.ring_profiles),
    }


def _note(one: Answer | Notice) -> View:
    return {"code": one.code, "text": one.text, "at": one.at, "tone": tone_of(one.code)}


def _favorites(favorites: tuple[Favorite, ...], region: str) -> View:
    if not favorites:
        return {}
    return {
        "favorites": [
            {
                "number": one.number,
                "display": display(one.number, region),
                "name": one.name,
                "record": {"id": one.record_id, "name": one.name, "object_type": one.record_type}
                if one.record_id
                else None,
            }
            for one in favorites
        ]
    }


@lru_cache(maxsize=128)  # a page may tell of 160 KB
def _settings(
    policy: Policy, call_center: CallCenterSettings, ring_profiles: tuple[str, ...]
) -> View:
    """The same for all agents of a call center with the same phones."""
    region = policy.dial.default_region
    return {
        "wrap_up_seconds": policy.wrapup_ms // 1000,
        "dial_while_wrapup": policy.dial_while_wrapup,
        "dispositions": [_choice(text) for text in call_center.dispositions or policy.choices],
        "away_reasons": list(policy.away_reasons),
        "note_templates": list(policy.note_templates),
        "caller_ids": [
            {"number": one, "display": display(one, region)} for one in policy.caller_ids
        ],
        "ring_profiles": list(ring_profiles),
        "ask_fields": [
            {
                "name": field.name,
                "label": field.label,
                "choices": list(field.choices),
                "required": field.required,
            }
            for field in call_center.ask_fields
        ],
    }


def _choice(words: str) -> View:
    code = outcome_code(words)
    return {"value": words, "label": words, **({"code": code} if code else {})}


def _outcome(words: str) -> View:
    code = outcome_code(words)
    return {"outcome": words, **({"outcome_code": code} if code else {})}


def _agent(agent: Agent) -> View:
    shown = {
        "org_id": agent.key.org_id,
        "user_id": agent.key.user_id,
        "name": agent.name,
        "configured": agent.line is not None,
        **_availability(agent.availability),
        **({"surface": agent.surface} if agent.surface else {}),
    }
    return shown if agent.line else {**shown, "reason": "not-configured"}


def _availability(chosen: Availability) -> View:
    """Nothing of who is simply available, as nearly all are nearly always."""
    if chosen.status is Status.AVAILABLE and chosen.applied is Applied.NOTHING:
        return {}
    told = {"status": chosen.status.value, "reason": chosen.reason, "since": chosen.since}
    return {"availability": {**told, "applied": chosen.applied.value}}


def _card(call: Call, region: str) -> View:
    stage, connected = call.stage, call.facts.connected
    placing = stage if isinstance(stage, Placing) else None
    return {
        "call_id": call.call_id,
        "state": str(call.phase),
        "direction": str(call.direction),
        "number": call.number,
        "display": with_extension(display(call.number, region), call.details.extension),
        "name": call.facts.name.value if call.facts.name else "",
        "record": _record(call.record),
        "matches": [_record(record) for record in call.matches],
        **_called(call, region),
        "started_at": call.opened_at,
        "since": stage.since,
        "connected_at": connected.value if connected else None,
        "unconfirmed": placing is not None and placing.acceptance is Acceptance.UNCONFIRMED,
        "deadline": placing.due if placing is not None else None,
        "draft": _draft(call.draft),
        **({"host_record": call.host_record} if call.host_record else {}),
        **_in_call(call.in_call, region),
    }


def _in_call(inside: InCall, region: str) -> View:
    """What goes on in a connected call; of what is not, nothing is said."""
    if inside is NOTHING_IN_CALL:
        return {}
    third = inside.third
    recording = "paused" if inside.paused else "on" if inside.recording else ""
    shown: View = {
        "held": inside.held,
        "muted": inside.muted,
        "recording": recording,
        "third": third
        and {
            "number": third.number,
            "display": display(third.number, region),
            "state": str(third.state),
            "since": third.since,
        },
    }
    return {name: value for name, value in shown.items() if value}


def _called(call: Call, region: str) -> View:
    """The number that was called (ours, if it came in), and what the click brought along."""
    own = call.facts.own_number.value if call.facts.own_number else ""
    came_in = call.direction is INBOUND
    return {
        "called_number": own if came_in else call.number,
        "called_display": display(own, region) if came_in else "",
        "params": call.details.params,
    }


def _wrapups(
    agent: Agent, over: Sequence[Call], logs: Sequence[CallLog], policy: Policy
) -> list[View]:
    by_id = {log.log_id: log for log in logs}
    runs = not any(call.is_under_way for call in agent.calls)
    return [_wrapup(call, by_id.get(call.call_id), policy, runs=runs) for call in over]


def _wrapup(call: Call, log: CallLog | None, policy: Policy, *, runs: bool) -> View:
    """`runs`: its time does; during another call it has not begun."""
    return {
        "call_id": call.call_id,
        "direction": str(call.direction),
        "number": call.number,
        "display": with_extension(
            display(call.number, policy.dial.default_region), call.details.extension
        ),
        "name": call.facts.name.value if call.facts.name else "",
        **_called(call, policy.dial.default_region),
        "record": _record(call.record),
        "matches": [_record(record) for record in call.matches],
        **_outcome(policy.disposition(call.facts.result)),
        "talk_seconds": _seconds(call.facts.talk_ms),
        "started_at": call.opened_at,
        "ended_at": call.stage.since,
        "deadline": call.stage.due if runs and isinstance(call.stage, Wrapup) else None,
        "draft": _draft(call.draft),
        "log": _log_state(call, log, policy),
    }


def _log_state(call: Call, log: CallLog | None, policy: Policy) -> View:
    """Where the log stands, in the words of the page; a settled one is not loaded any more."""
    if log is None:
        if not is_logged(call, policy):
            return {"state": "none"}
        return {"state": "waiting" if isinstance(call.stage, AwaitingCdr) else "saved"}
    record = {"record_id": log.saved.record_id} if log.saved else {}
    match log.state:
        case Tray(TrayReason.REFUSED | TrayReason.LOCKED):
            state = "refused"
        case Tray():
            state = "unconfirmed"
        case Settled() | Closed():
            state = "saved"
        case Attempting() | Writing():
            state = "saving"
        case Pending():
            state = "saved" if log.saved else "waiting"
        case _:
            # Nobody knows: an update is said again, a create is looked for in Salesforce.
            state = "saving" if log.saved else "unconfirmed"
    return {"state": state, **record}


_THEN: dict[str, list[str]] = {TrayReason.REFUSED: ["edit"], TrayReason.LOCKED: []}
"""What an agent may do beside saving again and dismissing."""


def _tray(log: CallLog, policy: Policy) -> View:
    wanted, tray = log.wanted, log.state
    reason, errors = (tray.reason, tray.errors) if isinstance(tray, Tray) else ("", ())
    records = [log.saved.record_id] if log.saved else []
    again = ["save_again"] if reason != TrayReason.DOUBLED else []
    # What Salesforce has refused cannot be there; what it may have can be.
    then = _THEN.get(reason, ["already_there"])
    return {
        "log_id": log.log_id,
        "call_id": log.log_id,
        "number": wanted.number,
        "display": display(wanted.number, policy.dial.default_region),
        "direction": str(wanted.direction),
        "record": _record(log.record),
        "started_at": wanted.started_at,
        "talk_seconds": _seconds(wanted.talk_ms),
        **_outcome(policy.disposition(wanted.outcome)),
        "reason": str(reason),
        "errors": [_error(error) for error in errors],
        "record_ids": [*records, *log.doubles],
        "actions": [*again, *then, "dismiss"],
        "draft": _draft(log.draft),
    }


def _error(error: SaveError) -> View:
    return {"code": error.code, "message": error.message, "field": error.field}


def _record(record: Record | None) -> View | None:
    if record is None:
        return None
    shown: View = {"id": record.id, "name": record.name, "object_type": record.object_type}
    person = {"contact_id": record.contact_id, "person_account": record.person_account}
    return {**shown, **{name: value for name, value in person.items() if value}}


def _draft(draft: Draft) -> View:
    if draft is NO_DRAFT:
        return {}
    fields: View = {
        "subject": draft.subject,
        "notes": draft.notes,
        "disposition": draft.disposition,
        "follow_up": draft.follow_up,
        "who": _record(draft.who),
        "what": _record(draft.what),
        "fields": dict(draft.fields) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _seconds(ms: int | None) -> int | None:
    return None if ms is None else (ms + 500) // 1000
