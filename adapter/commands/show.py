"""Print what is stored about a call, an agent or a call log, by the id in a log line.

The adapter may keep running. The output contains phone numbers and names.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from typing import Any

from adapter import console
from adapter.commands import CommandFailed
from adapter.observability import iso_time
from adapter.settings.environment import load
from adapter.storage.lookup import KINDS, LookupRows
from adapter.storage.open import open_reader

_MILLISECONDS = 1_000_000
_TIMES = {"at", "due", "held_until", "next_due"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What, and by which id."""
    parser.add_argument("kind", choices=tuple(KINDS), help="kind of record")
    parser.add_argument(
        "id", help="a call's or log's id (ours or the provider's), an agent as org/user"
    )
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Look it up. 1 if there is nothing. Raises CommandFailed, StorageError."""
    url = load().database_url
    found = asyncio.run(_look(url, options.kind, options.id))
    if not any(found.values()):
        raise CommandFailed(f"the store has no {options.kind} {options.id}")
    facts = {"kind": options.kind, "id": options.id, "times": "Unix milliseconds", **found}
    console.answer(options, facts, as_text(found))
    return 0


async def _look(url: str, kind: str, name: str) -> LookupRows:
    reader = open_reader(url)
    try:
        return await reader.run(KINDS[kind], name)
    finally:
        await reader.close()


def as_text(found: LookupRows) -> str:
    """For people: a section for each row, readable times, one line for each delivery."""
    parts = []
    for table, rows in found.items():
        if table == "deliveries" and rows:
            parts.append(_timeline(rows))
        else:
            parts += [f"{table.replace('_', ' ')}\n{_sheet(row)}" for row in rows]
    return "\n".join(parts)


def _sheet(row: Mapping[str, Any]) -> str:
    """The columns, then the fields of the value, without empty ones."""
    inner = row.get("value")
    facts = {name: value for name, value in row.items() if name != "value"}
    facts |= inner if isinstance(inner, dict) else {}
    lines = {
        name: _plain(name, value)
        for name, value in facts.items()
        if value not in ("", [], {}, None)
    }
    return "".join(f"  {line}\n" for line in console.sheet(lines).splitlines())


def _timeline(rows: list[dict[str, Any]]) -> str:
    lines = [(_moment(row["at"]), row["type"], row["fate"], row["event_id"]) for row in rows]
    return "deliveries\n" + "".join(f"  {line}\n" for line in console.table(lines).splitlines())


def _plain(name: str, value: Any) -> str:
    """Times as text, nested values as JSON."""
    is_time = name in _TIMES or name.endswith("_at")
    if is_time and isinstance(value, int) and not isinstance(value, bool):
        return _moment(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(at: int) -> str:
    return iso_time(at * _MILLISECONDS)
