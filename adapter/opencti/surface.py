"""What pages are asked to do by Open CTI, in the words of its library, and its answers. Pure.

https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_intro.htm
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from adapter.core.effects import PopScreen
from adapter.core.facts import Direction, Outcome
from adapter.core.logmodel import Attempt, CallLog, SaveError
from adapter.core.route import Route
from adapter.opencti.tasklog import TaskRules, create_fields, task_fields, update_fields
from adapter.page.messages import ErrorIn, is_record_id
from adapter.page.port import RecordFinder, SalesforceOrg, Surface

TRANSIENT = frozenset(
    {
        "GENERIC_ERROR",
        "SERVER_ERROR",
        "SOFTPHONE_CONTAINER_ERROR",
        "UNABLE_TO_LOCK_ROW",
        "REQUEST_LIMIT_EXCEEDED",
        "SERVER_UNAVAILABLE",
    }
)
"""Codes of Salesforce that may be gone a moment later, unless they are about a field.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
"""

WHAT_ID = "WhatId"
_WRONG_LINK = frozenset(
    {
        "FIELD_INTEGRITY_EXCEPTION",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_CROSS_REFERENCE_TYPE_FIELD",
        "MALFORMED_ID",
    }
)
"""What Salesforce says of an id that is of no object that a Task can be about."""

_LOCKED = frozenset({"ENTITY_IS_LOCKED", "INSUFFICIENT_ACCESS_OR_READONLY"})
"""What Salesforce says of a record that its org has closed."""

ERRORS_KEPT = 10
TEXT_KEPT = 500

# --- why Salesforce refused ----------------------------------------------------------------------


def save_errors(errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
    """Open CTI's errors, flattened: details come as an object or, seen in v57, as an array.

    https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_savelog_lex.htm
    """
    flat: list[SaveError] = []
    for error in errors:
        found = _field_errors(error.details)
        flat.extend(found)
        if not found:
            # Salesforce's own sentence first: the description is often but "see the details".
            message = _details_message(error.details) or error.message or error.description
            told = f"{message or error.code}{_duplicates(error.details)}"
            flat.append(_error(error.code, _kept(told)))
    return tuple(flat[:ERRORS_KEPT]) or (_error("GENERIC_ERROR", "Salesforce gave no reason."),)


def _error(code: str, message: str) -> SaveError:
    link = code in _WRONG_LINK and (WHAT_ID in message or "Related To" in message)
    return SaveError(code, message, transient=code in TRANSIENT, link=link, locked=code in _LOCKED)


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
    return _error(code, _kept(error.get("message") or code))


def _field_error(name: str, error: dict[str, Any]) -> SaveError:
    code = _kept(error.get("statusCode") or "FIELD_ERROR")
    label = _kept(error.get("fieldLabel") or name)
    link = WHAT_ID in {name, error.get("columnApiName")} and code in _WRONG_LINK
    locked = code in _LOCKED
    return SaveError(code, _kept(error.get("message") or code), label, link=link, locked=locked)


def _duplicates(details: Any) -> str:
    """The records that a duplicate rule has found, by name where they have one."""
    named = [_name_of(one) for d in _each(details) for one in _list(d.get("potentialDuplicates"))]
    known = [name for name in named if name]
    return f" Possible duplicates: {', '.join(known[:ERRORS_KEPT])}." if known else ""


def _list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []


def _name_of(record: Any) -> str:
    if not isinstance(record, dict):
        return str(record or "")
    inner = record.get("record")
    fields = {**record, **(inner if isinstance(inner, dict) else {})}
    names = ("Name", "name", "recordName", "Id", "id", "recordId")
    return next((str(fields[name]) for name in names if fields.get(name)), "")


def _kept(told: Any) -> str:
    """As much of it as an agent would read."""
    return str(told)[:TEXT_KEPT]


def _details_message(details: Any) -> str:
    if isinstance(details, str):
        return details
    return next((str(d["message"]) for d in _each(details) if d.get("message")), "")


def go(log: CallLog, attempt: Attempt, rules: TaskRules) -> dict[str, Any]:
    """The go for an attempt: the exact saveLog, decided at accept and never again."""
    if attempt.record_id and log.saved is not None:
        value = update_fields(attempt.record_id, log.saved.fields, attempt.fields, rules)
        for fields in log.unsure:  # the record may say this, too
            value |= update_fields(attempt.record_id, fields, attempt.fields, rules)
        if len(value) == 1:
            # Only the work is to be ended: a save without any field would be refused.
            value["CallDisposition"] = task_fields(attempt.fields, rules)["CallDisposition"]
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
    """The work of Sales Engagement that this save completes: outbound, once, when all is written.

    The page adds the Task's id, which it may be the first to know.
    https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/
    sforce_api_cti_hvs_completework.htm
    """
    fields = attempt.fields
    before = log.saved.fields.ends_work if log.saved and attempt.record_id else False
    if not fields.ends_work or before or fields.direction is not Direction.OUTBOUND:
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
    work = _work(log, replace(log.attempt, record_id=""), rules).get("work")
    if work is None:
        return None
    attributes = {"taskId": log.saved.record_id, **work["attributes"]}
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
    if not (
        isinstance(org, str) and isinstance(user, str) and is_record_id(org) and is_record_id(user)
    ):
        return None
    return org[:15], user[:15]


def found_tasks(value: Any) -> tuple[str, ...] | None:
    """The task ids in a read-back's answer, or None if it is no answer.

    The class returns a JSON array of ids.
    """
    told = _returned(value)
    if not isinstance(told, list) or not all(isinstance(i, str) and is_record_id(i) for i in told):
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


@dataclass(frozen=True, slots=True)
class OpenCti:
    """What the pages of one org are asked for (page.port.PageCalls)."""

    rules: TaskRules = field(default_factory=TaskRules)
    apex_class: str = ""

    def save(self, log: CallLog, attempt: Attempt) -> dict[str, Any]:
        """The go."""
        return go(log, attempt, self.rules)

    def complete(self, log: CallLog) -> dict[str, Any] | None:
        """The work of Sales Engagement that a found Task completes."""
        return work_done(log, self.rules)

    def read_back(self, log_id: str) -> dict[str, Any]:
        """The ask's id is the log's: the answer needs nothing remembered here."""
        return read_back(log_id, log_id, self.apex_class)

    def found_records(self, value: Any) -> tuple[str, ...] | None:
        """The Tasks."""
        return found_tasks(value)

    def who_am_i(self, nonce: str) -> dict[str, Any]:
        """By the class that we ship."""
        return who_am_i(nonce, self.apex_class)

    def who_runs(self, value: Any, nonce: str) -> tuple[str, str] | None:
        """Org and user."""
        return who_runs(value, nonce)

    def pop(self, effect: PopScreen) -> dict[str, Any]:
        """The search by number."""
        return pop(effect)

    def save_errors(self, errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
        """Flattened."""
        return save_errors(errors)


SURFACE = Surface("open-cti", Route.PAGE)


def open_cti(
    rules: TaskRules, finder: RecordFinder | None = None, apex_class: str = ""
) -> SalesforceOrg:
    """A Salesforce whose agents work with Open CTI."""
    return SalesforceOrg((SURFACE,), OpenCti(rules, apex_class), finder)
