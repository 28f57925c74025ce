"""Writes log lines at once, or drops them.

Law of this file: a log line never raises. A stream that accepts no more (a full disk, a closed
pipe) must not fail a call.
"""

from __future__ import annotations

import contextlib
from typing import TextIO


class LogStream:
    """A text stream for one process's lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a line or a part of one; returns its length in characters."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: the stream is closed.
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()
