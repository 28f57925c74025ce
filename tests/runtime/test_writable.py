"""Whether anything can be stored is known from commits, and tried where there were none."""

from __future__ import annotations

import pytest

from adapter.runtime.writable import FRESH_MS, Writable
from adapter.storage.journal import BatchDone
from adapter.storage.port import StorageError
from tests.runtime.conftest import HandClock

STORED, REFUSED = BatchDone(1, 0, 0.1, 0), BatchDone(1, 1, 0.1, 0, "the disk is full")


class Disk:
    """A store that is asked, and may be full."""

    def __init__(self) -> None:
        self.is_full = False
        self.tried = 0

    async def try_writing(self) -> None:
        """Count it."""
        self.tried += 1
        if self.is_full:
            raise StorageError("the disk is full")


async def test_a_commit_proves_writability_for_a_while() -> None:
    """No write of ours beside those that there are; then one, which proves it again."""
    disk, clock = Disk(), HandClock()
    writable = Writable(disk.try_writing, clock)
    writable.note(STORED)
    await writable.check()
    clock.at += FRESH_MS - 1
    await writable.check()
    assert disk.tried == 0
    clock.at += 1
    await writable.check()
    await writable.check()
    assert disk.tried == 1


async def test_the_store_is_not_writable_before_the_first_proof() -> None:
    """A replica that has just begun is asked in earnest."""
    disk = Disk()
    await Writable(disk.try_writing, HandClock()).check()
    assert disk.tried == 1


async def test_a_full_disk_is_seen_by_the_next_commit_and_by_every_question() -> None:
    """Until it takes something again."""
    disk, clock = Disk(), HandClock()
    writable = Writable(disk.try_writing, clock)
    writable.note(STORED)
    disk.is_full = True
    writable.note(REFUSED)
    for _ in range(2):
        with pytest.raises(StorageError, match="the disk is full"):
            await writable.check()
    disk.is_full = False
    await writable.check()
    await writable.check()
    assert disk.tried == 3
