"""What is kept of a finished call, and which of these calls an agent looks for. Pure.

Law of this file: the declaration of `PastCall` is the format of its row. Fields that older versions
did not write have defaults; `record` is only the ID, so that those versions can read the row too.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from adapter.core.draft import Record
from adapter.core.facts import INBOUND, MISSED, OUTBOUND, Direction, Outcome
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, Call
from adapter.core.numbers.phone import plain
from adapter.core.values import Value


class PastCall(Value, frozen=True):
    """One finished call of one agent; times are Unix milliseconds, `talk_seconds` None without one.

    `name` is the other party's, `record` the ID of the Salesforce record that the call is about;
    `extension` was sent once the call was connected.
    """

    agent: str
    direction: Direction
    number: str
    record: str
    started: int | None
    ended: int
    outcome: Outcome
    talk_seconds: int | None
    name: str = ""
    record_name: str = ""
    record_type: str = ""
    extension: str = ""


def past_call(agent: Agent, call: Call | CallLog) -> PastCall | None:
    """The history entry of a call or of its log, which may know more; None if it is not over."""
    facts = call.facts
    over = facts.transferred or facts.ended
    if over is None:
        return None
    record = _record(call)
    talk = facts.talk_ms
    return PastCall(
        agent.name,
        facts.direction.value if facts.direction else OUTBOUND,
        call.number or (facts.number.value if facts.number else ""),
        record.id,
        facts.started.value if facts.started else None,
        over.value,
        facts.result,
        None if talk is None else (talk + 500) // 1000,
        facts.name.value if facts.name else "",
        record.name,
        record.object_type,
        call.details.extension,
    )


def _record(call: Call | CallLog) -> Record:
    """The record that the call is about: the agent's own link before the one that was clicked."""
    for record in (call.draft.who, call.draft.what, call.record):
        if record is not None and record.id:
            return record
    return Record("")


class Kind(StrEnum):
    """Which calls: all, missed inbound calls, or calls that the agent made."""

    ALL = "all"
    MISSED = "missed"
    MINE = "mine"


class HistoryQuery(Struct, frozen=True):
    """What an agent looks for among their own calls; empty fields match everything.

    `text` is a part of a name, or of a number in any spelling; `record` is the ID of a Salesforce
    record (15 or 18 characters).
    """

    kind: Kind = Kind.ALL
    text: str = ""
    record: str = ""

    def wants(self, call: PastCall) -> bool:
        """Whether the call matches."""
        if self.kind is Kind.MISSED and call.outcome is not MISSED:
            return False
        if self.kind is Kind.MINE and call.direction is INBOUND:
            return False
        # An 18-character ID is the 15-character one with a checksum.
        if self.record and call.record[:15] != self.record[:15]:
            return False
        return not self.text or self._text_matches(call)

    def _text_matches(self, call: PastCall) -> bool:
        text = self.text.casefold().strip()
        names = f"{call.name}\n{call.record_name}\n{call.number}"
        if text in names.casefold():
            return True
        digits = _digits(text)
        # Text with letters is only searched for in names; punctuation of a number is ignored.
        return bool(digits) and not any(map(str.isalpha, text)) and digits in _digits(call.number)


def _digits(text: str) -> str:
    """The digits without leading zeros, which are not part of the international number."""
    return "".join(filter(str.isdigit, plain(text))).lstrip("0")
