"""Print the page protocol as JSON Schema."""

from __future__ import annotations

import argparse
import json
import sys

from adapter.page import messages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What it prints is JSON in any case."""
    parser.add_argument("--json", action="store_true", help="accepted; the output is always JSON")


def run(_options: argparse.Namespace) -> int:
    """Write the schema to standard output."""
    sys.stdout.write(json.dumps(messages.schema(), indent=2) + "\n")
    return 0
