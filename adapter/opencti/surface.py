"""The Open CTI calls that pages make, and how to read their results. Pure.

https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_intro.htm
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from adapter.core.facts import Direction, Outcome
from adapter.core.logs.model import Attempt, CallLog
from adapter.core.route import Route
from adapter.page.parts import is_record_id
from adapter.page.port import RecordFinder, SalesforceOrg, Surface
from adapter.salesforce.pagecalls import TaskCalls, returned
from adapter.salesforce.savecall import go, update
from adapter.salesforce.tasklog import TaskRules, create_fields, task_fields


def _work_of(log: CallLog, attempt: Attempt, rules: TaskRules) -> dict[str, Any]:
    """The Sales Engagement work that this save completes: outbound, once, with the final save.

    The page adds the Task's id, because it may be the first to know it.
    https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/
    sforce_api_cti_hvs_completework.htm
    """
    fields = attempt.fields
    before = log.saved.fields.ends_work if log.saved and attempt.record_id else False
    if not fields.ends_work or before or fields.direction is not Direction.OUTBOUND:
        return {}
    attributes = {
        "disposition": fields.draft.disposition or rules.disposition(fields.outcome),
        "wasConnected": fields.outcome is Outcome.ANSWERED,
    }
    return {"work": {"work_id": log.work_id, "attributes": attributes}}


class OpenCti(TaskCalls):
    """The calls of one org's pages (page.port.PageCalls)."""

    __slots__ = ()

    def save(self, log: CallLog, attempt: Attempt) -> dict[str, Any]:
        """The go for an attempt: the exact saveLog, fixed when the accept is committed."""
        if attempt.record_id and log.saved is not None:
            value = update(log, log.saved.fields, attempt, self.rules)
            if len(value) == 1:
                # Only the work has ended; Salesforce would refuse a save without any field.
                every = task_fields(attempt.fields, self.rules)
                value["CallDisposition"] = every["CallDisposition"]
        else:
            value = create_fields(attempt.fields, self.rules)
        return {**go(log, attempt, "saveLog", value), **_work_of(log, attempt, self.rules)}

    def complete(self, log: CallLog) -> dict[str, Any] | None:
        """Completes the work of a Task that a read-back found; None if there is no work."""
        if log.attempt is None or log.saved is None:
            return None
        work = _work_of(log, replace(log.attempt, record_id=""), self.rules).get("work")
        if work is None:
            return None
        attributes = {"taskId": log.saved.record_id, **work["attributes"]}
        return {"type": "complete", "work": {"work_id": log.work_id, "attributes": attributes}}

    def read_back(self, log_id: str) -> dict[str, Any]:
        """Asks for the call's Tasks; the request's id is the log's, so nothing is remembered."""
        return self.ask(log_id, "find", f"callObject={log_id}")

    def found_records(self, value: Any) -> tuple[str, ...] | None:
        """The Task ids in a read-back's answer; None if the value is not an answer.

        The class returns a JSON array of ids.
        """
        ids = returned(value)
        if isinstance(ids, list) and all(isinstance(i, str) and is_record_id(i) for i in ids):
            return tuple(ids)
        return None


SURFACE = Surface("open-cti", Route.PAGE)


def open_cti(
    rules: TaskRules, finder: RecordFinder | None = None, apex_class: str = ""
) -> SalesforceOrg:
    """An org whose agents work with Open CTI."""
    calls = {Route.PAGE: OpenCti(rules, apex_class)}
    return SalesforceOrg((SURFACE,), calls, finder)
