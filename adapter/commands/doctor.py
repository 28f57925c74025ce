"""Check a deployment, from its settings to its public address, and say what to do."""

from __future__ import annotations

import argparse
import asyncio
import ssl
import sys

from adapter.doctor.health import is_healthy
from adapter.settings.environment import environment, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the output options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object for programs")
    parser.add_argument(
        "--health",
        action="store_true",
        help="only check whether the adapter on this machine answers",
    )


def run(options: argparse.Namespace) -> int:
    """0 if nothing fails, else 1."""
    if options.health:
        settings = load()
        return 0 if is_healthy(settings.host, settings.port) else 1
    # Imported here because a container runs the health check every few seconds.
    from adapter import observability  # noqa: PLC0415
    from adapter.doctor.examine import examine  # noqa: PLC0415
    from adapter.doctor.findings import as_json, exit_code, table  # noqa: PLC0415
    from adapter.runtime.clock import SystemClock  # noqa: PLC0415

    # What is tried again is told by its finding. Left alone, structlog writes to standard output.
    observability.set_up("error", "")
    tls = ssl.create_default_context()
    findings = asyncio.run(examine(environment(), SystemClock(), tls))
    sys.stdout.write(as_json(findings) if options.json else table(findings))
    return exit_code(findings)
