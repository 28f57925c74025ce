"""Writes a call log as a VoiceCall record (page.port.RecordWriter)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from adapter.core.logmodel import Attempt, CallLog
from adapter.page.port import IncomingCall, WriteOutcome
from adapter.voice.record import Json, RecordRules, completion_of, create_body


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
