"""The frame and the fields of a save, the same for all surfaces. Pure."""

from __future__ import annotations

from typing import Any

from adapter.core.logs.model import Attempt, CallLog, LogFields
from adapter.salesforce.tasklog import TaskRules, Value, update_fields


def go(log: CallLog, attempt: Attempt, method: str, args: dict[str, Any]) -> dict[str, Any]:
    """The frame that lets a page save once and then refresh its records."""
    return {
        "type": "go",
        "log_id": log.log_id,
        "attempt": attempt.number,
        "nonce": attempt.nonce,
        "call": {"method": method, "args": args},
        "refresh": True,
    }


def update(log: CallLog, saved: LogFields, attempt: Attempt, rules: TaskRules) -> dict[str, Value]:
    """An update's fields: the id and what differs from `saved` or any later update in doubt.

    The Task may hold the values of either, because the outcome of those is unknown.
    """
    changed: dict[str, Value] = {}
    for fields in (saved, *log.unsure):
        changed |= update_fields(attempt.record_id, fields, attempt.fields, rules)
    return changed
