"""Between the page protocol and the core: messages to events, logs to exact Open CTI calls. Pure.

This is the only room that knows Salesforce's Open CTI; Service Cloud Voice would be a sibling.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, assert_never

import orjson
from msgspec.structs import replace

from adapter.core.callcenter import CallCenterSettings
from adapter.core.effects import PopScreen
from adapter.core.events import (
    CallCenterRead,
    ControlRequested,
    DialRequested,
    Event,
    MatchesFound,
    NoticeDismissed,
    OverClaimed,
    RecordViewed,
    WrapupSubmitted,
)
from adapter.core.facts import Direction, Outcome
from adapter.core.logevents import (
    LogEvent,
    LogExpired,
    LogRefused,
    LogSaved,
    TrayDecided,
)
from adapter.core.logmodel import Attempt, CallLog, SaveError
from adapter.core.model import Draft, Record
from adapter.core.view import Entry, View, entry_view
from adapter.opencti.messages import (
    CallCenterMessage,
    Context,
    Control,
    Dial,
    DismissNotice,
    ErrorIn,
    JournalEntry,
    LinkIn,
    Matches,
    RecordIn,
    Result,
    TrayChoice,
    WrapupIn,
)
from adapter.opencti.tasklog import TaskRules, create_fields, is_id, update_fields

ERRORS_KEPT = 10
TEXT_KEPT = 500

AgentMessage = Dial | Control | WrapupIn | Context | Matches | CallCenterMessage | DismissNotice


# --- what the agent does, as events --------------------------------------------------------------


def agent_event(  # noqa: PLR0911 - one branch for each message, that is the table
    message: AgentMessage, at: int, fresh_id: str
) -> Event | None:
    """The event of a message from an agent's page; None where nothing happened.

    `at` is our clock in Unix milliseconds; `fresh_id` names the call if one is placed.
    """
    match message:
        case Dial():
            return _dial(message, at, fresh_id)
        case Control(action="check"):
            return OverClaimed(at, message.request_id, message.call_id)
        case Control():
            value = message.digits if message.action == "digits" else message.target
            return ControlRequested(at, message.request_id, message.call_id, message.action, value)
        case WrapupIn():
            return WrapupSubmitted(at, message.call_id, _draft(message), message.done)
        case Context(record=record, call_id=call_id) if call_id:
            return RecordViewed(at, call_id, _record(record) if record and record.id else None)
        case Matches():
            found = tuple(_record(record) for record in message.records if is_id(record.id))
            return MatchesFound(at, message.call_id, found)
        case CallCenterMessage():
            return CallCenterRead(at, _centre(message))
        case DismissNotice():
            return NoticeDismissed(at, message.notice_id)
        case _:
            return None


def _dial(message: Dial, at: int, fresh_id: str) -> DialRequested:
    return DialRequested(
        at=at,
        request_id=message.request_id,
        call_id=fresh_id,
        number=message.number,
        clicked_at=at - message.age_ms,
        record=_record(message.record) if message.record and message.record.id else None,
        work_id=message.work_id,
        ring_profile=message.ring_profile,
        confirmed=message.confirmed,
    )


def _centre(told: CallCenterMessage) -> CallCenterSettings:
    seconds = told.wrap_up_seconds
    return CallCenterSettings(
        wrapup_ms=None if seconds is None else seconds * 1000,
        dispositions=tuple(told.dispositions),
        region=told.default_country,
        outside_prefix=told.outside_prefix,
        long_distance_prefix=told.long_distance_prefix,
        international_prefix=told.international_prefix,
    )


def _record(record: RecordIn) -> Record:
    return Record(
        id=record.id,
        name=record.name,
        object_type=record.object_type,
        account_id=record.account_id,
        contact_id=record.contact_id,
        person_account=record.person_account,
    )


def _draft(message: WrapupIn) -> Draft:
    return Draft(
        subject=message.subject,
        notes=message.notes,
        disposition=message.disposition,
        who=_link(message, "who", message.who),
        what=_link(message, "what", message.what),
        follow_up=message.follow_up,
    )


def _link(message: WrapupIn, name: str, link: LinkIn | None) -> Record | None:
    if message.cleared(name):
        return Record("")
    return Record(link.id, link.name) if link is not None else None


# --- what became of a log, as events -------------------------------------------------------------


def result_event(message: Result, page_id: str, at: int) -> LogEvent:
    """The event of a page's report on a go."""
    match message.outcome:
        case "ok":
            return LogSaved(at, page_id, message.attempt, message.nonce, message.task_id)
        case "refused":
            errors = save_errors(message.errors)
            return LogRefused(at, page_id, message.attempt, message.nonce, errors)
        case "expired":
            return LogExpired(at, page_id, message.attempt, message.nonce)
        case _ as never:
            assert_never(never)


