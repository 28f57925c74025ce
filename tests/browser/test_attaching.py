"""A Chromium that hangs fails its own test, and holds up no other one."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser import conftest

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}; time.sleep(600)"


def a_program(folder: Path, line: str) -> str:
    """A program that hears no request to end, and does this first."""
    program = folder / "chromium"
    program.write_text(f"#!{sys.executable}\n{DEAF.format(line)}\n")
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for long."""
    for name in ("ATTACH_SECONDS", "ENDS_SECONDS"):
        monkeypatch.setattr(conftest, name, 0.05)


@pytest.mark.usefixtures("hasty")
async def test_a_browser_that_never_listens_times_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is killed, as it hears nothing."""
    monkeypatch.setattr(conftest, "CHROMIUM", a_program(tmp_path, "pass"))
    monkeypatch.setattr(conftest, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(TimeoutError):
        async with conftest.as_people_have_it(tmp_path):
            pytest.fail("it does not listen")


@pytest.mark.usefixtures("hasty")
async def test_a_process_that_ignores_its_stop_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address is what its file says."""
    told = str(tmp_path / "DevToolsActivePort")
    line = f"open({told!r}, 'w').write('12\\n/devtools')"
    monkeypatch.setattr(conftest, "CHROMIUM", a_program(tmp_path, line))
    async with conftest.as_people_have_it(tmp_path) as address:
        assert address == "ws://127.0.0.1:12/devtools"


@pytest.mark.usefixtures("hasty")
async def test_a_browser_that_nobody_can_attach_to_is_given_up() -> None:
    """Three tries, each with an end of our own."""
    tries: list[str] = []

    async def connect(address: str, **_: object) -> None:
        tries.append(address)
        await asyncio.Event().wait()

    playwright: Any = SimpleNamespace(chromium=SimpleNamespace(connect_over_cdp=connect))
    with pytest.raises(AssertionError, match="lets nobody attach"):
        await conftest.attached(playwright, "ws://nowhere")
    assert len(tries) == 3
