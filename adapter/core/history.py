"""What is remembered of a call that is over, and which of them an agent looks for. Pure.

Law of this file: how a `PastCall` is declared is how its row looks. What older versions did not
write has a default; `record` is the id alone, so that they can read the row too.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from adapter.core.draft import Record
from adapter.core.facts import INBOUND, MISSED, OUTBOUND, Direction, Outcome
from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, Call
from adapter.core.phone import plain
from adapter.core.values import Value


class PastCall(Value, frozen=True):
    """One call of one agent; times are Unix milliseconds, `talk_seconds` None without a talk.

    `name` is the other party's, `record` the id of the Salesforce record that the call is about;
    `extension` was sent once connected.
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
    """What is remembered of it; None while it is not over.

    Of a call and its log either can tell; where there are both, the log may know more.
    """
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
    """The record that the call is about: what the agent linked goes before what was clicked."""
    for record in (call.draft.who, call.draft.what, call.record):
        if record is not None and record.id:
            return record
    return Record("")


class Kind(StrEnum):
    """Which calls: all, those that came in and were not taken, those that the agent started."""

    ALL = "all"
    MISSED = "missed"
    MINE = "mine"


class HistoryQuery(Struct, frozen=True):
    """What an agent looks for among their own calls.

    `text` is a part of a name, or of a number however it is written; `record` the id of a
    Salesforce record (15 or 18 letters). What is empty is not asked for.
    """

    kind: Kind = Kind.ALL
    text: str = ""
    record: str = ""

    def wants(self, call: PastCall) -> bool:
        """Whether the agent looks for it."""
        if self.kind is Kind.MISSED and call.outcome is not MISSED:
            return False
        if self.kind is Kind.MINE and call.direction is INBOUND:
            return False
        # Salesforce's ids of 18 letters are those of 15 and a check sum.
        if self.record and call.record[:15] != self.record[:15]:
            return False
        return not self.text or self._tells(call)

    def _tells(self, call: PastCall) -> bool:
        text = self.text.casefold().strip()
        names = f"{call.name}\n{call.record_name}\n{call.number}"
        if text in names.casefold():
            return True
        digits = _digits(text)
        # Letters are looked for in names alone: a "+", a bracket, a hyphen are not what counts.
        return bool(digits) and not any(map(str.isalpha, text)) and digits in _digits(call.number)


def _digits(text: str) -> str:
    """The digits without the zeros at the front, which abroad are not dialed."""
    return "".join(filter(str.isdigit, plain(text))).lstrip("0")
