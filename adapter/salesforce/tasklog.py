"""From a call log to the fields of a Salesforce Task. Pure.

https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_savelog_lex.htm
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_task.htm

A create names the object and leaves out empty fields. An update names the Task and the changed
fields, with null to clear one. OwnerId and AccountId are never sent, because Salesforce derives
them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, field

from adapter.core.draft import Record
from adapter.core.facts import Direction, Outcome
from adapter.core.logs.model import LogFields
from adapter.core.numbers.phone import with_extension
from adapter.salesforce.objects import Link, link_of
from adapter.salesforce.templates import fill
from adapter.taskfields import is_field

Value = str | int | None

SUBJECT_LIMIT = 255
NOTES_LIMIT = 32_000
TEXT_LIMIT = 255
NAME_LIMIT = 120
"""The longest name of a caller without a record; leaves room for the number in the subject."""

_CALL_TYPE = {
    Direction.OUTBOUND: "Outbound",
    Direction.INBOUND: "Inbound",
    Direction.INTERNAL: "Internal",
}
_SUBJECT = {
    Direction.OUTBOUND: "Call to {party}",
    Direction.INBOUND: "Call from {party}",
    Direction.INTERNAL: "Internal call with {party}",
}


class TaskRules(Struct, frozen=True):
    """What differs between orgs: the status, the dispositions, extra fields.

    `extra` are fields by API name (such as Type or a custom picklist) with their templates
    (`salesforce.templates`). `first_line` is the template of the comment's first line; empty: none.
    """

    status: str = "Completed"
    disposition: Callable[[Outcome], str] = lambda outcome: outcome.value
    extra: tuple[tuple[str, str], ...] = ()
    subjects: dict[Direction, str] = field(default_factory=lambda: dict(_SUBJECT))
    first_line: str = ""

    @property
    def key_field(self) -> str:
        """The custom field that holds only the call's id; empty if there is none."""
        keys = (n for n, template in self.extra if template == "{call_id}" and n.endswith("__c"))
        return next(keys, "")

    @property
    def templates(self) -> tuple[str, ...]:
        """All templates."""
        return (*dict(self.extra).values(), self.first_line)


def task_fields(fields: LogFields, rules: TaskRules) -> dict[str, Value]:
    """The Task's fields, None for empty ones: null clears a field, "" may not."""
    who_id, what_id = links(fields)
    talk = fields.talk_ms or 0
    outcome = fields.draft.disposition or rules.disposition(fields.outcome)
    subject, extra = _subject(fields, rules), _extra_fields(fields, rules, outcome)
    values: dict[str, Value] = {
        **extra,
        "Subject": cut(subject, SUBJECT_LIMIT),
        "Status": rules.status,
        "CallType": _CALL_TYPE[fields.direction],
        "CallDurationInSeconds": (talk + 500) // 1000,
        "CallDisposition": cut(outcome, TEXT_LIMIT),
        "CallObject": cut(fields.call_id, TEXT_LIMIT),
        "Description": cut(_comment(fields, rules, subject, extra, outcome), NOTES_LIMIT),
        "ActivityDate": _local_date(fields.started_at, fields.time_zone),
        "WhoId": who_id,
        "WhatId": what_id,
    }
    return {name: None if value == "" else value for name, value in values.items()}


def create_fields(fields: LogFields, rules: TaskRules) -> dict[str, Value]:
    """The argument of a saveLog that creates a Task, without empty fields."""
    values = {k: v for k, v in task_fields(fields, rules).items() if v is not None}
    return {"entityApiName": "Task", "TaskSubtype": "Call", **values}


def update_fields(
    task_id: str, saved: LogFields, wanted: LogFields, rules: TaskRules
) -> dict[str, Value]:
    """The argument of a saveLog that updates a Task: its id and what differs from `saved`."""
    before, after = task_fields(saved, rules), task_fields(wanted, rules)
    return {"Id": task_id, **{k: v for k, v in after.items() if before.get(k) != v}}


