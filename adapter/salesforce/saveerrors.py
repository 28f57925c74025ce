"""Why Salesforce refused a save, flattened and classified. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapter.core.logs.model import SaveError
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
"""Salesforce's error codes that may pass in a moment, unless they concern a field.

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
"""Error codes for an id whose object a Task cannot be related to."""

_LOCKED = frozenset({"ENTITY_IS_LOCKED", "INSUFFICIENT_ACCESS_OR_READONLY"})
"""Error codes for a record that its org has locked."""

ERRORS_KEPT = 10
TEXT_KEPT = 500


def save_errors(errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
    """Open CTI's errors, flattened: details come as an object or, seen in v57, as an array.

    https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_savelog_lex.htm
    """
    flat: list[SaveError] = []
    for error in errors:
        field_errors = _field_errors(error.details)
        flat.extend(field_errors)
        if not field_errors:
            # Salesforce's own sentence first; the description is often only "see the details".
            message = _details_message(error.details) or error.message or error.description
            text = f"{message or error.code}{_duplicates(error.details)}"
            flat.append(_error(error.code, _cut(text)))
    return tuple(flat[:ERRORS_KEPT]) or (_error("GENERIC_ERROR", "Salesforce gave no reason."),)


def _error(code: str, message: str) -> SaveError:
    link = code in _WRONG_LINK and (WHAT_ID in message or "Related To" in message)
    return SaveError(code, message, transient=code in TRANSIENT, link=link, locked=code in _LOCKED)


def _objects(details: Any) -> list[dict[str, Any]]:
    entries = details if isinstance(details, list) else [details]
    return [entry for entry in entries if isinstance(entry, dict)]


def _field_errors(details: Any) -> list[SaveError]:
    result = []
    for detail in _objects(details):
        result += [_page_error(error) for error in _objects(detail.get("pageErrors"))]
        fields = detail.get("fieldErrors")
        for name, errors in (fields if isinstance(fields, dict) else {}).items():
            result += [_field_error(name, error) for error in _objects(errors)]
    return result


def _page_error(error: dict[str, Any]) -> SaveError:
    """The error of a page-level validation rule; as permanent as a field's error."""
    code = _cut(error.get("statusCode") or "VALIDATION")
    return _error(code, _cut(error.get("message") or code))


def _field_error(name: str, error: dict[str, Any]) -> SaveError:
    code = _cut(error.get("statusCode") or "FIELD_ERROR")
    label = _cut(error.get("fieldLabel") or name)
    link = WHAT_ID in {name, error.get("columnApiName")} and code in _WRONG_LINK
    locked = code in _LOCKED
    return SaveError(code, _cut(error.get("message") or code), label, link=link, locked=locked)


def _duplicates(details: Any) -> str:
    """A sentence with the records that a duplicate rule found, by name or id; may be empty."""
    duplicates = (r for d in _objects(details) for r in _list(d.get("potentialDuplicates")))
    named = [_name_of(record) for record in duplicates]
    known = [name for name in named if name]
    return f" Possible duplicates: {', '.join(known[:ERRORS_KEPT])}." if known else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name_of(record: Any) -> str:
    if not isinstance(record, dict):
        return str(record or "")
    inner = record.get("record")
    fields = {**record, **(inner if isinstance(inner, dict) else {})}
    names = ("Name", "name", "recordName", "Id", "id", "recordId")
    return next((str(fields[name]) for name in names if fields.get(name)), "")


def _cut(value: Any) -> str:
    """The text, cut to TEXT_KEPT characters."""
    return str(value)[:TEXT_KEPT]


def _details_message(details: Any) -> str:
    if isinstance(details, str):
        return details
    return next((str(d["message"]) for d in _objects(details) if d.get("message")), "")
