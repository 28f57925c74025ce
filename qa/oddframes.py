"""One odd value in a field of a page's message costs that value, but never the message.

`python -m qa.oddfields` plays these too. Fields that name a call, a number, a save or a time stay
strict: without the value the message would mean something else, so it is refused.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from adapter.page.messages import BadFrame, PageMessage, decode

RECORD = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
FRAMES: tuple[dict[str, Any], ...] = (
    {
        "type": "hello", "ticket": "t1", "page_id": "p1", "build": "b", "time_zone": "UTC",
        "visible": True, "focused": True, "journal": [],
    },
    {
        "type": "dial", "request_id": "r1", "number": "+12025550143", "clicked_at": 1, "sent_at": 2,
        "record": RECORD, "params": "sourceId=7", "work_id": "w1", "ring_profile": "desk",
    },
    {
        "type": "wrapup", "call_id": "c1", "subject": "Call", "notes": "Nice.", "follow_up": True,
        "disposition": "Sold", "who": {"id": "003000000000001AAA"}, "fields": {"Region__c": "EU"},
    },
    {"type": "matches", "call_id": "c1", "records": [RECORD]},
    {
        "type": "settings", "wrap_up_seconds": 30, "dispositions": ["Sold"], "problems": ["x"],
        "default_country": "DE", "task_fields": {"Type": "Call"}, "ask_fields": [{"name": "A__c"}],
    },
    {"type": "work", "work_id": "w1", "to": "+12025550143", "complete_when": "TaskSaved"},
    {
        "type": "result", "log_id": "l1", "attempt": 1, "nonce": "n", "outcome": "ok",
        "task_id": "00T000000000001AAA", "errors": [],
    },
)  # fmt: skip
NEEDED = {
    "hello": {"ticket", "page_id"},
    "dial": {"request_id", "number", "clicked_at", "sent_at"},
    "wrapup": {"call_id", "done"},
    "matches": {"call_id"},
    "settings": set[str](),
    "work": {"work_id"},
    "result": {"log_id", "attempt", "nonce", "outcome"},
}
"""The fields without which a message is meaningless."""


def spoilt(dice: random.Random, odd: tuple[bytes, ...]) -> str | None:
    """Read one frame with one odd value; returns what went wrong, or ""."""
    frame = dice.choice(FRAMES)
    kind = frame["type"]
    name, value = dice.choice([*frame][1:]), json.loads(dice.choice(odd))
    change = f"{kind} {name} {json.dumps(value)[:60]}"
    clean = decode(json.dumps(frame))
    try:
        read = decode(json.dumps({**frame, name: value}))
    except BadFrame:
        return None if name in NEEDED[kind] else f"the frame is refused: {change}"
    lost = [other for other in _others(frame, name) if _of(read, other) != _of(clean, other)]
    return f"{', '.join(lost)} were lost with it: {change}" if lost else None


def json_only(odd: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The odd values that a page can send at all: JSON as browsers write it."""
    return tuple(value for value in odd if _is_json(value))


def _is_json(value: bytes) -> bool:
    try:
        json.loads(value.decode(), parse_constant=lambda _: json.loads(""))
    except (ValueError, RecursionError):
        return False
    return True


def _others(frame: dict[str, Any], name: str) -> Iterator[str]:
    return (other for other in frame if other not in {name, "type"})


def _of(message: PageMessage, name: str) -> Any:
    return getattr(message, name)
