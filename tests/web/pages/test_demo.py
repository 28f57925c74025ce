"""The stand-in for an org, served on another site."""

from __future__ import annotations

import httpx
import pytest

from adapter.app import listening
from adapter.web.pages.demo import make_demo_org


@pytest.mark.parametrize("agent", ["ada", "grace"])
async def test_the_demo_org_has_its_softphone_and_agent(agent: str) -> None:
    """Its page, its settings, nothing cached, nothing outside its folder."""
    org = make_demo_org("http://localhost:8080/softphone", agent)
    async with listening(org, "127.0.0.1", 0) as port, httpx.AsyncClient(trust_env=False) as http:
        http.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        page = await http.get("/")
        config = await http.get("/demo-config.json")
        outside = await http.get("/..%2fsoftphone.html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Cache-Control"] == "no-store"
    assert config.json() == {"softphone_url": "http://localhost:8080/softphone", "agent": agent}
    assert outside.status_code in {403, 404}
