"""A line goes out at once, and none costs a call."""

from __future__ import annotations

import io

import pytest
import structlog

from adapter.loglines import LogStream


class Stream(io.StringIO):
    """Takes what it is given; or fails, when it is to write or to have it out."""

    def __init__(self, *, write: Exception | None = None, flush: Exception | None = None) -> None:
        super().__init__()
        self._errors = {"write": write, "flush": flush}
        self.flushed = ""

    def write(self, text: str) -> int:
        """One write."""
        self._fail("write")
        return super().write(text)

    def flush(self) -> None:
        """All of it is out."""
        self._fail("flush")
        self.flushed = self.getvalue()

    def _fail(self, what: str) -> None:
        error = self._errors[what]
        if error is not None:
            raise error


def test_a_line_is_written_at_once_and_completely() -> None:
    """So a process that ends has said all that it logged."""
    stream = Stream()
    logger = structlog.WriteLogger(LogStream(stream))  # type: ignore[arg-type]
    logger.info("one")
    assert stream.flushed == "one\n"


@pytest.mark.parametrize("error", [OSError("the disk is full"), ValueError("it is closed")])
def test_a_blocked_stream_does_no_harm(error: Exception) -> None:
    """Neither who writes a line nor who would have it out."""
    for stream in (Stream(write=error), Stream(flush=error)):
        lines = LogStream(stream)
        assert lines.write("x") == 1
        lines.flush()