def cut(text: str, most: int) -> str:
    """The text cut to at most `most` UTF-16 code units, the units in which Salesforce counts.

    Never splits a surrogate pair.
    """
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * most].decode("utf-16-le", "ignore")


def _extra_fields(fields: LogFields, rules: TaskRules, outcome: str) -> dict[str, str]:
    """Extra fields from the settings, the call center and the agent's answers."""
    templates = {**dict(rules.extra), **dict(fields.details.templates)}
    filled = {
        name: cut(fill(template, fields, outcome).strip(), _length_limit(template))
        for name, template in templates.items()
        if is_field(name)
    }
    answers = {n: cut(v, TEXT_LIMIT) for n, v in fields.draft.fields if is_field(n)}
    return {**filled, **answers}


def _length_limit(template: str) -> int:
    """The length limit of a template's field: a summary goes to a long text area."""
    return NOTES_LIMIT if "{summary}" in template else TEXT_LIMIT


def _comment(
    fields: LogFields, rules: TaskRules, subject: str, extra: dict[str, str], outcome: str
) -> str:
    """The agent's notes, after the admin's first line or, if no other field has it, the number.

    Without a record and a number, the agent could not call back.
    """
    notes, line = fields.draft.notes or "", ""
    if rules.first_line:
        line = fill(rules.first_line, fields, outcome).strip()
    elif fields.number and not any(links(fields)):
        texts = (subject, notes, *extra.values())
        line = "" if any(fields.number in text for text in texts) else fields.number
    return "\n".join(part for part in (line, notes) if part)


def links(fields: LogFields) -> tuple[str | None, str | None]:
    """WhoId and WhatId: the agent's choice, else what the call's record allows.

    A Lead forbids a WhatId. Users, tasks and events cannot be linked, but their account can.
    """
    who_id, what_id = _links_of(fields.record, fields) if fields.record else (None, None)
    picked_who, picked_what = fields.draft.who, fields.draft.what
    if picked_who is not None:
        who_id = picked_who.id if link_of(picked_who.id) is Link.WHO else None
    if picked_what is not None:
        what_id = picked_what.id if _may_be_what_id(picked_what.id, fields) else None
    if who_id is not None and who_id.startswith("00Q"):
        what_id = None
    return who_id, what_id


def _links_of(record: Record, fields: LogFields) -> tuple[str | None, str | None]:
    contact = record.contact_id if link_of(record.contact_id) is Link.WHO else None
    if record.person_account and contact:
        return contact, None
    if link_of(record.id) is Link.WHO:
        return record.id, None
    if _may_be_what_id(record.id, fields):
        return contact, record.id
    account = record.account_id if link_of(record.account_id) is Link.WHAT else None
    return contact, account


def _may_be_what_id(record_id: str, fields: LogFields) -> bool:
    """Whether the id may be sent as WhatId; an unknown object may until it is refused."""
    link = link_of(record_id)
    return link is Link.WHAT or (link is Link.PERHAPS and not fields.unlinked)


def _subject(fields: LogFields, rules: TaskRules) -> str:
    if fields.draft.subject and fields.draft.subject.strip():
        return fields.draft.subject
    party = (fields.record.name if fields.record else "") or _party_name(fields)
    return rules.subjects[fields.direction].format(party=party)


def _party_name(fields: LogFields) -> str:
    """The other party without a record: name and number, so that the agent can call back."""
    number = with_extension(fields.number, fields.details.extension)
    name = cut(fields.name, NAME_LIMIT)
    if name and number and not fields.record:
        return f"{name} ({number})"
    return name or number or "an unknown number"


@lru_cache(maxsize=1024)
def _local_date(at: int, time_zone: str) -> str:
    """The date in the agent's time zone, YYYY-MM-DD; in UTC if the zone is unknown."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    try:
        return moment.astimezone(ZoneInfo(time_zone)).date().isoformat()
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
        return moment.date().isoformat()
