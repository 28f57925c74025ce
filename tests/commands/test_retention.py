"""`python -m adapter retention`."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapter.commands.retention import run
from adapter.runtime.clock import SystemClock
from adapter.storage.filelock import FileLock
from adapter.storage.open import open_store
from adapter.storage.port import Commit, StorageError
from tests.contracts.stores import delivery

DAY_MS = 86_400_000


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database that this test has to itself."""
    monkeypatch.chdir(tmp_path)
    made = f"sqlite:///{tmp_path}/test.db"
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", made)
    return made


async def fill(url: str, *days_ago: int) -> None:
    """A delivery of each of those days."""
    clock = SystemClock()
    store = await open_store(url, clock_ms=clock.now)
    for days in days_ago:
        old = replace(delivery(f"evt_{days}"), at=clock.now() - days * DAY_MS)
        await store.commit(Commit((), delivery=old))
    await store.close()


def test_data_older_than_the_retention_period_is_removed_at_once(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the settings; a second run finds nothing."""
    asyncio.run(fill(url, 0, 9, 11, 40))
    monkeypatch.setenv("SOFTPHONE_DELIVERY_DAYS", "10")
    assert run(argparse.Namespace(json=True)) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 2
    assert run(argparse.Namespace(json=False)) == 0
    assert capsys.readouterr().out.startswith("0 rows deleted. Deliveries are kept for 10 days")


def test_a_running_adapter_prunes_on_its_own(url: str, tmp_path: Path) -> None:
    """Its file is locked, and the command says by whom."""
    with FileLock(tmp_path / "test.db"), pytest.raises(StorageError, match="in use by process"):
        run(argparse.Namespace(json=False))
    assert url
