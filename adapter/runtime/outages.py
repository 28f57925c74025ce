"""Logs a repeating job's store outages: one line each, not a traceback per attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from adapter.storage.port import StorageError

log = structlog.get_logger(__name__)


class Outages:
    """The store outages of one job, whose name begins the event names."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._outage = ""

    @contextmanager
    def survived(self) -> Iterator[None]:
        """Run one attempt; catches all exceptions, and logs each outage and its end once."""
        try:
            yield
        except StorageError as error:
            if self._outage != str(error):
                self._outage = str(error)
                log.error(f"{self._job}.store_unavailable", reason=self._outage)
        except Exception as error:
            log.error(f"{self._job}.failed", exc_info=error)
        else:
            if self._outage:
                log.info(f"{self._job}.store_back")
            self._outage = ""
