"""What the tests of secrecy share: everything that is logged."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import structlog

from adapter import observability


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All lines, down to debug, as production writes them."""
    lines = io.StringIO()
    observability.set_up("debug", "key", lines)
    # Else the loggers of this process would keep these lines for the tests that follow.
    structlog.configure(cache_logger_on_first_use=False)
    yield lines
    structlog.reset_defaults()
