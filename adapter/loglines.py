"""Where log lines go: out at once, or nowhere.

Law of this file: a line never costs its writer anything but time. A stream that takes nothing more
(a full disk, a closed pipe) is no fault of a call.
"""

from __future__ import annotations

import contextlib
from typing import TextIO


class LogStream:
    """A text stream for one process' lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Take a line, or a part of one; how many characters."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed.
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Have it out."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether people read it."""
        return self._stream.isatty()
