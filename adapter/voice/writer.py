"""Writes a call log as a VoiceCall record (page.port.RecordWriter)."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.logmodel import Attempt, CallLog
from adapter.page.port import IncomingCall, WriteOutcome
from adapter.voice.client import VoiceClient
from adapter.voice.record import RecordRules, Times, complete_body, create_body


@dataclass(frozen=True, slots=True)
class VoiceWriter:
    """One contact center's records."""

    client: VoiceClient
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
        facts = log.facts
        over = facts.transferred or facts.ended
        times = Times(
            started=attempt.fields.started_at,
            accepted=facts.connected.value if facts.connected else None,
            ended=over.value if over else None,
        )
        body = complete_body(attempt.fields, times, self.rules)
        return await self.client.complete(log.log_id, body)
