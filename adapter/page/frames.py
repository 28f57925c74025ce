"""Translates the page protocol: messages to core events, core values to frames. Pure.

Nothing here depends on the Salesforce product that the page runs in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, assert_never

import orjson

from adapter.core.availability import AvailabilityChosen, Status
from adapter.core.callcenter import AskedField, CallCenterSettings, read_region
from adapter.core.draft import MOST_FIELDS, Draft, Record
from adapter.core.events import (
    CallCenterRead,
    ControlRequested,
    DialRequested,
    Event,
    MatchesFound,
    NoticeDismissed,
    OverClaimed,
    RecordViewed,
    WorkStarted,
    WrapupSubmitted,
)
from adapter.core.favorite import LONGEST_NAME, Favorite, FavoriteChosen
from adapter.core.logs.events import LogEvent, LogExpired, LogRefused, LogSaved, TrayDecided
from adapter.core.logs.model import SaveError
from adapter.core.view import View
from adapter.page.messages import (
    AvailabilityIn,
    CallCenterMessage,
    Context,
    Control,
    Dial,
    DismissNotice,
    FavoriteIn,
    Matches,
    PageMessage,
    Result,
    TrayChoice,
    Work,
    WrapupIn,
)
from adapter.page.parts import ErrorIn, JournalEntry, LinkIn, RecordIn, is_record_id

FIELD_LENGTH = 1000
"""The longest value, in characters, of a Task field that the call center sets."""

AgentMessage = (
    Work
    | Control
    | WrapupIn
    | Context
    | Matches
    | CallCenterMessage
    | AvailabilityIn
    | FavoriteIn
    | DismissNotice
)


# --- what the agent does, as events --------------------------------------------------------------


def dial_event(message: Dial, at: int, fresh_id: str, time_zone: str = "") -> DialRequested:
    """The event of a click; `fresh_id` becomes the call's id if a call is placed."""
    return DialRequested(
        at=at,
        request_id=message.request_id,
        call_id=fresh_id,
        number=message.number,
        clicked_at=at - message.age_ms,
        record=_record(message.record) if message.record and message.record.id else None,
        work_id=message.work_id,
        ring_profile=message.ring_profile,
        caller_id=message.caller_id,
        confirmed=message.confirmed,
        params=message.params,
        time_zone=time_zone,
    )


def agent_event(  # noqa: PLR0911 - one branch for each message, that is the table
    message: AgentMessage, at: int
) -> Event | None:
    """The event of a message from an agent's page; None if the message causes none.

    `at` is our clock in Unix milliseconds.
    """
    match message:
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
            records = tuple(_record(r) for r in message.records if is_record_id(r.id))
            return MatchesFound(at, message.call_id, records)
        case CallCenterMessage():
            return CallCenterRead(at, _call_center(message))
        case Work():
            return WorkStarted(at, message.work_id, message.to)
        case AvailabilityIn():
            return AvailabilityChosen(at, Status(message.status), message.reason)
        case FavoriteIn():
            return FavoriteChosen(at, _favorite(message), message.on)
        case DismissNotice():
            return NoticeDismissed(at, message.notice_id)
        case _:
            return None


def _favorite(message: FavoriteIn) -> Favorite:
    record = message.record if message.record and is_record_id(message.record.id) else RecordIn()
    return Favorite(message.number, message.name[:LONGEST_NAME], record.id, record.object_type)


def _call_center(message: CallCenterMessage) -> CallCenterSettings:
    seconds = message.wrap_up_seconds
    return CallCenterSettings(
        wrapup_ms=None if seconds is None else seconds * 1000,
        dispositions=tuple(message.dispositions),
        region=message.default_country,
        outside_prefix=message.outside_prefix,
        long_distance_prefix=message.long_distance_prefix,
        international_prefix=message.international_prefix,
        record_fields=_texts(message.task_fields),
        ask_fields=tuple(
            AskedField(f.name, f.label or f.name, tuple(f.choices), f.required)
            for f in message.ask_fields
        ),
    )


