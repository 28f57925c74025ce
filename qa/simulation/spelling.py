"""Odd spellings that networks and phones write into a caller's name and number.

Half an emoji, control characters, three hundred letters, display forms, words for a withheld
number. They go through the driver's own parser as JSON, in webhooks and in CDRs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.updates import Moment

NAMES: tuple[Any, ...] = (
    *("Zo\ud83d", "\ude00 Ann", "An\u0000n", "Ann\r\nBo\u0007", "\u202eEve", "\ufeffAnn\u200b"),
    *("x" * 300, "💥" * 120, "UNKNOWN", "Caller, Unknown", "<script>alert(1)</script>", " "),
    *(5.2, ["Ann"], {"name": "Ann"}, True),
)

WITHHELD: tuple[Any, ...] = (
    *("UNKNOWN", "anonymous", "Restricted", "266696687", "Anonymous <sip:anonymous@host.invalid>"),
    *("sip:anonymous@anonymous.invalid", "", " ", "0000000000", "9" * 300, [1], "\ud83d"),
)

WRITTEN: tuple[str, ...] = (
    '"Ann" <sip:{}@sip.example.org>',
    "<sip:{}@192.0.2.7:5060>",
    "sip:{}@sip.example.org;user=phone",
    "SIPS:{}@sip.example.org",
    "tel:{}",
)

NOBODY = "an unknown number"
"""How the Task names a caller without a number."""

TYPES = {
    Moment.RINGING: "call.ringing",
    Moment.DIALED: "call.initiated",
    Moment.CONNECTED: "call.answered",
    Moment.ENDED: "call.end",
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """The odd fields of one call, and what its Task must name ("" if that is open)."""

    fields: dict[str, Any] = field(default_factory=dict)
    named: str = ""


def of_caller(random: Random, number: str) -> Spelling:
    """A random spelling of this caller by the network."""
    roll = random.random()
    if roll < 0.4:
        name = random.choice(("from_name", "from_label"))
        return Spelling({name: random.choice(NAMES)})
    if roll < 0.7:
        return Spelling({"from_number": random.choice(WITHHELD)}, NOBODY)
    return Spelling({"from_number": random.choice(WRITTEN).format(number)}, number)


def of_line(random: Random) -> Spelling:
    """A random spelling of the agent's own end of an outbound call."""
    return Spelling(
        {
            "from_name": random.choice(NAMES),
            "from_number": random.choice(WITHHELD),
        }
    )


def body(event_id: str, moment: Moment, record: CdrRow, spelling: Spelling) -> bytes:
    """The body of a webhook; lone surrogates are escaped, as JSON allows."""
    data = {"call_id": record.provider_call_id, **row_of(record), **spelling.fields}
    return json.dumps({"id": event_id, "type": TYPES[moment], "data": data}).encode()


def row_of(record: CdrRow) -> dict[str, Any]:
    """The fields that an event and a CDR share; unknown ones are left out."""
    fields = {
        "user": record.user_id,
        "direction": record.direction,
        "from_number": record.from_number,
        "to_number": record.to_number,
        "status": record.status,
        "hangup_cause": record.cause,
    }
    times = ("started_at", "answered_at", "connected_at", "ended_at")
    fields |= {name: _stamp(getattr(record, name)) for name in times}
    return {name: value for name, value in fields.items() if value is not None}


def _stamp(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat()
