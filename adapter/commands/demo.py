"""Run the adapter, a demo org and simulated phones on loopback."""

from __future__ import annotations

import argparse
import os

from adapter import console, demo
from adapter.app import CannotListen
from adapter.commands import CommandFailed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens, and who signs in."""
    parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8080"))
    parser.add_argument(
        "--agent", default="ada", help="agent who is signed in automatically (default: ada)"
    )
    parser.add_argument("--data", default="var", help="folder for the database (default: var)")
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Run until Ctrl-C. Raises CommandFailed."""
    try:
        return demo.run(options)
    except CannotListen as error:
        ports = f"--port takes four in a row, from {options.port} on"
        raise CommandFailed(f"{error} ({ports}; PORT=9000 make demo moves them)") from error