def journal_event(entry: JournalEntry, page_id: str, at: int) -> LogEvent | None:
    """The event of a journal entry; None for one that only says that a go was on its way."""
    match entry.state:
        case "ok":
            return LogSaved(at, page_id, entry.attempt, entry.nonce, entry.task_id)
        case "refused":
            errors = save_errors(entry.errors)
            return LogRefused(at, page_id, entry.attempt, entry.nonce, errors)
        case "sent":
            return None
        case _ as never:
            assert_never(never)


def tray_event(message: TrayChoice, at: int) -> TrayDecided:
    """The event of an agent's choice in the tray."""
    return TrayDecided(at, message.action, message.task_id)


def save_errors(errors: list[ErrorIn]) -> tuple[SaveError, ...]:
    """Open CTI's errors, flattened: details come as an object or an array (facts, section 3)."""
    flat: list[SaveError] = []
    for error in errors:
        found = _field_errors(error.details)
        flat.extend(found)
        if not found:
            message = error.message or error.description or _details_message(error.details)
            flat.append(SaveError(error.code, _kept(message or error.code)))
    return tuple(flat[:ERRORS_KEPT]) or (SaveError("GENERIC_ERROR", "Salesforce gave no reason."),)


def _each(details: Any) -> list[dict[str, Any]]:
    several = details if isinstance(details, list) else [details]
    return [one for one in several if isinstance(one, dict)]


def _field_errors(details: Any) -> list[SaveError]:
    found = []
    for detail in _each(details):
        found += [_page_error(error) for error in _each(detail.get("pageErrors"))]
        fields = detail.get("fieldErrors")
        for name, errors in (fields if isinstance(fields, dict) else {}).items():
            found += [_field_error(name, error) for error in _each(errors)]
    return found


def _page_error(error: dict[str, Any]) -> SaveError:
    """A validation rule that speaks for the whole page: as permanent as a field's error."""
    code = _kept(error.get("statusCode") or "VALIDATION")
    return SaveError(code, _kept(error.get("message") or code))


def _field_error(name: str, error: dict[str, Any]) -> SaveError:
    code = _kept(error.get("statusCode") or "FIELD_ERROR")
    label = _kept(error.get("fieldLabel") or name)
    return SaveError(code, _kept(error.get("message") or code), label)


def _kept(told: Any) -> str:
    """As much of it as an agent would read."""
    return str(told)[:TEXT_KEPT]


def _details_message(details: Any) -> str:
    if isinstance(details, str):
        return details
    return next((str(d["message"]) for d in _each(details) if d.get("message")), "")


# --- what the server says ------------------------------------------------------------------------


def frame(message: dict[str, Any]) -> str:
    """A message as a frame's text.

    Half a surrogate pair, which has no UTF-8, becomes "?": it would end the page's socket.
    """
    try:
        return orjson.dumps(message).decode()
    except TypeError:
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=_read)
        return text.encode("utf-8", "replace").decode("utf-8")


def _read(written: orjson.Fragment) -> Any:
    """What the standard library can write of a part that orjson has written before."""
    return orjson.loads(orjson.dumps(written))


def error_frame(code: str, text: str) -> str:
    """What an agent reads above everything else; the page has words of its own for some codes."""
    return frame({"type": "error", "code": code, "text": text})


@lru_cache(maxsize=8192)
def entry_part(entry: Entry, region: str) -> orjson.Fragment:
    """For `core.view`: an entry as it is written, once for all the views that it is in."""
    return orjson.Fragment(frame(entry_view(entry, region)).encode())


def view_frame(view: View, epoch: str, version: int, now: int) -> str:
    """The whole view, with what tells a page whether it is newer than its own."""
    return frame({**view, "epoch": epoch, "version": version, "now": now})


