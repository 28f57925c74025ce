"""GET /metrics of a running adapter: what a call leaves behind, and no name or number in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapter.storage.port import StorageError
from tests.scenarios.conftest import World, a_world

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An adapter with a simulated provider."""
    async with a_world(tmp_path) as made:
        yield made


async def test_a_call_is_seen_in_the_metrics_without_names(world: World) -> None:
    """Webhooks, view, click, commit, provider, socket and state; neither number nor agent."""
    quick = {"pick_up_seconds": 0, "ring_seconds": 0, "talk_seconds": 0.1}
    await world.scenario(outcome="answered", **quick)
    page = await world.page()
    await page.dial("(202) 555-0143", CONTACT)
    await page.until(lambda v: v["state"] == "wrapup")
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    said = {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in answer.text.splitlines())
        if not name.startswith("#")
    }
    assert said["softphone_sockets"] == 1
    assert said['softphone_agents{state="wrapup"}'] == 1
    assert said['softphone_provider_outcomes_total{effect="PlaceCall",outcome="CallPlaced"}'] == 1
    assert said["softphone_click_to_post_seconds_count"] == 1
    assert said['softphone_calls_total{direction="outbound",outcome="answered"}'] == 1
    assert said['softphone_provider_request_seconds_count{effect="PlaceCall"}'] == 1
    assert said["process_open_fds"] > 0
    for name in ("webhook_accept", "webhook_lag", "webhook_to_page", "commit"):
        assert said[f"softphone_{name}_seconds_count"] >= 1
    for private in ("2025550143", "Ann", "ada", "005"):
        assert f'"{private}' not in answer.text


async def test_metrics_are_not_served_in_another_spelling(world: World) -> None:
    """A proxy that hides /metrics may compare the text of the path as it came."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert (await http.get("/%6Detrics")).status_code == 404
        assert (await http.get("/metrics?collect=all")).status_code == 200


async def test_a_store_outage_hides_no_metrics(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is when they are needed."""

    async def away(*_: object) -> None:
        raise StorageError("away")

    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert "softphone_store_writable 1.0" in (await http.get("/metrics")).text
        monkeypatch.setattr("adapter.storage.sqlstore.SqlStore.waiting", away)
        monkeypatch.setattr("adapter.storage.sqlstore.SqlStore.epoch", away)
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert "softphone_sockets 0.0" in answer.text
    assert "softphone_store_writable 0.0" in answer.text


async def test_a_log_that_is_saved_is_counted_once(world: World) -> None:
    """Its notes later are an update, no second log."""
    quick = {"pick_up_seconds": 0, "ring_seconds": 0, "talk_seconds": 0.1}
    await world.scenario(outcome="answered", **quick)
    page = await world.page()
    await page.dial("(202) 555-0143", CONTACT)
    view = await page.until(lambda v: v["state"] == "wrapup")
    await world.until_task()
    call_id = view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, notes="Later.", done=True)
    await world.until_task(lambda task: "Later." in str(task.get("Description")))
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        text = (await http.get("/metrics")).text
    assert "\nsoftphone_saved_logs_total 1.0\n" in text
