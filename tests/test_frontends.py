"""What listens to the outside: what is configured decides what is there."""

from __future__ import annotations

from pathlib import Path

import httpx
from structlog.testing import capture_logs

from adapter.app import listening, running
from tests.scenarios.conftest import settings_for


async def test_without_a_provider_no_webhook_is_accepted(tmp_path: Path) -> None:
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
    (warning,) = (line for line in lines if line["log_level"] == "warning")
    assert warning["event"] == "provider.not_configured"
    assert (warning["kind"], warning["missing"]) == ("dialstack", ["webhook_secrets"])
    assert answer.status_code == 404
