"""What a page shows, as a function of the agent's value and its logs. Pure.

Each view is complete; a page drops a view that is older than the one it has. A view contains
nothing that cannot be derived from the store again.
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
from adapter.core.facts import INBOUND, OBSERVED
from adapter.core.favorite import Favorite
from adapter.core.incall import NOTHING_IN_CALL, InCall
from adapter.core.logs.model import (
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
    Bridged,
    Call,
    Notice,
    Placing,
    Wrapup,
)
from adapter.core.numbers.phone import country_code, display, with_extension
from adapter.core.policy import Policy, outcome_code
from adapter.core.tones import tone_of

View = dict[str, Any]


def view(agent: Agent, logs: Sequence[CallLog], policy: Policy, can: dict[str, bool]) -> View:
    """The view without `epoch`, `version` and `now`, which the sender adds.

    Do not change it: views share parts.
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
        "answers": [{"request_id": note.request_id, **_note(note)} for note in agent.answers],
        "notices": [{"id": note.id, **_note(note)} for note in agent.notices],
        **_favorites(agent.favorites, region),
        "can": can,
        "settings": _settings(policy, agent.call_center, agent.ring_profiles),
    }


def _note(note: Answer | Notice) -> View:
    return {"code": note.code, "text": note.text, "at": note.at, "tone": tone_of(note.code)}


def _favorites(favorites: tuple[Favorite, ...], region: str) -> View:
    if not favorites:
        return {}
    return {
        "favorites": [
            {
                "number": entry.number,
                "display": display(entry.number, region),
                "name": entry.name,
                "record": _record(Record(entry.record_id, entry.name, entry.record_type))
                if entry.record_id
                else None,
            }
            for entry in favorites
        ]
    }


@lru_cache(maxsize=128)  # one page's settings may take 160 KB
def _settings(
    policy: Policy, call_center: CallCenterSettings, ring_profiles: tuple[str, ...]
) -> View:
    """The settings are the same for all agents of a call center with the same phones."""
    region = policy.dial.default_region
    return {
        "country_code": country_code(policy.of(call_center).dial.default_region),
        "wrap_up_seconds": policy.wrapup_ms // 1000,
        "dial_while_wrapup": policy.dial_while_wrapup,
        "dispositions": [_choice(text) for text in call_center.dispositions or policy.choices],
        "away_reasons": list(policy.away_reasons),
        "note_templates": list(policy.note_templates),
        "caller_ids": [
            {"number": number, "display": display(number, region)} for number in policy.caller_ids
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
    """Omitted for an agent who is simply available, as nearly all are most of the time."""
    if chosen.status is Status.AVAILABLE and chosen.applied is Applied.NOTHING:
        return {}
    shown = {"status": chosen.status.value, "reason": chosen.reason, "since": chosen.since}
    return {"availability": {**shown, "applied": chosen.applied.value}}


def _card(call: Call, region: str) -> View:
    stage = call.stage
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
        "connected_at": _connected_at(call),
        "unconfirmed": placing is not None and placing.acceptance is Acceptance.UNCONFIRMED,
        "deadline": placing.due if placing is not None else None,
        "draft": _draft(call.draft),
        **({"host_record": call.host_record} if call.host_record else {}),
        **_in_call(call.in_call, region),
    }


def _connected_at(call: Call) -> int | None:
    """When the talk began; if the provider states no time, when we were told, by our clock."""
    connected = call.facts.connected
    if connected is None:
        return None
    is_observed = connected.source is OBSERVED and isinstance(call.stage, Bridged)
    return call.stage.since if is_observed else connected.value


def _in_call(in_call: InCall, region: str) -> View:
    """The state within a connected call, without what is off or absent."""
    if in_call is NOTHING_IN_CALL:
        return {}
    third = in_call.third
    recording = "paused" if in_call.paused else "on" if in_call.recording else ""
    shown: View = {
        "held": in_call.held,
        "muted": in_call.muted,
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
    """The number that was called (our own on an inbound call), and the click's parameters."""
    own = call.facts.own_number.value if call.facts.own_number else ""
    is_inbound = call.direction is INBOUND
    return {
        "called_number": own if is_inbound else call.number,
        "called_display": display(own, region) if is_inbound else "",
        "params": call.details.params,
    }


def _wrapups(
    agent: Agent, over: Sequence[Call], logs: Sequence[CallLog], policy: Policy
) -> list[View]:
    by_id = {log.log_id: log for log in logs}
    runs = not any(call.is_under_way for call in agent.calls)
    return [_wrapup(call, by_id.get(call.call_id), policy, runs=runs) for call in over]


def _wrapup(call: Call, log: CallLog | None, policy: Policy, *, runs: bool) -> View:
    """`runs`: its time is running; during another call it has not begun."""
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
    """The log's state in the page's words; a log that is not loaded is settled."""
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
            # The outcome is unknown: an update is repeated, a create is looked up in Salesforce.
            state = "saving" if log.saved else "unconfirmed"
    return {"state": state, **record}


_FURTHER_ACTIONS: dict[str, list[str]] = {TrayReason.REFUSED: ["edit"], TrayReason.LOCKED: []}
"""What an agent can do besides saving again and dismissing."""


def _tray(log: CallLog, policy: Policy) -> View:
    wanted, tray = log.wanted, log.state
    reason, errors = (tray.reason, tray.errors) if isinstance(tray, Tray) else ("", ())
    records = [log.saved.record_id] if log.saved else []
    again = ["save_again"] if reason != TrayReason.DOUBLED else []
    # A refused record cannot exist; one with an unknown outcome may.
    further = _FURTHER_ACTIONS.get(reason, ["already_there"])
    return {
        "log_id": log.log_id,
        "call_id": log.log_id,
        "number": wanted.number,
        "display": with_extension(
            display(wanted.number, policy.dial.default_region), log.details.extension
        ),
        "name": log.facts.name.value if log.facts.name else "",
        "direction": str(wanted.direction),
        "record": _record(log.record),
        "started_at": wanted.started_at,
        "talk_seconds": _seconds(wanted.talk_ms),
        **_outcome(policy.disposition(wanted.outcome)),
        "reason": str(reason),
        "errors": [_error(error) for error in errors],
        "record_ids": [*records, *log.doubles],
        "actions": [*again, *further, "dismiss"],
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
