"""The public address: TLS, framing, webhooks; each proxy's fault in its own words."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from aiohttp import web

from adapter.doctor.findings import Finding, Grade
from adapter.doctor.public import public_findings
from adapter.orgfile import orgs_of
from adapter.settings import Settings
from adapter.settings.environment import load
from tests.doctor.conftest import ORG, Front, StoppedClock, certificate, texts_of
from tests.scenarios.conftest import World, a_world, free_port
from tests.test_orgfile import org_text

PLAIN = ssl.create_default_context()


async def examined(settings: Settings, tls: ssl.SSLContext = PLAIN) -> tuple[Finding, ...]:
    """What is found at the public address."""
    return await public_findings(settings, orgs_of(settings), StoppedClock(), tls)


async def test_a_running_adapter_passes(world: World) -> None:
    """It answers, its page may be framed, its webhooks' endpoint is there."""
    found = await examined(load({}, public_url=world.url, org_origins=(ORG,)))
    assert {(f.check, f.grade) for f in found} == {
        ("reachable", Grade.OK),
        ("page", Grade.OK),
        ("webhooks", Grade.OK),
    }


async def test_each_of_several_orgs_is_shown_its_own_page(tmp_path: Path) -> None:
    """No page names two of them, so each is asked for as its org asks."""
    (tmp_path / "orgs.toml").write_text(org_text(tmp_path, "a") + org_text(tmp_path, "b"))
    async with a_world(tmp_path, orgs_file=tmp_path / "orgs.toml") as both:
        one = load({}, public_url=both.url, orgs_file=tmp_path / "orgs.toml")
        found = await examined(one)
        assert texts_of(found, "page") == [(Grade.OK, "The configured orgs may show the page.")]
        (tmp_path / "orgs.toml").write_text(org_text(tmp_path, "a") + org_text(tmp_path, "c"))
        ((grade, text),) = texts_of(await examined(one), "page")
    assert grade is Grade.FAIL
    assert "does not let https://c.lightning.force.com show" in text


async def test_an_unreachable_address_fails_once() -> None:
    """One finding, not one for each path."""
    found = await examined(load({}, public_url=f"http://127.0.0.1:{free_port()}"))
    assert [(f.check, f.grade) for f in found] == [("reachable", Grade.FAIL)]


@pytest.mark.parametrize(
    "health", [web.Response(status=502), web.Response(text="It works!"), web.Response(status=302)]
)
async def test_another_program_at_the_address_fails(health: web.Response) -> None:
    """A proxy's error, somebody's web server, a sign-in of a proxy's own."""
    front = Front(health=health)
    async with front.listening() as settings:
        found = await examined(settings)
    assert [(f.check, f.grade) for f in found] == [("reachable", Grade.FAIL)]
    assert front.asked == ["/healthz"]


@pytest.mark.parametrize(
    ("front", "check", "word"),
    [
        (Front(page_status=401), "page", "answers 401"),
        (
            Front(page_headers={"X-Frame-Options": "SAMEORIGIN"}),
            "page",
            "adds X-Frame-Options",
        ),
        (Front(page_headers={}), "page", f"does not let {ORG}"),
        (
            Front(page_headers={"Content-Security-Policy": "frame-ancestors https://other.test"}),
            "page",
            f"does not let {ORG}",
        ),
        (Front(heard="nothing"), "page", "drops what Salesforce appends"),
        (Front(hooks=404), "webhooks", "no provider configured"),
        (Front(hooks=401), "webhooks", "answers 401"),
    ],
)
async def test_each_fault_of_a_proxy_is_named(front: Front, check: str, word: str) -> None:
    """Each of these makes a blank panel, or calls that nobody hears of."""
    async with front.listening() as settings:
        found = await examined(settings)
    ((grade, text),) = texts_of(found, check)
    assert grade is Grade.FAIL
    assert word in text


@pytest.mark.parametrize(("days", "grade"), [(60, Grade.OK), (14, Grade.OK), (13, Grade.WARN)])
async def test_the_certificates_last_days_are_counted(
    tmp_path: Path, days: int, grade: Grade
) -> None:
    """Two weeks before the end somebody should ask why it has not been renewed."""
    server, client = certificate(tmp_path, days)
    async with Front().listening(server) as settings:
        found = await examined(settings, client)
    assert texts_of(found, "certificate") == [
        (grade, f"The certificate is valid for another {days} days.")
    ]
    assert texts_of(found, "reachable")[0][0] is Grade.OK


async def test_an_expired_certificate_fails(tmp_path: Path) -> None:
    """Browsers would show nothing, and say so only in their console."""
    server, client = certificate(tmp_path, -1)
    async with Front().listening(server) as settings:
        found = await examined(settings, client)
    ((grade, text),) = texts_of(found, "certificate")
    assert grade is Grade.FAIL
    assert "expired" in text


async def test_an_untrusted_certificate_fails(tmp_path: Path) -> None:
    """Self-signed is not good enough for an agent's browser."""
    server, _ = certificate(tmp_path, 60)
    async with Front().listening(server) as settings:
        found = await examined(settings)
    ((grade, text),) = texts_of(found, "certificate")
    assert grade is Grade.FAIL
    assert "self-signed" in text


@pytest.mark.parametrize(
    ("days", "host", "todo"),
    [
        (-1, "127.0.0.1", "Renew"),
        (60, "localhost", "Get a certificate for this name"),
        (400, "127.0.0.1", "clock"),
    ],
)
async def test_the_advice_about_a_certificate_fits_its_fault(
    tmp_path: Path, days: int, host: str, todo: str
) -> None:
    """Over, another name's, or not valid yet: renewing mends the first alone."""
    server, client = certificate(tmp_path, days)
    async with Front().listening(server) as settings:
        url = settings.public_url.replace("127.0.0.1", host)
        found = await examined(load({}, public_url=url), client)
    (finding,) = (one for one in found if one.check == "certificate")
    assert finding.grade is Grade.FAIL
    assert todo in finding.todo


async def test_an_https_address_without_tls_fails_as_unreachable() -> None:
    """No second finding about a certificate that was never seen."""
    async with Front().listening() as settings:
        url = settings.public_url.replace("http:", "https:")
        found = await examined(load({}, public_url=url))
    assert [(f.check, f.grade) for f in found] == [("reachable", Grade.FAIL)]
