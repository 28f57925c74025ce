"""What a job says of a store that is away, while it goes on trying."""

from __future__ import annotations

from structlog.testing import capture_logs

from adapter.runtime.outages import Outages
from adapter.storage.port import StorageError

AWAY, FULL = StorageError("PostgreSQL cannot be reached"), StorageError("the disk is full")


def lines_of(*tries: Exception | None) -> list[tuple[str, str]]:
    """The events, and the reasons or the errors, of a job whose tries end so."""
    outages = Outages("job")
    with capture_logs() as lines:
        for error in tries:
            with outages.survived():
                if error is not None:
                    raise error
    return [(line["event"], line.get("reason") or str(line.get("exc_info", ""))) for line in lines]


def test_an_outage_is_logged_at_its_start_and_end() -> None:
    """However often it is tried meanwhile; another reason is news."""
    assert lines_of(None, AWAY, AWAY, FULL, None, None, AWAY) == [
        ("job.store_unavailable", str(AWAY)),
        ("job.store_unavailable", str(FULL)),
        ("job.store_back", ""),
        ("job.store_unavailable", str(AWAY)),
    ]


def test_a_bug_is_logged_with_its_traceback_each_time() -> None:
    """It is no outage, and may be another one."""
    assert lines_of(ZeroDivisionError("a bug"), ZeroDivisionError("a bug")) == [
        ("job.failed", "a bug"),
        ("job.failed", "a bug"),
    ]
