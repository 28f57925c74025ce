"""Writes a call log as a VoiceCall record (page.port.RecordWriter)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from adapter.core.logmodel import Attempt, CallLog
from adapter.page.port import IncomingCall, WriteOutcome
from adapter.voice.record import Json, RecordRules, completion_of, create_body


class Client(Protocol):
    """The way to the records (adapter.voice.client). Neither raises."""

    async def create(self, body: Json) -> WriteOutcome:
        """Make a record; sent once."""

    async def complete(self, call_id: str, body: Json) -> WriteOutcome:
        """Complete the record with that key; may be repeated."""


@dataclass(frozen=True, slots=True)
class VoiceWriter:
    """One contact center's records."""

    client: Client
    rules: RecordRules

    async def open(self, call: IncomingCall) -> WriteOutcome:
        """The record of a call that rings; sent once."""
        body = create_body(
            call.call_id,
            caller=call.caller,
            called=call.called,
            started=call.at,
            rules=self.rules,
        )
        return await self.client.create(body)

    async def write(self, log: CallLog, attempt: Attempt) -> WriteOutcome:
        """Complete it, by our call id as the vendor's key; may be repeated."""
        body = completion_of(log, attempt, self.rules)
        return await self.client.complete(log.log_id, body)
