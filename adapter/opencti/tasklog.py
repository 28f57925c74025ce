"""From a call log to the fields of a Salesforce Task (facts: opencti, section 4). Pure.

A create names the object and leaves empty links out; an update names the Task and only what has
changed, with null where a link is cleared. OwnerId and AccountId are never sent: Salesforce
derives them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, field

from adapter.core.facts import Direction, Outcome
from adapter.core.logmodel import LogFields
from adapter.core.model import Record
from adapter.page.messages import is_record_id

Value = str | int | None

SUBJECT_LIMIT = 255
NOTES_LIMIT = 32_000
TEXT_LIMIT = 255

_PERSONS = ("003", "00Q")
_THINGS = ("001", "500", "006", "701", "02i", "800", "a")
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
    """What differs between orgs: the status' picklist value, dispositions, further fields.

    `extra` are constant fields by API name (say, Type or a custom picklist), on create only.
    """

    status: str = "Completed"
    disposition: Callable[[Outcome], str] = lambda outcome: outcome.value
    extra: tuple[tuple[str, str], ...] = ()
    subjects: dict[Direction, str] = field(default_factory=lambda: dict(_SUBJECT))


def task_fields(fields: LogFields, rules: TaskRules) -> dict[str, Value]:
    """What the Task should say, with None for what is empty: a null clears a field, "" may not."""
    who, what = links(fields)
    talk = fields.talk_ms or 0
    said: dict[str, Value] = {
        "Subject": _subject(fields, rules)[:SUBJECT_LIMIT],
        "Status": rules.status,
        "CallType": _CALL_TYPE[fields.direction],
        "CallDurationInSeconds": (talk + 500) // 1000,
        "CallDisposition": (fields.draft.disposition or rules.disposition(fields.outcome))[
            :TEXT_LIMIT
        ],
        "CallObject": fields.call_id[:TEXT_LIMIT],
        "Description": (fields.draft.notes or "")[:NOTES_LIMIT],
        "ActivityDate": _local_date(fields.started_at, fields.time_zone),
        "WhoId": who,
        "WhatId": what,
    }
    return {name: None if value == "" else value for name, value in said.items()}


def create_fields(fields: LogFields, rules: TaskRules) -> dict[str, Value]:
    """The argument of a saveLog that creates: nothing empty in it."""
    said = {k: v for k, v in task_fields(fields, rules).items() if v is not None}
    return {**dict(rules.extra), "entityApiName": "Task", "TaskSubtype": "Call", **said}


def update_fields(
    task_id: str, saved: LogFields, wanted: LogFields, rules: TaskRules
) -> dict[str, Value]:
    """The argument of a saveLog that updates: the Task's id and what differs from `saved`."""
    before, after = task_fields(saved, rules), task_fields(wanted, rules)
    return {"Id": task_id, **{k: v for k, v in after.items() if before[k] != v}}


def links(fields: LogFields) -> tuple[str | None, str | None]:
    """WhoId and WhatId: what the agent picked, else what the call's record allows.

    A Lead forbids a WhatId; ids of neither kind (users, tasks, events) make no link.
    """
    who, what = _links_of(fields.record) if fields.record else (None, None)
    if fields.draft.who is not None:
        who = fields.draft.who.id if is_person(fields.draft.who.id) else None
    if fields.draft.what is not None:
        what = fields.draft.what.id if is_thing(fields.draft.what.id) else None
    if who is not None and who.startswith("00Q"):
        what = None
    return who, what


def _links_of(record: Record) -> tuple[str | None, str | None]:
    contact = record.contact_id if is_person(record.contact_id) else None
    if record.person_account and contact:
        return contact, None
    if is_person(record.id):
        return record.id, None
    return contact, record.id if is_thing(record.id) else None


def is_person(record_id: str) -> bool:
    """Whether the id may stand in WhoId: Contact (003) or Lead (00Q)."""
    return is_record_id(record_id) and record_id.startswith(_PERSONS)


def is_thing(record_id: str) -> bool:
    """Whether the id may stand in WhatId: Account, Case, Opportunity, … or a custom object."""
    return is_record_id(record_id) and record_id.startswith(_THINGS)


def _subject(fields: LogFields, rules: TaskRules) -> str:
    if fields.draft.subject and fields.draft.subject.strip():
        return fields.draft.subject
    named = fields.record.name if fields.record else ""
    party = named or fields.name or fields.number or "an unknown number"
    return rules.subjects[fields.direction].format(party=party)


@lru_cache(maxsize=1024)
def _local_date(at: int, time_zone: str) -> str:
    """The agent's own date, YYYY-MM-DD; UTC's where the zone is unknown."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    try:
        return moment.astimezone(ZoneInfo(time_zone)).date().isoformat()
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
        return moment.date().isoformat()
