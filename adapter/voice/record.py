"""From a call and its log to the bodies of the Telephony Integration API. Pure.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
Salesforce itself creates the VoiceCall of an outbound call from what the connector page reports; we
create that of an inbound call while it rings. Both are completed by the vendor's call key, which is
our call id. A completion may be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from adapter.core.facts import INBOUND, Outcome
from adapter.core.logs.model import Attempt, CallLog, LogFields
from adapter.page.port import IncomingCall, WriteOutcome

Json = dict[str, Any]

ATTRIBUTE_LIMIT = 32_000
"""Characters of the agent's notes: the limit of Salesforce's long text area."""

TEXT_LIMIT = 255
"""Characters of a number."""

END_USER = "END_USER"
WITHHELD, UNKNOWN = "anonymous", "unknown"
"""Placeholders for unknown numbers, because both numbers are required."""


@dataclass(frozen=True, slots=True)
class RecordRules:
    """What differs between contact centers: the API name and the dispositions."""

    contact_center: str
    disposition: Callable[[Outcome], str] = lambda outcome: outcome.value


@dataclass(frozen=True, slots=True)
class Times:
    """When a call began, was accepted and ended, in Unix milliseconds; None: not at all."""

    started: int
    accepted: int | None
    ended: int | None


def create_body(
    call_id: str, *, caller: str, called: str, started: int, rules: RecordRules
) -> Json:
    """The body that creates an inbound call's record; `started` is Unix milliseconds.

    Salesforce accepts no outbound calls here, so `initiationMethod` is always Inbound.
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
    """The body that completes the log's record in this attempt."""
    facts = log.facts
    over = facts.transferred or facts.ended
    times = Times(
        started=attempt.fields.started_at,
        accepted=facts.connected.value if facts.connected else None,
        ended=over.value if over else None,
    )
    return complete_body(attempt.fields, times, rules)


def complete_body(fields: LogFields, times: Times, rules: RecordRules) -> Json:
    """The body that completes a record: times, disconnect reason, and the log as attributes.

    A duration needs an end, so a call without one ends at its last known time.
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
        # If no record was created while the call rang, this request creates it.
        body["fromNumber"] = fields.number[:TEXT_LIMIT]
    return body


def attributes(fields: LogFields, rules: RecordRules) -> Json:
    """The agent's entries and the outcome, by names that flows can read.

    Salesforce reserves CallerContactInfo and SourceType, so they are never used.
    """
    draft, record = fields.draft, fields.record
    who, what = draft.who, draft.what
    values: Json = {
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
    return {name: value for name, value in values.items() if value not in (None, "")}


def _reason(fields: LogFields, rules: RecordRules) -> Json:
    """The disconnect reason; a call without talk is an error in Salesforce's terms."""
    return {"value": rules.disposition(fields.outcome), "isError": fields.talk_ms is None}


def instant(at: int) -> str:
    """Unix milliseconds in Salesforce's format: UTC, with milliseconds."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- writing a call log as a VoiceCall record (page.port.RecordWriter) ----------------------------


class Client(Protocol):
    """Sends requests (adapter.voice.client). Neither method raises."""

    async def create(self, body: Json) -> WriteOutcome:
        """Create a record; sent once."""

    async def complete(self, call_id: str, body: Json) -> WriteOutcome:
        """Complete the record with that key. Safe to repeat."""


@dataclass(frozen=True, slots=True)
class VoiceWriter:
    """Writes one contact center's records."""

    client: Client
    rules: RecordRules

    async def open(self, call: IncomingCall) -> WriteOutcome:
        """Create the record of a ringing call; sent once."""
        body = create_body(
            call.call_id,
            caller=call.caller,
            called=call.called,
            started=call.at,
            rules=self.rules,
        )
        return await self.client.create(body)

    async def write(self, log: CallLog, attempt: Attempt) -> WriteOutcome:
        """Complete the record; our call id is the vendor key. Safe to repeat."""
        body = completion_of(log, attempt, self.rules)
        return await self.client.complete(log.log_id, body)
