"""The command line: serve, demo, simulate, migrate, schema.

Exit codes: 0 done, 2 a setting or an argument is wrong (the message names it).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence

from adapter import app, demo, observability
from adapter.opencti import messages
from adapter.runtime.directory import DirectoryError
from adapter.settings import Settings, WrongSetting, load
from adapter.storage.migrate import upgrade
from adapter.storage.port import StorageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["simulate"]:
        # The simulator is a program of its own, with its own options.
        from adapter.telephony.simulator.cli import main as simulate  # noqa: PLC0415

        return simulate(given[1:])
    options = _parser().parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (WrongSetting, DirectoryError, StorageError) as error:
        sys.stderr.write(f"softphone: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m adapter", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="run the adapter, as the environment says")
    serve.set_defaults(run=_serve)
    shown = commands.add_parser("demo", help="adapter, demo org and simulated phones, on loopback")
    shown.add_argument("--port", type=int, default=os.environ.get("PORT", "8080"))
    shown.add_argument("--agent", default="ada", help="who signs in by itself (default: ada)")
    shown.add_argument("--data", default="var", help="folder of the database (default: var)")
    shown.set_defaults(run=demo.run)
    commands.add_parser("simulate", help="a DialStack-compatible provider (see simulate --help)")
    migrate = commands.add_parser("migrate", help="make or complete the database's tables")
    migrate.set_defaults(run=_migrate)
    schema = commands.add_parser("schema", help="print the page protocol as JSON Schema")
    schema.set_defaults(run=_schema)
    return parser


def _serve(_options: argparse.Namespace) -> int:
    settings = load()
    set_up_logs(settings)
    try:
        asyncio.run(app.serve(settings))
    except OSError as error:
        # Nothing else in there lets an OSError out: the address is taken, or is not ours.
        where = f"{settings.host}:{settings.port} (SOFTPHONE_HOST, SOFTPHONE_PORT)"
        sys.stderr.write(f"softphone: cannot listen on {where}: {error.strerror}\n")
        return 2
    return 0


def set_up_logs(settings: Settings) -> None:
    """JSON lines on standard error, as the settings say."""
    observability.set_up(settings.log_level, settings.log_hash_key.get_secret_value())


def _migrate(_options: argparse.Namespace) -> int:
    upgrade(load().database_url)
    return 0


def _schema(_options: argparse.Namespace) -> int:
    sys.stdout.write(json.dumps(messages.schema(), indent=2) + "\n")
    return 0
