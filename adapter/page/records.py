"""Writes records from this backend to Salesforce; each attempt's outcome becomes an event.

Law of this file: every outcome reaches the log, or the log's deadline covers it. A creation is
sent once, by the replica that committed the claim.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from adapter.core.effects import OpenRecord
from adapter.core.events import RecordOpened
from adapter.core.logs.events import (
    LogEvent,
    RecordRefused,
    RecordUnknown,
    RecordWritten,
    WriteRecord,
)
from adapter.core.logs.model import CallLog, SaveError
from adapter.core.model import AgentKey
from adapter.page.port import IncomingCall, RecordWriter, Refused, Unknown, WriteOutcome, Written
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.storage.port import StorageError

log = structlog.get_logger(__name__)

NO_WRITER = Refused("NO_WRITER", "Salesforce Voice is not set up for this org.", wait_ms=60_000)


@dataclass(eq=False, repr=False)
class Records:
    """Performs OpenRecord and WriteRecord; `writer_of` gives the writer of the agent's org."""

    agents: Agents
    tasks: Tasks
    clock: Clock
    writer_of: Callable[[AgentKey], RecordWriter | None]

    def open(self, key: AgentKey, effect: OpenRecord) -> None:
        """Start to create the record of a ringing call; returns at once."""
        self.tasks.start(f"open record {effect.call_id}", self._open_record(key, effect))

    def write(self, key: AgentKey, call_log: CallLog, effect: WriteRecord) -> None:
        """Start to complete a call's record; returns at once."""
        self.tasks.start(f"write record {effect.log_id}", self._write_record(key, call_log, effect))

    async def _open_record(self, key: AgentKey, effect: OpenRecord) -> None:
        writer = self.writer_of(key)
        if writer is None:
            return
        call = IncomingCall(effect.call_id, key, effect.number, effect.own_number, effect.at)
        outcome = await writer.open(call)
        if not isinstance(outcome, Written):
            # The page then announces the call without a record, and Salesforce creates one.
            about = {"agent": str(key), "call": effect.call_id}
            log.warning("record.not_opened", **about, why=_reason(outcome))
            return
        try:
            opened = RecordOpened(self.clock.now(), effect.call_id, outcome.record_id)
            await self.agents.handle(key, opened)
        except StorageError as error:
            about = {"agent": str(key), "call": effect.call_id}
            log.error("record.opening_lost", **about, reason=str(error))

    async def _write_record(self, key: AgentKey, call_log: CallLog, effect: WriteRecord) -> None:
        writer = self.writer_of(key)
        outcome = NO_WRITER if writer is None else await writer.write(call_log, effect.attempt)
        number = effect.attempt.number
        if not isinstance(outcome, Written):
            about = {"agent": str(key), "call": effect.log_id}
            log.warning("record.not_written", **about, attempt=number, why=_reason(outcome))
        try:
            event = event_of(outcome, number, self.clock.now())
            await self.agents.handle_log_event(key, effect.log_id, event)
        except StorageError as error:
            # At its deadline the attempt counts as unknown and is repeated.
            about = {"agent": str(key), "call": effect.log_id}
            log.error("record.outcome_lost", **about, reason=str(error))


def event_of(outcome: WriteOutcome, number: int, now: int) -> LogEvent:
    """The log's event for an attempt's outcome; `now` is Unix milliseconds."""
    match outcome:
        case Written(record_id):
            return RecordWritten(now, number, record_id)
        case Refused(code, message, permanent, wait_ms):
            errors = (SaveError(code, message, transient=not permanent),)
            return RecordRefused(now, number, errors, permanent, wait_ms)
        case Unknown():
            return RecordUnknown(now, number)


def _reason(outcome: Refused | Unknown) -> str:
    return outcome.code if isinstance(outcome, Refused) else outcome.reason
