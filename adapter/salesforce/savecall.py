"""What a save says of a call, by whichever surface a page carries it out. Pure."""

from __future__ import annotations

from typing import Any

from adapter.core.logmodel import Attempt, CallLog, LogFields
from adapter.salesforce.tasklog import TaskRules, Value, update_fields


def go(log: CallLog, attempt: Attempt, method: str, args: dict[str, Any]) -> dict[str, Any]:
    """The frame that lets a page save, once; then it looks at its records anew."""
    return {
        "type": "go",
        "log_id": log.log_id,
        "attempt": attempt.number,
        "nonce": attempt.nonce,
        "call": {"method": method, "args": args},
        "refresh": True,
    }


def update(log: CallLog, saved: LogFields, attempt: Attempt, rules: TaskRules) -> dict[str, Value]:
    """What an update says: the id, what differs from `saved`, and from any update in doubt since.

    The outcome of those was never told, so the Task may say either.
    """
    changed: dict[str, Value] = {}
    for fields in (saved, *log.unsure):
        changed |= update_fields(attempt.record_id, fields, attempt.fields, rules)
    return changed
