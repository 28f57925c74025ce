"""Does on the heap what page.records and page.pops do for records that the adapter writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapter.core.effects import OpenRecord
from adapter.core.events import RecordClaimed, RecordOpened
from adapter.core.logs.events import WriteRecord
from adapter.core.logs.model import CallLog
from adapter.core.model import AgentKey, RingingInbound
from adapter.core.route import Route
from adapter.page.port import WriteOutcome, Written
from adapter.page.records import event_of
from adapter.runtime.turn import ForLog
from adapter.storage.port import Snapshot

if TYPE_CHECKING:
    from qa.simulation.core.process import CoreProcess
    from qa.simulation.voicecalls import FakeVoiceCalls

Heard = Callable[[WriteOutcome], None]


class Records:
    """Creates and completes the records of one process."""

    def __init__(self, process: CoreProcess, calls: FakeVoiceCalls, now: Callable[[], int]) -> None:
        self._process = process
        self._calls = calls
        self._now = now

    def claim(self, key: AgentKey, snapshot: Snapshot) -> None:
        """Claim a ringing call's record: the process that commits the claim creates it."""
        if snapshot.agent.route is not Route.BACKEND:
            return
        for call in snapshot.agent.calls:
            if isinstance(call.stage, RingingInbound) and not call.stage.popped:
                claim = RecordClaimed(self._now(), call.call_id)
                self._process.later(0.0, self._process.commits.tell, key, [claim])

    def open(self, key: AgentKey, effect: OpenRecord) -> None:
        """Create the record; sent once."""

        def opened(outcome: WriteOutcome) -> None:
            if isinstance(outcome, Written):
                event = RecordOpened(self._now(), effect.call_id, outcome.record_id)
                self._process.commits.tell(key, [event])

        self._calls.open(effect, self._if_alive(opened))

    def write(self, key: AgentKey, log: CallLog, effect: WriteRecord) -> None:
        """Complete the record; may be repeated."""

        def written(outcome: WriteOutcome) -> None:
            event = event_of(outcome, effect.attempt.number, self._now())
            self._process.commits.tell(key, [ForLog(effect.log_id, event)])

        self._calls.write(log, effect.attempt, self._if_alive(written))

    def _if_alive(self, hear: Heard) -> Heard:
        """Wrap a callback: an answer to a dead process is dropped."""
        return lambda outcome: hear(outcome) if self._process.alive else None
