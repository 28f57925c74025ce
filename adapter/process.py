"""Makes up for what a process did not inherit: open standard streams, and signals that end it.

Imports nothing of ours, because a signal may come while everything else is being imported.
"""

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path

FIRST_PROCESS = 1
"""The process id of a container's command. The kernel ignores signals to it unless it handles them:
https://man7.org/linux/man-pages/man7/pid_namespaces.7.html"""


def prepare() -> None:
    """Open the standard streams, and let SIGTERM end a container's first process.

    In a file or pipe they are UTF-8, whatever the locale is, as `.env` is read. If one stayed
    closed, a socket would become "standard output", and libuv aborts when it closes it
    (https://github.com/libuv/libuv/blob/v1.x/src/unix/core.c, uv__close).
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # A file gets the lowest free number, so each closed stream gets its own again.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    if os.getpid() == FIRST_PROCESS:
        signal.signal(signal.SIGTERM, leave_at_once)


def leave_at_once(number: int, _frame: object = None) -> None:
    """End the process as this signal does by default, also if it is a container's first."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
