"""One odd value in a field from the provider or a page: no call is lost and none is doubled.

`python -m qa.oddfields --calls 100000 --seed 1` plays that many calls through parsing, deciding and
every deadline. In each, one field of a webhook, of the CDR or of a list of users has an
undocumented value. As many frames of pages have one, too (`qa.oddframes`). It ends with one line of
JSON, or with the call that was lost.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from msgspec.structs import replace

from adapter.core.facts import Facts
from adapter.core.logs.model import LogFields
from adapter.telephony import strictjson
from adapter.telephony.dialstack import fields, wire
from adapter.telephony.dialstack.cdr import parse_record
from adapter.telephony.dialstack.meaning import cdr_from_row
from adapter.telephony.strictjson import Malformed
from adapter.telephony.updates import event_for
from qa import oddframes
from tests.core.people import LINE, NUMBER, T0, click
from tests.core.world import World

TALK_MS = 60_000

ODD: tuple[bytes, ...] = (
    *(b"null", b"true", b"false", b"0", b"-1", b"5.2", b'"5.2"', b"[]", b"{}", b'""', b'" "'),
    *(b"NaN", b"-Infinity", b"1e999", b"1" + b"0" * 40, b"9" * 400, b"-0.0", b"1e-999"),
    *(rb'"Zoe \ud83d"', rb'"\ude00\ud83d"', rb'"\u0000"', rb'"a\u0000b"', b'"Zo\xeb"'),
    *(b'"\x00"', b'"a\nb"', b'"' + b"x" * 5_000 + b'"', '"\u202e+49"'.encode(), '"💥"'.encode()),
    *(b'["' + b'x","' * 50 + b'"]', b"[" * 20 + b"]" * 20, b'{"a":{"a":1}}', b'{"a":1,"a":2}'),
    *(b'"1970-01-01T00:00:00Z"', b'"2099-01-01T00:00:00Z"', b'"yesterday"', b'"\xff\xfe"'),
    *(
        b'"2019-02-03T04:05:06Z"',
        b"4070908800",
        b"1000",
        b"86400000000",
        b'"sideways"',
        b'"\xff\xfe"',
    ),
    *(b'"anonymous"', b'"+"', b'"<script>"', b'"../../etc/passwd"', b"17.5", b'"17.5"', b"999"),
)
IDS = frozenset({"call_id", "id", "user"})
NO_IDS = tuple(odd for odd in ODD if fields.ident(strictjson.loads(odd)) is None)
"""Odd values that are still valid ids would name another call or user, so they are left out."""

EXTRA = ("summary", "quality_metrics", "sentiment", "endpoint", "did", "answered_by")


def stamp(at: int) -> str:
    """A time in the provider's format."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).isoformat()


@dataclass
class Play:
    """One seeded run."""

    dice: random.Random
    counts: Counter[str] = field(default_factory=Counter)

    def call(self) -> str | None:
        """Play one call; returns what went wrong, or ""."""
        outbound = self.dice.random() < 0.5
        events, row = _said(outbound)
        texts = [_text(event) for event in (*events, row)]
        victim = self.dice.randrange(len(texts))
        texts[victim], change = self._spoilt((*events, row)[victim])
        self.counts[change.split()[0]] += 1
        wrong = _wrong(_played(texts, outbound), _right(outbound), change.split()[1])
        return wrong and f"{wrong}: {change} of {'an outbound' if outbound else 'an inbound'} call"

    def users(self) -> str | None:
        """Read one list of users; returns what went wrong, or ""."""
        rows = [{"id": f"user_{n}", "name": "Ada", "email": f"{n}@example.com"} for n in range(3)]
        victim = self.dice.randrange(3)
        raw, change = self._spoilt(rows[victim], ("name", "email", "id", "do_not_disturb"))
        texts = [_text(row) for row in rows]
        texts[victim] = raw
        page = wire.parse_page(b'{"object":"list","data":[' + b",".join(texts) + b"]}")
        emails = {user.email for row in page.rows if (user := wire.parse_user(row))}
        self.counts["users"] += 1
        expected = {row["email"] for place, row in enumerate(rows) if place != victim}
        return None if expected <= emails else f"a user is missing: {change}"

    def _spoilt(self, event: Mapping[str, object], names: Sequence[str] = ()) -> tuple[bytes, str]:
        """The event with one odd field: an odd value, or the field twice."""
        data = event.get("data")
        inner = data if isinstance(data, dict) else event
        name = self.dice.choice(tuple(names) or (*inner, *EXTRA))
        odd = self.dice.choice(NO_IDS if name in IDS else ODD)
        mark = "\N{INFORMATION SOURCE}mark"
        spoilt = {**inner, name: mark}
        whole = {**event, "data": spoilt} if isinstance(data, dict) else spoilt
        value = json.dumps(mark).encode()
        raw = _text(whole).replace(value, odd, 1)
        if self.dice.random() < 0.1:
            key = json.dumps(name).encode() + b": "
            raw = raw.replace(key, key + b"1, " + key, 1)
        return raw, f"{event.get('type', 'record')} {name} {odd[:40]!r}"


