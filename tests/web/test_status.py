"""Alive and ready are two things."""

from __future__ import annotations

import httpx
import pytest

from adapter import __version__
from adapter.storage.port import StorageError
from tests.scenarios.conftest import World


async def test_a_leaving_replica_is_alive_but_not_ready(world: World) -> None:
    """Traffic goes elsewhere, nobody restarts it."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert (await http.get("/readyz")).json() == {"status": "ready"}
        world.app.status.draining = True
        leaving = await http.get("/readyz")
        assert (leaving.status_code, leaving.headers["Connection"]) == (503, "close")
        assert (await http.get("/healthz")).json() == {"status": "ok", "version": __version__}


async def test_a_store_that_does_not_answer_is_not_ready(
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
