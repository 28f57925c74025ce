"""`python -m adapter doctor`: a table, JSON, or just the health; exit code 0 or 1."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapter.cli import main
from tests.doctor.conftest import ORG, Front, environment_of
from tests.scenarios.conftest import World, a_world, free_port


async def ran(*arguments: str) -> int:
    """The exit code of the command, which has an event loop of its own."""
    return await asyncio.to_thread(main, ["doctor", *arguments])


def told_by(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of that world, and no .env of ours."""
    monkeypatch.chdir(folder)
    for name, value in environment_of(world, folder).items():
        monkeypatch.setenv(name, value)


async def test_a_healthy_setup_exits_with_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table says what was looked at, its last line how much of each grade."""
    async with a_world(tmp_path, org_origins=(ORG,)) as world:
        told_by(world, tmp_path, monkeypatch)
        assert await ran() == 0
    lines = capsys.readouterr().out.splitlines()
    assert "0 fail" in lines[-1]
    assert any(line.startswith("ok    socket") for line in lines)


async def test_a_healthy_adapter_is_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For HEALTHCHECK: no word, only the exit code."""
    async with a_world(tmp_path, org_origins=(ORG,)) as world:
        told_by(world, tmp_path, monkeypatch)
        monkeypatch.setenv("SOFTPHONE_PORT", world.url.rpartition(":")[2])
        assert await ran("--health") == 0
    assert await ran("--health") == 1
    assert capsys.readouterr().out == ""


def test_a_broken_setup_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As JSON, for a monitor."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    assert main(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert {"secrets", "orgs", "reachable", "socket"} <= {
        finding["check"] for finding in told["findings"] if finding["grade"] == "fail"
    }
    assert not (tmp_path / "var").exists(), "the doctor leaves nothing behind"


async def test_a_retried_request_is_not_in_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A provider that fails: its retries stood as lines of a log before the JSON."""
    monkeypatch.chdir(tmp_path)
    async with Front(hooks=503).listening() as settings:
        for name, value in {
            "PUBLIC_URL": settings.public_url,
            "DIALSTACK_URL": settings.public_url,
            "DIALSTACK_ACCOUNT": "acct_1",
            "DIALSTACK_TOKEN": "sk_1",
        }.items():
            monkeypatch.setenv(f"SOFTPHONE_{name}", value)
        assert await ran("--json") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert "fail" in {one["grade"] for one in found if one["check"] == "provider"}


def test_wrong_settings_are_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 with a table, as for all that is broken."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_PORT", "many")
    assert main(["doctor"]) == 1
    assert "SOFTPHONE_PORT" in capsys.readouterr().out
