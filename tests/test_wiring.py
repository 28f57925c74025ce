"""How the rooms meet: what is configured decides what is there."""

from __future__ import annotations

from pathlib import Path

from adapter.app import running
from tests.scenarios.conftest import settings_for


async def test_all_packages_share_one_store_and_policy(tmp_path: Path) -> None:
    """What a setting says of calls is what agents, pages and the sweeper go by."""
    settings = settings_for(tmp_path, "http://localhost:1", "http://127.0.0.1:9", ring_seconds=7)
    async with running(settings) as app:
        assert app.agents.policy.ring_ms == 7_000
        assert app.pages.epoch != ""
