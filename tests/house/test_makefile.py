"""The Makefile's targets do what they say, and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_make_run_reads_the_dotenv_as_the_adapter_does_and_never_as_shell(tmp_path: Path) -> None:
    """One reader: what a shell would run or expand is text, quotes and all of it a value's."""
    (tmp_path / ".env").write_text(
        "SOFTPHONE_LOG_HASH_KEY=$$(touch run)`touch run`\n"
        "SOFTPHONE_TASK_STATUS=a b; touch run\n"
        "SOFTPHONE_LOG_LEVEL='loud'  # the start ends here, and says why\n"
    )
    ended = subprocess.run(
        # What is installed is not looked at: it is that of the Python that runs this test.
        ["make", "-f", ROOT / "Makefile", "-o", ".venv/.runtime", "run", f"PY={sys.executable}"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "softphone: SOFTPHONE_LOG_LEVEL" in ended.stderr, ended.stderr
    assert not (tmp_path / "run").exists()
