"""Where log lines go: out at once, or at the end of the event loop's round, many in one write.

Law of this file: a line is never lost to anything but a kill, and never costs its writer anything
but time: a stream that takes nothing more (a full disk, a closed pipe) is no fault of a call.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
from typing import TextIO


class LogStream:
    """A text stream for one process' lines.

    What is written inside a running event loop gathers for the rest of its round: a system call for
    each line is a tenth of what a delivery costs. From anywhere else it goes out at once.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gathered: list[str] = []
        atexit.register(self.write_out)

    def write(self, text: str) -> int:
        """Take a line, or a part of one; how many characters."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._out(text)
            return len(text)
        if not self._gathered:
            loop.call_soon(self.write_out)
        self._gathered.append(text)
        return len(text)

    def isatty(self) -> bool:
        """Whether people read it."""
        return self._stream.isatty()

    def flush(self) -> None:
        """Nothing: whoever writes a line flushes it, and that is what is put off."""

    def write_out(self) -> None:
        """Write what has gathered."""
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._out("".join(gathered))

    def _out(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed.
            self._stream.write(text)
            self._stream.flush()
