"""The dev sign-in, where anybody may be anyone: it starts on this machine and nowhere else."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SOFTPHONE_PUBLIC_URL", "https://phone.example.com"),
        ("SOFTPHONE_HOST", "0.0.0.0"),
    ],
)
async def test_the_dev_sign_in_does_not_start_on_a_public_address(
    tmp_path: Path, variable: str, value: str
) -> None:
    """A real process ends with status 2 and the variable's name, before it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapter", "serve"),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), variable: value},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 2
    assert variable in said.decode()
