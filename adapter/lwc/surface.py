"""What pages are asked to do where our own component hosts them. Pure.

Law of this file: **a save names its call and its number**. Salesforce keeps one Task for a call, by
a unique external id, and never lets a save of a lower number overwrite one of a higher: so a save
whose outcome nobody knows is sent again, and nobody is asked what became of it.
https://developer.salesforce.com/docs/atlas.en-us.apexref.meta/apexref/apex_dml_section.htm
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from adapter.core.logmodel import Attempt, CallLog, SaveError
from adapter.core.route import Route
from adapter.page.parts import ErrorIn
from adapter.page.port import SalesforceOrg, Surface
from adapter.salesforce.pagecalls import TaskCalls
from adapter.salesforce.savecall import go, update
from adapter.salesforce.saveerrors import save_errors
from adapter.salesforce.tasklog import TaskRules, Value, create_fields, task_fields

SURFACE = Surface("lwc", Route.KEYED)

DUPLICATE = "DUPLICATE_VALUE"
"""Two first saves of a call have met: the other one is there now, and will be found."""


def saved_fields(log: CallLog, attempt: Attempt, rules: TaskRules) -> dict[str, Value]:
    """What the Task is to say, by API names; without what the component adds itself.

    A first save leaves out what is empty. After another one, whatever became of that, each field is
    said, null too: the Task may be there, and say what was wanted then.
    """
    if attempt.record_id and log.saved is not None:
        return _but_its_names(update(log, log.saved.fields, attempt, rules))
    is_first = all(one.number >= attempt.number for one in log.attempts)
    whole = create_fields if is_first else task_fields
    return _but_its_names(whole(attempt.fields, rules))


def _but_its_names(fields: dict[str, Value]) -> dict[str, Value]:
    """Without the id, the object and its subtype, which are no fields of the save."""
    return {k: v for k, v in fields.items() if k not in {"Id", "entityApiName", "TaskSubtype"}}


class HostCalls(TaskCalls):
    """What the pages of one org are asked for; which rules a pop follows is the page's to read."""

    __slots__ = ()

    def save(self, log: CallLog, attempt: Attempt) -> dict[str, Any]:
        """The go: which call, the how manieth save of it, and what the Task is to say."""
        args: dict[str, Any] = {
            "callId": log.log_id,
            "attempt": attempt.number,
            "recordId": attempt.record_id or None,
            "fields": saved_fields(log, attempt, self.rules),
        }
        return go(log, attempt, "saveCall", args)

    def complete(self, _log: CallLog) -> dict[str, Any] | None:
        """Nothing: Sales Engagement has no way in here."""
        return None

    def read_back(self, log_id: str) -> dict[str, Any]:
        """Never asked: what is in doubt is saved again. Raises NotImplementedError."""
        raise NotImplementedError(f"{log_id} is saved again, and not asked about")

    def found_records(self, _value: Any) -> tuple[str, ...] | None:
        """No answer to that."""
        return None

    def save_errors(self, errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
        """Flattened; the key's own collision passes with the next save."""
        return tuple(
            replace(error, transient=True) if error.code == DUPLICATE else error
            for error in save_errors(errors)
        )


def lwc(rules: TaskRules, apex_class: str = "") -> SalesforceOrg:
    """A Salesforce whose agents work with our own component."""
    return SalesforceOrg((SURFACE,), {SURFACE.route: HostCalls(rules, apex_class)})
