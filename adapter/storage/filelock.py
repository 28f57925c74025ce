"""One process per SQLite file: a lock that the kernel drops when the process dies.

WAL lets several processes write, but the writer thread, the versions in memory and the hints to
pages assume that there is one.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from adapter.storage.port import StorageError

OWNER_ONLY = 0o600


class StoreLocked(StorageError):
    """Another process has the file; its process id is in the message, where it could be read."""


class FileLock:
    """Holds `<file>.lock` from `acquire` to `release`; the lock file itself stays."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._path = file.with_name(f"{file.name}.lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, making the directory if need be. Raises StoreLocked, StorageError."""
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
        """Give it up; nothing happens if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
