"""What tests of commands share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from adapter import observability
from adapter.loglines import LogStream


@pytest.fixture
def logs_for_itself(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command sets logging up for its process; here it must not outlive the test."""
    set_up = observability.set_up

    def for_now(level: str, hash_key: str, stream: LogStream | None = None) -> None:
        set_up(level, hash_key, stream)
        # Else the loggers of this process would keep a stream that is closed by then.
        structlog.configure(cache_logger_on_first_use=False)

    monkeypatch.setattr(observability, "set_up", for_now)
    yield
    structlog.reset_defaults()
