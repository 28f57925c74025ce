"""The slow disk is slow, and what is asked of it is done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qa.load.parts.disk import WAIT_SECONDS, compiled

PROGRAM = """
import os, sys, time
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.write(file, b"kept")
for keep in (os.fsync, os.fdatasync):
    started = time.perf_counter()
    keep(file)
    print(time.perf_counter() - started)
try:
    os.fsync(10_000)
except OSError as error:
    print(error.errno)
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="a C compiler is needed")
def test_fsync_and_fdatasync_take_five_milliseconds_each(tmp_path: Path) -> None:
    """The answer is the system's own, a refusal too."""
    command = (sys.executable, "-c", PROGRAM, str(tmp_path / "file"))
    slow = {**os.environ, "LD_PRELOAD": str(compiled(tmp_path))}
    told = subprocess.run(command, env=slow, check=True, capture_output=True, text=True).stdout
    *taken, refusal = told.split()
    assert all(float(one) >= WAIT_SECONDS for one in taken)
    assert int(refusal) == 9
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_without_a_compiler_the_part_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bench leaves it out then, and goes on."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"slowdisk\.c cannot be compiled"):
        compiled(tmp_path)
