"""How the rooms meet: what is configured decides what is there."""

from __future__ import annotations

from pathlib import Path

import httpx
from structlog.testing import capture_logs

from adapter.app import listening, running
from tests.scenarios.conftest import settings_for


async def test_without_a_provider_no_webhook_is_taken(tmp_path: Path) -> None:
    """It starts, says so in the log, and has no endpoint that would take anybody's word."""
    settings = settings_for(
        tmp_path, "http://localhost:1", "http://127.0.0.1:9", dialstack_webhook_secrets=""
    )
    with capture_logs() as lines:
        async with (
            running(settings) as app,
            listening(app.server, "127.0.0.1", 0) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
        ):
            answer = await http.post("/webhooks/dialstack", content=b"{}")
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == [
        "provider.not_configured"
    ]
    assert answer.status_code == 404


async def test_the_rooms_share_one_store_and_one_policy(tmp_path: Path) -> None:
    """What a setting says of calls is what agents, pages and the sweeper go by."""
    settings = settings_for(tmp_path, "http://localhost:1", "http://127.0.0.1:9", ring_seconds=7)
    async with running(settings) as app:
        assert app.agents.policy.ring_ms == 7_000
        assert app.pages.epoch != ""
