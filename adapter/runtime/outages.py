"""What a job that repeats says of a store that is away: a line, not a traceback with each try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from adapter.storage.port import StorageError

log = structlog.get_logger(__name__)


class Outages:
    """The outages that one job meets; its name is the beginning of its lines' events."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._told = ""

    @contextmanager
    def survived(self) -> Iterator[None]:
        """One try, whatever comes of it: the job must not end. Each outage and its end are told."""
        try:
            yield
        except StorageError as error:
            if self._told != str(error):
                self._told = str(error)
                log.error(f"{self._job}.store_away", reason=self._told)
        except Exception as error:
            log.error(f"{self._job}.failed", exc_info=error)
        else:
            if self._told:
                log.info(f"{self._job}.store_back")
            self._told = ""
