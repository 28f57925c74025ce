"""The page, its parts, its settings, and the headers that frame it."""

from __future__ import annotations

import re

import httpx
import pytest
from aiohttp import web

from adapter import __version__
from adapter.app import listening
from adapter.orgfile import orgs_of
from adapter.web.pages.site import TRIES, WEB, Site, content_security_policy
from tests.scenarios.conftest import World


async def test_the_page_may_be_framed_by_the_orgs_only(world: World) -> None:
    """The policy names each org, nothing is cached, and no X-Frame-Options contradicts it."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.get("/softphone?sfdcIframeOrigin=http://127.0.0.1:1")
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors http://127.0.0.1:1" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("page", ["softphone", "standby"])
@pytest.mark.parametrize(
    "query",
    [
        "sfdcIframeOrigin=https://evil.example",
        "sfdcIFrameOrigin=https://evil.example",
        "sfdcIframeOrigin=http://127.0.0.1:1&sfdcIFrameOrigin=https://evil.example",
        "sfdcIframeOrigin=http://127.0.0.1:1&sfdcIframeOrigin=https://evil.example",
        "sfdcIframeOrigin=http://127.0.0.1:1/",
        "sfdcIframeOrigin=",
        "SFDCIFRAMEORIGIN=https://evil.example",
    ],
)
async def test_an_unknown_origin_may_frame_nothing(world: World, page: str, query: str) -> None:
    """However it is spelled, and beside a good one."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        policy = (await http.get(f"/{page}?{query}")).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "127.0.0.1:1" not in policy
    assert "evil" not in policy


def test_without_an_org_nobody_may_frame_it() -> None:
    """An adapter that was told no org shows itself to none."""
    policy = content_security_policy(())
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy


async def test_every_script_and_style_is_served_and_asked_for_again(world: World) -> None:
    """Each with its own type and an ETag; what is unchanged is not sent twice."""
    files = [p for p in (WEB / "softphone").rglob("*") if p.suffix in {".js", ".css"}]
    assert files
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        for path in files:
            url = f"/softphone/{path.relative_to(WEB / 'softphone').as_posix()}"
            answer = await http.get(url)
            assert answer.status_code == 200
            assert answer.content
            assert answer.headers["Content-Type"].startswith("text/")
            headers = {"If-None-Match": answer.headers["ETag"]}
            assert (await http.get(url, headers=headers)).status_code == 304


async def test_files_under_their_build_are_cached_forever(world: World) -> None:
    """Compressed where the browser takes it; under another build's path it is asked for again."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        page = await http.get("/softphone", headers={"Accept-Encoding": "gzip"})
        build = re.findall(r'src="softphone/([0-9a-f]{12})/boot.js"', page.text)[0]
        kept = await http.get(f"/softphone/{build}/boot.js", headers={"Accept-Encoding": "gzip"})
        other = await http.get("/softphone/0123456789ab/panel.css")
    assert page.headers["Content-Encoding"] == kept.headers["Content-Encoding"] == "gzip"
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Vary"] == "Accept-Encoding"
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-cache")


async def test_a_file_of_another_build_is_first_looked_for_at_other_replicas(
    world: World,
) -> None:
    """By redirects to itself, which the balancer spreads; at last there is the current file."""
    site = Site(world.app.settings, orgs_of(world.app.settings), has_replicas=True)
    server = web.Application()
    server.router.add_get("/softphone/{build:[0-9a-f]{12}}/{name:.+}", site.file)
    async with (
        listening(server, "127.0.0.1", 0) as port,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, follow_redirects=True
        ) as http,
    ):
        other = await http.get("/softphone/0123456789ab/panel.css")
        own = await http.get(f"/softphone/{site.build}/panel.css")
        odd = await http.get("/softphone/0123456789ab/panel.css?tried=-1")
    assert [answer.status_code for answer in other.history] == [307] * TRIES
    assert {answer.headers["Cache-Control"] for answer in other.history} == {"no-store"}
    assert other.status_code == odd.status_code == 200
    assert own.history == odd.history == []


@pytest.mark.parametrize(
    "path",
    [
        "/softphone/nothing.js",
        "/softphone/0123456789ab/nothing.js",
        "/softphone/../softphone.html",
        "/softphone/..%2f..%2fpyproject.toml",
        "/softphone/%2e%2e/%2e%2e/pyproject.toml",
        "/softphone//etc/passwd",
        "/pyproject.toml",
    ],
)
async def test_nothing_else_is_served(world: World, path: str) -> None:
    """404: files are looked up by name, never opened by path."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert (await http.get(path)).status_code == 404


async def test_the_settings_distinguish_allowed_origins(world: World) -> None:
    """What the page must know before the sign-in, and no secret in it."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        ours = (await http.get("/api/page-settings?origin=http://127.0.0.1:1")).json()
        theirs = (await http.get("/api/page-settings?origin=https://evil.example")).json()
        none = (await http.get("/api/page-settings")).json()
    assert (ours["allowed_origin"], theirs["allowed_origin"], none["allowed_origin"]) == (
        True,
        False,
        False,
    )
    assert ours["sign_in"] == "dev"
    assert not any("sk_test" in str(value) or "whsec" in str(value) for value in ours.values())


async def test_the_description_is_of_this_release(world: World) -> None:
    """The version that /openapi.json tells is the package's."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert (await http.get("/openapi.json")).json()["info"]["version"] == __version__