def ignored_settings(message: CallCenterMessage) -> tuple[str, ...]:
    """Keys of the definition file whose values the page or the server cannot use."""
    country = message.default_country
    ours = ("/softphone/defaultCountry",) if country and not read_region(country) else ()
    return (*message.problems, *ours)


def _texts(fields_in: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Text fields by name, at most MOST_FIELDS of them; other values are left out."""
    fields = ((name, value) for name, value in fields_in.items() if isinstance(value, str))
    return tuple((name[:80], value[:FIELD_LENGTH]) for name, value in fields)[:MOST_FIELDS]


def _record(record: RecordIn) -> Record:
    return Record(**dict(record))


def _draft(message: WrapupIn) -> Draft:
    return Draft(
        subject=message.subject,
        notes=message.notes,
        disposition=message.disposition,
        who=_link(message, "who", message.who),
        what=_link(message, "what", message.what),
        follow_up=message.follow_up,
        fields=_texts(message.fields),
    )


def _link(message: WrapupIn, name: str, link: LinkIn | None) -> Record | None:
    if message.cleared(name):
        return Record("")
    return Record(link.id, link.name) if link is not None else None


# --- what became of a log, as events -------------------------------------------------------------


ReadErrors = Callable[[Sequence[ErrorIn]], tuple[SaveError, ...]]
"""Classifies Salesforce's errors; each surface has its own rules."""


def result_event(message: Result, page_id: str, at: int, read: ReadErrors) -> LogEvent:
    """The event of a page's report about a go; `at` is Unix milliseconds."""
    match message.outcome:
        case "ok":
            return LogSaved(at, page_id, message.attempt, message.nonce, message.task_id)
        case "refused":
            errors = read(message.errors)
            return LogRefused(at, page_id, message.attempt, message.nonce, errors)
        case "expired":
            return LogExpired(at, page_id, message.attempt, message.nonce)
        case _ as never:
            assert_never(never)


def journal_event(entry: JournalEntry, page_id: str, at: int, read: ReadErrors) -> LogEvent | None:
    """The event of a journal entry; None for `sent`, which says nothing about the outcome."""
    if entry.state == "sent":
        return None
    reported = Result(type="result", outcome=entry.state, **entry.model_dump(exclude={"state"}))
    return result_event(reported, page_id, at, read)


def tray_event(message: TrayChoice, at: int) -> TrayDecided:
    """The event of an agent's choice in the tray."""
    return TrayDecided(at, message.action, message.task_id)


# --- what the server says ------------------------------------------------------------------------


def frame(message: dict[str, Any]) -> str:
    """A message as JSON text.

    A lone surrogate has no UTF-8 and would close the page's socket, so it becomes "?".
    """
    try:
        return orjson.dumps(message).decode()
    except TypeError:
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace").decode("utf-8")


def error_frame(code: str, text: str, request_id: str = "") -> str:
    """An error for the agent; the page has its own sentences for some codes.

    With `request_id`, this frame is the only answer to that request.
    """
    answered = {"request_id": request_id} if request_id else {}
    return frame({"type": "error", "code": code, "text": text, **answered})


def not_stored_frame(message: PageMessage) -> str:
    """Says that the message was not stored, so nothing was done."""
    subject = "Nothing was dialed: the call" if isinstance(message, Dial) else "This"
    text = f"{subject} could not be stored right now. Try again."
    request_id = message.request_id if isinstance(message, Dial | Control) else ""
    return error_frame("not-stored", text, request_id)


def view_frame(view: View, epoch: str, version: int, now: int) -> str:
    """The whole view, with the epoch and version by which a page knows whether it is newer."""
    return frame({**_with_legacy_names(view), "epoch": epoch, "version": version, "now": now})


def _with_legacy_names(view: View) -> View:
    """Adds the names by which pages of the previous release know a record's id."""
    if not (view.get("wrapups") or view.get("tray")):
        return view
    wrapups = [{**card, "log": _with_task_id(card["log"])} for card in view["wrapups"]]
    tray = [{**row, "task_ids": row["record_ids"]} for row in view["tray"]]
    return {**view, "wrapups": wrapups, "tray": tray}


def _with_task_id(log: View) -> View:
    return {**log, "task_id": log["record_id"]} if "record_id" in log else log