def _text(event: object) -> bytes:
    return json.dumps(event).encode()


def _said(outbound: bool) -> tuple[list[dict[str, object]], dict[str, object]]:
    """The webhooks and the CDR of a call of one minute."""
    call = {
        "call_id": "p1",
        "user": LINE.user,
        "direction": "outbound" if outbound else "inbound",
        "from_number": "+12025550100" if outbound else NUMBER,
        "from_label": "Zoe",
        "to_number": NUMBER if outbound else "+12025550100",
        "started_at": stamp(T0 + 1_000),
        "status": None,
        "hangup_cause": None,
    }
    talk = {"answered_at": stamp(T0 + 5_000), "connected_at": stamp(T0 + 5_000)}
    over = {"ended_at": stamp(T0 + 5_000 + TALK_MS), "duration_seconds": TALK_MS // 1000}
    whole = call | talk | over | {"status": "completed", "hangup_cause": 16}
    parts = (
        ("call.initiated" if outbound else "call.ringing", call),
        ("call.answered", call | talk),
        ("call.end", whole),
    )
    events: list[dict[str, object]] = [
        {"id": f"evt_{kind}", "type": kind, "account_id": "acct_1", "data": data}
        for kind, data in parts
    ]
    return events, whole | {"id": "p1"}


def _hear(world: World, raw: bytes, at: int) -> None:
    try:
        update = wire.parse_webhook(raw, at).update
    except Malformed:
        return
    if update is None:
        return
    ours = world.by_provider.get(update.provider_call_id)
    known, call_id = ours is not None, ours or f"fresh-{update.provider_call_id}"
    event = event_for(update, LINE.user, at=at, call_id=call_id, known=known)
    if event is not None:
        world.handle(event)


def _row(raw: bytes) -> Facts | None:
    row = parse_record(wire.parse_object(raw))
    return None if row is None else cdr_from_row(row).update.facts


def _played(texts: Sequence[bytes], outbound: bool) -> World:
    """The result of a call with these webhooks and this CDR."""
    world = World()
    if outbound:
        world.handle(click())
    for place, raw in enumerate(texts[:-1]):
        _hear(world, raw, T0 + (1 + place) * 20_000)
    world.pass_until(T0 + 9_000_000, _row(texts[-1]))
    return world


@cache
def _right(outbound: bool) -> LogFields:
    """The log of the call without an odd value."""
    events, row = _said(outbound)
    world = _played([_text(event) for event in (*events, row)], outbound)
    return world.logs[world.opened[0]].wanted


def _wrong(world: World, right: LogFields, odd: str) -> str:
    """How the log differs from the right one; only an odd name cannot be made up for."""
    if len(world.opened) != 1:
        return f"{len(world.opened)} logs"
    log = world.logs[world.opened[0]].wanted
    if world.agent.calls:
        return "the call never ends"
    if odd == "from_label":
        log = replace(log, name=right.name)
    if log == right:
        return ""
    names = [name for name in log.__struct_fields__ if getattr(log, name) != getattr(right, name)]
    return f"{', '.join(names)} logged wrong"


def run(calls: int, seed: int) -> dict[str, object]:
    """Play `calls` calls and frames, and a tenth as many lists; the first that went wrong."""
    play, sent = Play(random.Random(seed)), oddframes.json_only(ODD)
    wrong: list[str] = []
    for number in range(calls):
        users = play.users() if number % 10 == 0 else None
        wrong += filter(None, (play.call(), users, oddframes.spoilt(play.dice, sent)))
    return {
        **{"calls": calls, "frames": calls, "seed": seed, "lost": len(wrong), "ok": not wrong},
        **{"odd": dict(play.counts), "first": wrong[:10]},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit status is 0 if no call was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    result = run(options.calls, options.seed)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
