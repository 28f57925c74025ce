"""The calls of pages that our own component hosts. Pure.

Law of this file: **a save names its call and its number**. Salesforce keeps one Task per call by a
unique external id, and a save never overwrites one with a higher number. So a save with an unknown
outcome is sent again, without a read-back.
https://developer.salesforce.com/docs/atlas.en-us.apexref.meta/apexref/apex_dml_section.htm
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from adapter.core.logs.model import Attempt, CallLog, SaveError
from adapter.core.route import Route
from adapter.page.parts import ErrorIn
from adapter.page.port import SalesforceOrg, Surface
from adapter.salesforce.pagecalls import TaskCalls
from adapter.salesforce.savecall import go, update
from adapter.salesforce.saveerrors import save_errors
from adapter.salesforce.tasklog import TaskRules, Value, create_fields, task_fields

SURFACE = Surface("lwc", Route.KEYED)

DUPLICATE = "DUPLICATE_VALUE"
"""Two first saves of a call collided; the next save finds the other's Task."""


def saved_fields(log: CallLog, attempt: Attempt, rules: TaskRules) -> dict[str, Value]:
    """The Task's fields by API name, without those that the component adds itself.

    A first save leaves out empty fields. A later one sends every field, including nulls, because an
    earlier save may have written the Task.
    """
    if attempt.record_id and log.saved is not None:
        return _without_type_fields(update(log, log.saved.fields, attempt, rules))
    is_first = all(past.number >= attempt.number for past in log.attempts)
    whole = create_fields if is_first else task_fields
    return _without_type_fields(whole(attempt.fields, rules))


def _without_type_fields(fields: dict[str, Value]) -> dict[str, Value]:
    """Drop the id, the object and the subtype, which are not fields of the save."""
    return {k: v for k, v in fields.items() if k not in {"Id", "entityApiName", "TaskSubtype"}}


class HostCalls(TaskCalls):
    """The calls of one org's pages; the page itself reads the rules of a pop."""

    __slots__ = ()

    def save(self, log: CallLog, attempt: Attempt) -> dict[str, Any]:
        """The go: the call, the number of this save, and the Task's fields."""
        args: dict[str, Any] = {
            "callId": log.log_id,
            "attempt": attempt.number,
            "recordId": attempt.record_id or None,
            "fields": saved_fields(log, attempt, self.rules),
        }
        return go(log, attempt, "saveCall", args)

    def complete(self, _log: CallLog) -> dict[str, Any] | None:
        """None, because Sales Engagement cannot be used here."""
        return None

    def read_back(self, log_id: str) -> dict[str, Any]:
        """Never used, because a save in doubt is repeated. Raises NotImplementedError."""
        raise NotImplementedError(f"{log_id}: a save in doubt is repeated, not read back")

    def found_records(self, _value: Any) -> tuple[str, ...] | None:
        """None, because there is no read-back."""
        return None

    def save_errors(self, errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
        """The errors, flattened; a key collision is transient, because the next save succeeds."""
        return tuple(
            replace(error, transient=True) if error.code == DUPLICATE else error
            for error in save_errors(errors)
        )


def lwc(rules: TaskRules, apex_class: str = "") -> SalesforceOrg:
    """An org whose agents work with our own component."""
    return SalesforceOrg((SURFACE,), {SURFACE.route: HostCalls(rules, apex_class)})
