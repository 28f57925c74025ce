"""The lock: one holder, told apart by process id, free when the holder is gone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.storage.filelock import FileLock, StoreLocked
from adapter.storage.port import StorageError

HOLDER = """
import sys
from pathlib import Path
from adapter.storage.filelock import FileLock
FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_process_learns_who_holds_the_lock(tmp_path: Path) -> None:
    """StoreLocked names the file and the process."""
    file = tmp_path / "softphone.db"
    with FileLock(file), pytest.raises(StoreLocked, match=rf"softphone.db.*process {os.getpid()}"):
        FileLock(file).acquire()
    with FileLock(file):
        pass


def test_a_link_to_the_file_has_the_same_lock(tmp_path: Path) -> None:
    """A release's folder often links to the data; two writers would not know of each other."""
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "softphone.db")
    with FileLock(tmp_path / "softphone.db"), pytest.raises(StoreLocked):
        FileLock(link).acquire()


def test_releasing_twice_does_no_harm(tmp_path: Path) -> None:
    """A store may be closed twice."""
    lock = FileLock(tmp_path / "softphone.db")
    lock.acquire()
    lock.release()
    lock.release()
    FileLock(tmp_path / "softphone.db").acquire()


def test_the_folder_is_created_and_the_lock_is_private(tmp_path: Path) -> None:
    """var/ need not be there; others cannot read who holds the lock."""
    file = tmp_path / "var" / "data" / "softphone.db"
    with FileLock(file):
        mode = (file.parent / "softphone.db.lock").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    """Here: the directory is a file."""
    (tmp_path / "var").write_text("")
    with pytest.raises(StorageError, match="cannot write beside"):
        FileLock(tmp_path / "var" / "softphone.db").acquire()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    """The kernel frees the lock of a process that got SIGKILL; before, it held."""
    file = tmp_path / "softphone.db"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked, match=f"process {holder.pid}"):
            FileLock(file).acquire()
        holder.kill()
    with FileLock(file):
        pass
