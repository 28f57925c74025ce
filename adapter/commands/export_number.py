"""Write everything stored about one phone number as JSON.

The adapter may keep running. Salesforce's own data (the Tasks, listed by id) is not included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from adapter import observability
from adapter.commands import create_private, person
from adapter.core.numbers.query import NumberQuery
from adapter.runtime.privacy import PersonalData, Scope
from adapter.settings.environment import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which number, and where to."""
    person.add_arguments(parser)
    parser.add_argument(
        "--output", type=Path, help="new file (mode 600) instead of standard output"
    )
    parser.add_argument("--json", action="store_true", help="accepted; the output is always JSON")


def run(options: argparse.Namespace) -> int:
    """Collect and write everything found. Raises CommandFailed, StorageError."""
    settings = load()
    observability.set_up(settings.log_level, settings.log_hash_key.get_secret_value())
    sought, scope = person.sought_by(options, settings), person.scope_of(options, settings)
    held = asyncio.run(person.found_in(settings.database_url, sought, scope))
    _write(options.output, _report(sought, scope, held))
    return 0


def _report(sought: NumberQuery, scope: Scope, held: PersonalData) -> dict[str, Any]:
    return {
        "number": sought.number,
        "org": scope.org_id,
        "times": "Unix milliseconds",
        "counts": held.counts(),
        **held.as_json(),
    }


def _write(path: Path | None, report: dict[str, Any]) -> None:
    """To a file that nobody else may read, or to stdout. Raises CommandFailed."""
    text = json.dumps(report, indent=2) + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    with os.fdopen(create_private(path), "w", encoding="utf-8") as file:
        file.write(text)
