"""Why Salesforce refused a save, flattened and judged. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapter.core.logmodel import SaveError
from adapter.page.parts import ErrorIn

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
