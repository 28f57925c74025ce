"""Starts a program without uvloop, or with a profiler in its process.

python -m qa.load.launch [--plain-loop] [--profile FILE] (serve | PROGRAM.py ARGUMENTS…)
"""

from __future__ import annotations

import argparse
import cProfile
import runpy
import signal
import sys
from pathlib import Path
from typing import cast


def main() -> int:
    """Run the program; SIGUSR1 starts the profile, SIGUSR2 stops and writes it."""
    parser = argparse.ArgumentParser(prog="python -m qa.load.launch", description=__doc__)
    parser.add_argument("--plain-loop", action="store_true")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.plain_loop:
        # An import now raises ImportError, as if it were not installed.
        cast(dict[str, object], sys.modules)["uvloop"] = None
    if options.profile is None:
        return _run(options.program, options.arguments)
    profile = cProfile.Profile()

    def finish(_number: int, _frame: object) -> None:
        profile.disable()
        profile.dump_stats(options.profile)

    signal.signal(signal.SIGUSR1, lambda _number, _frame: profile.enable())
    signal.signal(signal.SIGUSR2, finish)
    return _run(options.program, options.arguments)


def _run(program: str, arguments: list[str]) -> int:
    if program == "serve":
        from adapter.cli import main as adapter

        return adapter(["serve", *arguments])
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
