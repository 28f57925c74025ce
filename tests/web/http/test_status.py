"""Alive and ready are two things."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from adapter import __version__
from adapter.storage.port import StorageError
from tests.scenarios.conftest import World


async def test_a_draining_replica_is_alive_but_not_ready(world: World) -> None:
    """Traffic goes elsewhere, nobody restarts it."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert (await http.get("/readyz")).json() == {"status": "ready"}
        world.app.status.draining = True
        leaving = await http.get("/readyz")
        assert (leaving.status_code, leaving.headers["Connection"]) == (503, "close")
        assert (await http.get("/healthz")).json() == {"status": "ok", "version": __version__}


async def test_a_replica_with_an_unresponsive_store_is_not_ready(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready again as soon as the store is."""

    async def fail() -> str:
        raise StorageError("gone")

    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        with monkeypatch.context() as broken:
            broken.setattr(world.app.status._store, "epoch", fail)
            answer = await http.get("/readyz")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store")
        assert (await http.get("/readyz")).status_code == 200


async def ready(http: httpx.AsyncClient) -> tuple[int, str]:
    """The status of /readyz, and the reason, if any."""
    answer = await http.get("/readyz")
    return answer.status_code, answer.json().get("error", {}).get("message", "")


@pytest.fixture
def always_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No commit of anybody else's proves anything."""
    monkeypatch.setattr("adapter.runtime.writable.FRESH_MS", 0)


@pytest.mark.usefixtures("always_tried")
async def test_a_replica_with_a_full_disk_is_not_ready(world: World) -> None:
    """By the next commit, or by a try of ours; the reason is named, and goes with it."""
    store = world.app.status._store
    writer = store.journal._database._connection  # type: ignore[attr-defined]
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        writer.execute("CREATE TABLE ballast (x)")
        writer.execute(
            "CREATE TRIGGER heavy AFTER UPDATE ON meta BEGIN"
            " INSERT INTO ballast VALUES (zeroblob(100000)); END"
        )
        writer.execute(f"PRAGMA max_page_count = {pages + 2}")
        assert await ready(http) == (
            503,
            "The store is not writable: the store failed: the disk is full",
        )
        assert (await http.get("/healthz")).status_code == 200
        writer.execute("PRAGMA max_page_count = 1000000")
        assert await ready(http) == (200, "")


@pytest.mark.usefixtures("always_tried")
async def test_a_replica_with_a_locked_store_is_not_ready(world: World, tmp_path: Path) -> None:
    """A shell or a backup that forgot itself: in time, and ready again when it lets go."""
    holder = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        holder.execute("BEGIN IMMEDIATE")
        assert await ready(http) == (503, "The store has not answered for 1.5 s.")
        holder.execute("ROLLBACK")
        holder.close()
        async with asyncio.timeout(20):
            while (await ready(http))[0] != 200:
                pass
