"""Lines of one round of the event loop go out together; no line is lost, and none costs a call."""

from __future__ import annotations

import asyncio
import io
import threading

import pytest

from adapter.loglines import LogStream


class Stream(io.StringIO):
    """Counts the writes that reach it; or takes none."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.writes = 0
        self._error = error

    def write(self, text: str) -> int:
        """One write."""
        if self._error is not None:
            raise self._error
        self.writes += 1
        return super().write(text)


def test_without_a_loop_a_line_is_out_at_once() -> None:
    """Commands, and what is said before the loop runs."""
    stream = Stream()
    assert LogStream(stream).write("one\n") == 4
    assert stream.getvalue() == "one\n"


async def test_the_lines_of_a_round_go_out_in_one_write() -> None:
    """In their order, without being asked to."""
    stream = Stream()
    lines = LogStream(stream)
    for text in ("one\n", "two\n"):
        assert lines.write(text) == 4
        lines.flush()
    assert stream.writes == 0
    await asyncio.sleep(0)
    assert (stream.getvalue(), stream.writes) == ("one\ntwo\n", 1)
    lines.write("three\n")
    await asyncio.sleep(0)
    assert (stream.getvalue(), stream.writes) == ("one\ntwo\nthree\n", 2)


async def test_another_thread_does_not_wait_for_the_loop() -> None:
    """Its line is out while the loop is still busy."""
    stream = Stream()
    lines = LogStream(stream)
    thread = threading.Thread(target=lines.write, args=("from a thread\n",))
    thread.start()
    thread.join()
    assert stream.getvalue() == "from a thread\n"


def test_what_the_last_round_said_is_written_at_the_end() -> None:
    """A process that ends writes what its loop did not come to."""
    stream = Stream()
    lines = LogStream(stream)

    async def last() -> None:
        lines.write("last words\n")

    loop = asyncio.new_event_loop()
    loop.run_until_complete(last())
    loop.close()
    lines.write_out()
    assert stream.getvalue() == "last words\n"


@pytest.mark.parametrize("error", [OSError("the disk is full"), ValueError("it is closed")])
async def test_a_stream_that_takes_nothing_harms_nobody(error: Exception) -> None:
    """Neither who writes, nor the loop."""
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
    LogStream(Stream(error)).write("x")
    await asyncio.sleep(0)
    assert troubles == []
