"""The unit: systemd understands it, and it starts what is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "softphone-adapter@.service"
TEXT = UNIT.read_text(encoding="utf-8")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd's own checker is not here"
)


@needs_systemd
def test_systemd_understands_it(tmp_path: Path) -> None:
    """No unknown line; the program, which is not installed here, is stood in for."""
    program = tmp_path / "softphone-adapter"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={program}", TEXT, flags=re.M))
    assert verified(copy) == ""
    copy.write_text(copy.read_text().replace("Restart=on-failure", "Restart=now and then"))
    assert "restart specifier" in verified(copy)


def verified(unit: Path) -> str:
    """What it complains of."""
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    return "".join(line for line in ended.stderr.splitlines(True) if unit.stem[:10] in line)


@needs_systemd
def test_the_service_is_sandboxed() -> None:
    """By systemd's own measure, of which 10 is a program that may do anything."""
    ended = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", UNIT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout


def test_the_unit_starts_the_console_script_and_lets_it_drain() -> None:
    """A wrong setting is not tried again; drained calls have their thirty seconds."""
    assert re.search(r"^ExecStart=/opt/softphone/bin/softphone-adapter serve$", TEXT, re.M)
    assert "TimeoutStopSec=35" in TEXT
    assert "RestartPreventExitStatus=2" in TEXT
    assert "EnvironmentFile=" not in re.sub(r"^#.*$", "", TEXT, flags=re.M)