def go(log: CallLog, attempt: Attempt, rules: TaskRules) -> dict[str, Any]:
    """The go for an attempt: the exact saveLog, decided at accept and never again."""
    if attempt.task_id and log.saved is not None:
        value = update_fields(attempt.task_id, log.saved.fields, attempt.fields, rules)
    else:
        value = create_fields(attempt.fields, rules)
    return {
        "type": "go",
        "log_id": log.log_id,
        "attempt": attempt.number,
        "nonce": attempt.nonce,
        "call": {"method": "saveLog", "args": value},
        "refresh": True,
        **_work(log, attempt, rules),
    }


def _work(log: CallLog, attempt: Attempt, rules: TaskRules) -> dict[str, Any]:
    """The work of Sales Engagement that this Task completes: outbound, and with its first save.

    The page adds the Task's id, which it is the first to know (facts: opencti, section 3).
    """
    fields = attempt.fields
    if not log.work_id or attempt.task_id or fields.direction is not Direction.OUTBOUND:
        return {}
    said = {
        "disposition": fields.draft.disposition or rules.disposition(fields.outcome),
        "wasConnected": fields.outcome is Outcome.ANSWERED,
    }
    return {"work": {"work_id": log.work_id, "attributes": said}}


def work_done(log: CallLog, rules: TaskRules) -> dict[str, Any] | None:
    """Completes the work of a Task that was found: no page lived to report it. None: no work."""
    if log.attempt is None or log.saved is None:
        return None
    work = _work(log, replace(log.attempt, task_id=""), rules).get("work")
    if work is None:
        return None
    attributes = {"taskId": log.saved.task_id, **work["attributes"]}
    return {"type": "complete", "work": {"work_id": log.work_id, "attributes": attributes}}


def read_back(ask_id: str, log_id: str, apex_class: str) -> dict[str, Any]:
    """The question whether Salesforce has Tasks of this call, by the class that we ship."""
    args = {"apexClass": apex_class, "methodName": "find", "methodParams": f"callObject={log_id}"}
    return {"type": "ask", "ask_id": ask_id, "call": {"method": "runApex", "args": args}}


def who_am_i(nonce: str, apex_class: str) -> dict[str, Any]:
    """The question who runs this page in Salesforce, by the same class; it repeats the nonce."""
    args = {"apexClass": apex_class, "methodName": "whoAmI", "methodParams": f"nonce={nonce}"}
    return {"type": "ask", "ask_id": nonce, "call": {"method": "runApex", "args": args}}


def who_runs(value: Any, nonce: str) -> tuple[str, str] | None:
    """Org and user of an answer to that question, 15 letters each; None if it is no answer."""
    told = _returned(value)
    if not isinstance(told, dict) or told.get("nonce") != nonce:
        return None
    org, user = told.get("org"), told.get("user")
    if not (isinstance(org, str) and isinstance(user, str) and is_id(org) and is_id(user)):
        return None
    return org[:15], user[:15]


def found_tasks(value: Any) -> tuple[str, ...] | None:
    """The task ids in a read-back's answer, or None if it is no answer.

    The class returns a JSON array of ids.
    """
    told = _returned(value)
    if not isinstance(told, list) or not all(isinstance(i, str) and is_id(i) for i in told):
        return None
    return tuple(told)


def _returned(value: Any) -> Any:
    """What an Apex method returned as JSON text: runApex hands it on in `runApex`, or bare."""
    told = value.get("runApex", value) if isinstance(value, dict) else value
    if not isinstance(told, str):
        return told
    try:
        return json.loads(told)
    except (ValueError, RecursionError):
        return None


def pop(effect: PopScreen) -> dict[str, Any]:
    """What a page does while a call rings: come up, search by number, pop by the layout's rules.

    The search is deferred: the page pops only if it still rings when the answer is there, and
    tells what was found. `call` is null where there is no number to search.
    """
    args: dict[str, Any] = {
        "searchParams": effect.number,
        "callType": effect.direction.value,
        "queryParams": "",
        "defaultFieldValues": {},
        "deferred": True,
    }
    call = {"method": "searchAndScreenPop", "args": args}
    return {"type": "pop", "pop_id": effect.call_id, "call": call if effect.number else None}
