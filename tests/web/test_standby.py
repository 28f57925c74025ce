"""The standby page: complete in itself, framed by the orgs, readable without the adapter."""

from __future__ import annotations

import re

import httpx

from adapter.web.pages.site import WEB, standby_policy
from tests.scenarios.conftest import World

PAGE = (WEB / "standby.html").read_bytes()


async def test_the_standby_page_is_served_to_the_orgs(world: World) -> None:
    """As a page of its own, with the orgs as its only frames."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.get("/standby")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "frame-ancestors http://127.0.0.1:1" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert answer.content == PAGE


def test_the_standby_page_needs_no_other_file_and_no_script() -> None:
    """So that it can lie on any host, which is where it helps when ours is down."""
    text = PAGE.decode()
    assert not re.search(r"<(script|link|img|iframe)|\b(src|href)=|url\(|@import", text)


def test_its_style_is_the_one_that_its_policy_allows() -> None:
    """Another style, another hash: nothing else may be put in."""
    ours = standby_policy(PAGE, ("https://acme.lightning.force.com",))
    other = standby_policy(PAGE.replace(b"1.5rem", b"2rem"), ("https://acme.lightning.force.com",))
    assert "style-src 'sha256-" in ours
    assert ours != other
    assert standby_policy(PAGE, ()).endswith("frame-ancestors 'none'")


def test_the_standby_page_tells_agent_and_admin_what_to_do() -> None:
    """In words: how Salesforce lets go of it, and which command names the cause."""
    text = PAGE.decode()
    assert "open the browser again" in text
    assert "python -m adapter doctor" in text
    assert "/healthz" in text
