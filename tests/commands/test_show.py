"""`python -m adapter show`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapter import cli
from adapter.storage.open import open_store
from adapter.storage.port import Commit
from tests.contracts.stores import ADA, NOW, bound, delivery, log


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database in which Ada has a call, its log, and a delivery of it."""
    made = f"sqlite:///{tmp_path}/test.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", made)

    async def fill() -> None:
        store = await open_store(made, clock_ms=lambda: NOW)
        change = replace(bound(0, "pc-1"), logs=(log("call-1"),))
        await store.commit(Commit((change,), delivery=delivery("e1", b'{"call_id":"pc-1"}')))
        await store.close()

    asyncio.run(fill())
    return made


def test_a_call_is_described_as_text(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """While an adapter runs on it: each part under its name, moments as such, no empty line."""

    async def beside() -> int:
        store = await open_store(url, clock_ms=lambda: NOW)
        try:
            return await asyncio.to_thread(cli.main, ["show", "call", "pc-1"])
        finally:
            await store.close()

    assert asyncio.run(beside()) == 0
    said = capsys.readouterr().out
    for part in ("calls\n", "live\n", "call logs\n", "deliveries\n"):
        assert part in said
    assert "2025-11-21T04:40:00" in said
    assert "call.ended" in said
    assert "None" not in said


@pytest.mark.parametrize(
    ("kind", "name"), [("call", "call-1"), ("agent", str(ADA)), ("log", "call-1")]
)
def test_programs_get_json(kind: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All rows, times as they are stored."""
    assert cli.main(["show", kind, name, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["kind"], report["id"]) == (kind, name)
    assert report["call_logs"][0]["opened_at"] == NOW


def test_a_missing_call_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence, with exit code 2; so is a database that is not there."""
    assert cli.main(["show", "call", "nothing"]) == 2
    assert "the store has no call nothing" in capsys.readouterr().err


def test_a_missing_database_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not made."""
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert cli.main(["show", "log", "x"]) == 2
    assert "there is no database" in capsys.readouterr().err
