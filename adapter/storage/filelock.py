"""One process per SQLite file: a lock that the kernel releases when the process dies.

WAL allows several writing processes, but the writer thread, the versions in memory and the hints to
pages assume a single one.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from adapter.storage.port import StorageError

OWNER_ONLY = 0o600


class StoreLocked(StorageError):
    """Another process uses the file; the message contains its process id, if known."""


class FileLock:
    """Holds `<file>.lock` from `acquire` to `release`; the lock file itself stays."""

    def __init__(self, file: Path) -> None:
        # By its own name, so that a link to it has the same lock.
        self._file = file.resolve()
        self._path = self._file.with_name(f"{self._file.name}.lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; creates the directory if needed. Raises StoreLocked or StorageError."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        except OSError as error:
            raise StorageError(f"cannot write beside {self._file}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StoreLocked(f"{self._file} is in use by process {holder}") from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
