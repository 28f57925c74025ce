"""Erase one phone number from everything stored, and list what stays and why.

Without --yes, nothing is erased and the matches are counted. With SQLite, stop the adapter first;
with PostgreSQL the replicas keep running. Exit code 1 means that something stays: run it again
later. Tasks in Salesforce, backups and the provider are not changed; the Tasks' ids are listed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from adapter import console, observability
from adapter.commands import person
from adapter.core.numbers.query import NumberQuery
from adapter.runtime.clock import SystemClock
from adapter.runtime.privacy import Erased, Scope, erase
from adapter.settings import Settings
from adapter.settings.environment import load
from adapter.storage.open import compact, open_reader, open_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the number and the confirmation."""
    person.add_arguments(parser)
    parser.add_argument("--yes", action="store_true", help="erase; this cannot be undone")
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Erase, or count. Raises CommandFailed, StorageError."""
    settings = load()
    observability.set_up(settings.log_level, settings.log_hash_key.get_secret_value())
    sought, scope = person.sought_by(options, settings), person.scope_of(options, settings)
    if not options.yes:
        counts = asyncio.run(person.found_in(settings.database_url, sought, scope)).counts()
        console.answer(options, {"found": counts}, console.table([*counts.items()]))
        sys.stderr.write("Nothing was erased. Use --yes to erase it permanently.\n")
        return 1
    erased = asyncio.run(_erase(settings, sought, scope))
    compact(settings.database_url)
    facts = {"erased": erased.counts, "tasks": erased.tasks, "remaining": erased.remaining}
    console.answer(options, facts, _text(erased))
    return 1 if erased.remaining else 0


def _text(erased: Erased) -> str:
    """For people: how much was erased, what Salesforce still has, what stays."""
    rows = [(name, count) for name, count in erased.counts.items() if count]
    text = "Erased:\n" + console.table(rows) if rows else "There was nothing to erase.\n"
    if erased.tasks:
        text += "Tasks in Salesforce, not changed: " + ", ".join(erased.tasks) + "\n"
    if erased.remaining:
        left = [(row["kind"], row["id"], row["why"]) for row in erased.remaining]
        text += "Not erased:\n" + console.table(left)
    return text


async def _erase(settings: Settings, sought: NumberQuery, scope: Scope) -> Erased:
    # Otherwise a typo in the address would create an empty database and find nothing in it.
    await open_reader(settings.database_url).close()
    store = await open_store(settings.database_url, clock_ms=SystemClock().now)
    try:
        return await erase(store.archive, sought, scope)
    finally:
        await store.close()
