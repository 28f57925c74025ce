"""Salesforce's Telephony Integration API on the virtual clock: busy, silent, late, or locked.

Writes must satisfy the stand-in's rules. The checker sees a record as the Task that it replaces.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from adapter.core.effects import OpenRecord
from adapter.core.logs.model import Attempt, CallLog
from adapter.page.port import Unknown, WriteOutcome
from adapter.voice.client import TOTAL_SECONDS, read_outcome
from adapter.voice.record import RecordRules, completion_of, create_body
from adapter.voice.standin.book import Book, Center, Reply
from adapter.voice.standin.rules import Json
from qa.checker.history import Fields, StoredLog, TaskWrite
from qa.simulation.dice import Dice
from qa.simulation.spelling import NOBODY
from qa.simulation.virtual import Timers

CENTER = "SoftphoneVoice"
LATE_SECONDS = 25.0
"""How many seconds after it was sent a request may still be carried out."""

Answered = Callable[[WriteOutcome], None]

NO_KEY = cast("Any", None)
"""No signing key: tests with real sockets check signatures; here they would be most of the work."""


class FakeVoiceCalls:
    """One org's records, and every write to them in order."""

    def __init__(
        self, dice: Dice, now: Callable[[], int], loop: Timers, rules: RecordRules
    ) -> None:
        self.book = Book(Center("00D", CENTER, NO_KEY))
        self.writes: list[TaskWrite] = []
        self.under_way = 0
        self._rules = rules
        self._locked_until = -1
        self._dice = dice
        self._now = now
        self._loop = loop

    def open(self, effect: OpenRecord, answered: Answered) -> None:
        """Create the record of a ringing call."""
        self.create(
            effect.call_id,
            create_body(
                effect.call_id,
                caller=effect.number,
                called=effect.own_number,
                started=effect.at,
                rules=self._rules,
            ),
            answered,
        )

    def create(self, key: str, body: Json, answered: Answered) -> None:
        """POST a creation; answered once, later."""
        self._send(key, lambda: self.book.create(body), answered)

    def write(self, log: CallLog, attempt: Attempt, answered: Answered) -> None:
        """Complete the record by its key."""
        self.complete(log.log_id, completion_of(log, attempt, self._rules), answered)

    def complete(self, key: str, body: Json, answered: Answered) -> None:
        """PATCH a completion; answered once, later."""

        def act() -> Reply:
            reply = self.book.complete(key, body)
            if reply.is_good:
                record = self.book.records[key]
                # By our own key, because no answer to a completion contains the record's id.
                self.writes.append(TaskWrite(self._now(), key, as_task(record)))
            return reply

        self._send(key, act, answered)

    def _send(self, key: str, act: Callable[[], Reply], answered: Answered) -> None:
        dice, odds = self._dice, self._dice.odds
        if dice.breaks(odds.api_locked, "api-locked", key):
            self._locked_until = self._now() + 60_000
        status = 401 if self._now() < self._locked_until else 0
        if not status and dice.breaks(odds.api_429, "api-429", key):
            status = 429
        if not status and dice.breaks(odds.api_500, "api-500", key):
            status = dice.random.choice((500, 502, 503))
        wait = dice.between(0.05, 1.5)
        if status:
            headers = {"retry-after": str(dice.random.choice((1, 20)))} if status == 429 else {}
            self._loop.call_later(wait, answered, read_outcome(status, headers, None))
        elif dice.breaks(odds.api_vanished, "api-vanished", key):
            self._loop.call_later(TOTAL_SECONDS, answered, Unknown("vanished"))
        elif dice.breaks(odds.api_lost, "api-lost", key):
            self._later(wait, act)
            self._loop.call_later(TOTAL_SECONDS, answered, Unknown("lost"))
        elif dice.breaks(odds.api_late, "api-late", key):
            self._later(dice.between(TOTAL_SECONDS, LATE_SECONDS), act)
            self._loop.call_later(TOTAL_SECONDS, answered, Unknown("late"))
        else:
            self._later(wait, act, answered)

    def _later(
        self, seconds: float, act: Callable[[], Reply], answered: Answered = lambda _: None
    ) -> None:
        self.under_way += 1

        def carried_out() -> None:
            self.under_way -= 1
            reply = act()
            answered(read_outcome(reply.status, {}, reply.body))

        self._loop.call_later(seconds, carried_out)


class FakeClient:
    """An `adapter.voice.client.VoiceClient` without sockets."""

    def __init__(self, calls: FakeVoiceCalls, loop: Any) -> None:
        self._calls = calls
        self._loop = loop

    async def create(self, body: Json) -> WriteOutcome:
        """Send a creation, once."""
        future = self._loop.create_future()
        self._calls.create(body["vendorCallKey"], body, _resolve(future))
        return cast("WriteOutcome", await future)

    async def complete(self, call_id: str, body: Json) -> WriteOutcome:
        """Send a completion; may be repeated."""
        future = self._loop.create_future()
        self._calls.complete(call_id, body, _resolve(future))
        return cast("WriteOutcome", await future)


def _resolve(future: Any) -> Answered:
    def resolve(outcome: WriteOutcome) -> None:
        if not future.done():
            future.set_result(outcome)

    return resolve


def as_task(record: Json) -> Fields:
    """What a completed record says, under the field names of the Task that it replaces."""
    attributes = json.loads(record["callAttributes"])
    return {
        "CallObject": record["vendorCallKey"],
        "CallDurationInSeconds": attributes["softphoneTalkSeconds"],
        "CallDisposition": attributes.get("softphoneDisposition"),
        "WhoId": attributes.get("softphoneWhoId") or attributes.get("softphoneRecordId"),
        "Subject": f"{attributes.get('softphoneName', '')} {record.get('fromNumber', NOBODY)}",
        "Description": attributes.get("softphoneNotes", ""),
    }


def incomplete(book: Book, logs: list[StoredLog]) -> list[str]:
    """Records that were never closed, and calls whose logs claim a record that does not exist."""
    closed = {
        key
        for key, record in book.records.items()
        if record.get("CallDisposition") == "completed" and "endTime" in record
    }
    settled = {log.log_id for log in logs if log.state == "settled"}
    in_hand = {log.log_id for log in logs if log.state in {"tray", "closed"}}
    return sorted((settled - closed) | (book.records.keys() - closed - in_hand))
