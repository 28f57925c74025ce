"""A Salesforce org that is not configured reads why, and gets nothing else."""

from __future__ import annotations

import httpx
import pytest

from adapter.web.unknownorg import notice, notice_policy
from tests.scenarios.conftest import World

STRANGER = "https://other--dev.sandbox.lightning.force.com"
WORDS = {
    "language": "en",
    "direction": "ltr",
    "title": "Phone & more",
    **{f"condition.{name}": name for name in ("server", "address", "inside", "origin")},
    "blocked.title": "The softphone could not start",
    "blocked.admin": "For your admin",
    "blocked.origin-not-allowed": "Not connected.",
    "blocked.origin-not-allowed.admin": "Add {detail} to the list.",
}


@pytest.mark.parametrize("name", ["sfdcIframeOrigin", "sfdcIFrameOrigin"])
async def test_an_unknown_salesforce_org_reads_why_there_is_no_softphone(
    world: World, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """In its own frame and the agent's language, without a script; the server logs it."""
    headers = {"Accept-Language": "de"}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False, headers=headers) as http:
        answer = await http.get("/softphone", params={name: STRANGER, "mode": "Lightning"})
        style = answer.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert (await http.get(style)).status_code == 200
        metrics = (await http.get("/metrics")).text
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors {STRANGER}" in policy
    assert "script" not in policy
    assert "<script" not in answer.text
    assert "127.0.0.1:1" not in answer.text
    assert f"Fügen Sie {STRANGER} der Liste" in answer.text
    assert 'softphone_pages_blocked_total{code="origin-not-allowed"} 1.0' in metrics
    assert "origin-not-allowed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "query",
    [
        "sfdcIframeOrigin=https://force.com.evil.example",
        "sfdcIframeOrigin=https://a.force.com;x",
        "sfdcIframeOrigin=https://a.force.com&sfdcIFrameOrigin=https://b.force.com",
    ],
)
async def test_nobody_else_may_frame_the_notice(world: World, query: str) -> None:
    """A name that only looks like Salesforce's, more than a name, and two names."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        policy = (await http.get(f"/softphone?{query}")).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy


def test_the_notice_names_the_condition_that_failed() -> None:
    """Three held; the words are escaped."""
    html = notice(STRANGER, WORDS, "/softphone/b/start.css")
    assert html.count('data-held="yes"') == 3
    assert html.count("<h1") == 1
    assert html.count('data-held="no"') == 1
    assert "Phone &amp; more" in html
    assert f"Add {STRANGER} to the list." in html
    assert notice_policy(STRANGER).endswith(f"frame-ancestors {STRANGER}")
