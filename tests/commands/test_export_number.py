"""`python -m adapter export-number`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapter import cli
from adapter.orgs import DEV_ORG
from adapter.storage.open import open_store
from adapter.storage.port import Commit
from tests.contracts.stores import NOW, delivery

NUMBER = "+4930901820145"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that holds one delivery about the number."""
    made = f"sqlite:///{tmp_path}/test.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", made)

    async def fill() -> None:
        store = await open_store(made, clock_ms=lambda: NOW)
        body = json.dumps({"to_number": NUMBER}).encode()
        await store.commit(Commit(delivery=delivery("e1", body)))
        await store.close()

    asyncio.run(fill())
    return made


def test_everything_is_written_as_json(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """To stdout, while a running adapter has the file; the log beside it tells no number."""

    async def beside() -> int:
        store = await open_store(url, clock_ms=lambda: NOW)
        try:
            return await asyncio.to_thread(cli.main, ["export-number", "+49 (30) 901820145"])
        finally:
            await store.close()

    assert asyncio.run(beside()) == 0
    out, log = capfd.readouterr()
    report = json.loads(out)
    assert (report["number"], report["counts"]["deliveries"]) == (NUMBER, 1)
    assert report["deliveries"][0]["body"] == {"to_number": NUMBER}
    assert "privacy.search" in log
    assert NUMBER[3:] not in log


def test_the_export_is_a_new_file_that_only_its_owner_can_read(url: str, tmp_path: Path) -> None:
    """Mode 600; one that is there already is not overwritten; another org's data is not in it."""
    file = tmp_path / "data.json"
    assert cli.main(["export-number", NUMBER, "--output", str(file), "--org", DEV_ORG]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    report = json.loads(file.read_text())
    assert (report["org"], report["deliveries"]) == (DEV_ORG, [])
    assert cli.main(["export-number", NUMBER, "--output", str(file)]) == 2


def test_a_missing_database_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not made."""
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert cli.main(["export-number", NUMBER]) == 2
    assert "there is no database" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()
