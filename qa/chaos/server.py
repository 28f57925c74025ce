"""`python -m qa.chaos.server`: the adapter's own `serve`, with kill switches at exact points.

Production code has no such switches. The test driver writes a point's name into the file named by
CHAOS_POINT and sends SIGUSR1. The process kills itself with SIGKILL when it next passes that point.

| point | where |
|---|---|
| before-commit | the writer's transaction is complete, but COMMIT has not been sent |
| after-commit | the commit is durable, but nothing was sent: no 2xx, no view, no effect |
| before-effects | the same, but the event loop knows the outcome |
| after-effects | effects have started and go frames are queued, but none has been sent |
| after-place | the provider has accepted the POST, but its answer is not committed |
| after-write | Salesforce has stored a record, but its answer is not committed (Salesforce Voice) |
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from adapter.cli import main
from adapter.runtime.perform import Performer
from adapter.storage.sqlite import SqliteDatabase
from adapter.telephony.dialstack.driver import DialStackDriver
from adapter.voice.client import VoiceClient

F = TypeVar("F", bound=Callable[..., Any])

POINTS = ("before-commit", "after-commit", "before-effects", "after-effects", "after-place")
WRITING_POINTS = ("after-write", *POINTS)

_armed = ""


def _pass(point: str) -> None:
    if _armed == point:
        os.kill(os.getpid(), signal.SIGKILL)


def _arm(*_: object) -> None:
    global _armed  # noqa: PLW0603 - a signal handler has nowhere else to put it
    _armed = Path(os.environ["CHAOS_POINT"]).read_text(encoding="utf-8").strip()


def _wrapped(real: F, before: str, after: str) -> F:
    def call(*args: Any, **more: Any) -> Any:
        _pass(before)
        result = real(*args, **more)
        _pass(after)
        return result

    return call  # type: ignore[return-value]


def _patch() -> None:
    SqliteDatabase.commit = _wrapped(  # type: ignore[method-assign]
        SqliteDatabase.commit, "before-commit", "after-commit"
    )
    Performer.perform = _wrapped(  # type: ignore[method-assign]
        Performer.perform, "before-effects", "after-effects"
    )
    real_place = DialStackDriver.place

    async def place(*args: Any, **more: Any) -> Any:
        placed = await real_place(*args, **more)
        _pass("after-place")
        return placed

    DialStackDriver.place = place  # type: ignore[method-assign]
    real_send = VoiceClient._send

    async def send(*args: Any, **more: Any) -> Any:
        outcome = await real_send(*args, **more)
        _pass("after-write")
        return outcome

    VoiceClient._send = send  # type: ignore[method-assign]


if __name__ == "__main__":
    _patch()
    signal.signal(signal.SIGUSR1, _arm)
    sys.exit(main(["serve"]))
