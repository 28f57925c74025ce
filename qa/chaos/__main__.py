"""`python -m qa.chaos --calls N --seed S [--kills K]`: the last line is one JSON object.

Exit status 1 if a promise was broken, or if an expected fault did not occur.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from adapter import console
from qa.chaos.run import AGENTS, Options, run

SHOWN = 20
"""How many histories of violated calls are printed."""


def main() -> int:
    """Run, print the result, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m qa.chaos", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=None, help="default: one for every 500 calls")
    parser.add_argument("--surface", choices=("open-cti", "lwc", "voice"), default="open-cti")
    parser.add_argument("--agents", type=int, default=AGENTS, help="use fewer on a busy machine")
    parser.add_argument("--folder", type=Path, default=None, help="keep the database and log here")
    parser.add_argument("--json", action="store_true", help="print only the last line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as made:
        folder = options.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        wanted = Options(
            options.calls, options.seed, options.kills, options.surface, options.agents
        )
        with console.bar("calls", options.calls) as advance:
            outcome = asyncio.run(run(wanted, folder, advance))
    if not options.json:
        for violation in outcome.violations[:SHOWN]:
            print(f"--- {violation.kind} {violation.subject}\n{violation.text}")
        print(console.sheet(outcome.summary))
    print(json.dumps(outcome.summary))
    return 0 if outcome.summary["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
