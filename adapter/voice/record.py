"""From a call and its log to the bodies of the Telephony Integration API. Pure.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
A VoiceCall of an outbound call is made by Salesforce itself, from what the connector page tells;
one of an inbound call is created here, while it rings. Both are completed by the vendor's call
key, which is our call id. The same completion may be sent again: it says the same once more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapter.core.facts import INBOUND, Outcome
from adapter.core.logmodel import Attempt, CallLog, LogFields

Json = dict[str, Any]

ATTRIBUTE_LIMIT = 32_000
"""Characters of the agent's notes; a long text area of Salesforce's holds no more."""

TEXT_LIMIT = 255
"""Characters of a number."""

END_USER = "END_USER"
WITHHELD, UNKNOWN = "anonymous", "unknown"
"""For numbers that nobody told us: both ends of a call are required."""


@dataclass(frozen=True, slots=True)
class RecordRules:
    """What differs between contact centers: the API name, and the words for outcomes."""

    contact_center: str
    disposition: Callable[[Outcome], str] = lambda outcome: outcome.value


@dataclass(frozen=True, slots=True)
class Times:
    """When a call began, was accepted and ended, in Unix milliseconds; None where never."""

    started: int
    accepted: int | None
    ended: int | None


def create_body(
    call_id: str, *, caller: str, called: str, started: int, rules: RecordRules
) -> Json:
    """The record of an inbound call that rings now; numbers as they are, `started` in Unix ms.

    `initiationMethod` knows no outbound calls: Salesforce refuses them.
    """
    return {
        "callCenterApiName": rules.contact_center,
        "vendorCallKey": call_id,
        "from": caller or WITHHELD,
        "to": called or UNKNOWN,
        "initiationMethod": "Inbound",
        "startTime": instant(started),
        "participants": [{"participantKey": caller or WITHHELD, "type": END_USER}],
    }


def completion_of(log: CallLog, attempt: Attempt, rules: RecordRules) -> Json:
    """The completion that this attempt of the log sends."""
    facts = log.facts
    over = facts.transferred or facts.ended
    times = Times(
        started=attempt.fields.started_at,
        accepted=facts.connected.value if facts.connected else None,
        ended=over.value if over else None,
    )
    return complete_body(attempt.fields, times, rules)


def complete_body(fields: LogFields, times: Times, rules: RecordRules) -> Json:
    """What closes the record: times, how it ended, and the agent's words as attributes.

    A duration needs both ends, so a call without a known end ends when it was last heard of.
    """
    ended = times.ended if times.ended is not None else times.accepted or times.started
    body: Json = {
        "startTime": instant(times.started),
        "endTime": instant(max(times.started, ended)),
        "isActiveCall": False,
        "disconnectReason": _reason(fields, rules),
        "callAttributes": json.dumps(attributes(fields, rules), ensure_ascii=False),
    }
    if times.accepted is not None:
        body["acceptTime"] = instant(times.accepted)
    if fields.direction is INBOUND and fields.number:
        # Where no record could be made while it rang, this one makes it.
        body["fromNumber"] = fields.number[:TEXT_LIMIT]
    return body


def attributes(fields: LogFields, rules: RecordRules) -> Json:
    """The agent's words and what we know of the outcome, by the names that flows can read.

    Reserved by Salesforce, hence never among them: CallerContactInfo, SourceType.
    """
    draft, record = fields.draft, fields.record
    who, what = draft.who, draft.what
    said: Json = {
        "softphoneName": fields.name,
        "softphoneSubject": draft.subject,
        "softphoneNotes": draft.notes[:ATTRIBUTE_LIMIT] if draft.notes else None,
        "softphoneDisposition": draft.disposition or rules.disposition(fields.outcome),
        "softphoneOutcome": fields.outcome.value,
        "softphoneTalkSeconds": ((fields.talk_ms or 0) + 500) // 1000,
        "softphoneWhoId": who.id if who else None,
        "softphoneWhatId": what.id if what else None,
        "softphoneRecordId": record.id if record else None,
        "softphoneFollowUp": draft.follow_up,
        "softphoneRecording": fields.recording,
        "softphoneSummary": fields.summary[:ATTRIBUTE_LIMIT],
    }
    return {name: value for name, value in said.items() if value not in (None, "")}


def _reason(fields: LogFields, rules: RecordRules) -> Json:
    """Why it is over; nobody having talked is what Salesforce calls an error."""
    return {"value": rules.disposition(fields.outcome), "isError": fields.talk_ms is None}


def instant(at: int) -> str:
    """Unix milliseconds as Salesforce writes a moment: UTC, with milliseconds."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
