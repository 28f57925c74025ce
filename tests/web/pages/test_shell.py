"""The page's HTML: something to see at once, and all that the first second takes, named ahead."""

from __future__ import annotations

import httpx
import pytest

from adapter.web.pages.files import PageFiles
from adapter.web.pages.shell import language_of, notice, notice_policy, shell
from adapter.web.pages.site import WEB
from tests.scenarios.conftest import World

FILES = PageFiles(WEB / "softphone", WEB / "dist")
PAGE = (WEB / "softphone.html").read_text()
ORIGIN = "https://acme.lightning.force.com"


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ({}, "de-AT,de;q=0.9,en;q=0.8", "de"),
        ({"lang": "ja"}, "de", "ja"),
        ({"lang": "pt_BR"}, "", "pt"),
        ({"lang": "xx"}, "fr", "fr"),
        ({}, "zh-CN,zh;q=0.9", "en"),
        ({}, "", "en"),
    ],
)
def test_the_first_language_that_the_page_speaks(
    query: dict[str, str], accepted: str, language: str
) -> None:
    """The address's wish, then the browser's, else English: as the page itself chooses."""
    assert language_of(query, accepted, FILES.languages) == language


def test_the_head_preloads_everything_needed_at_the_start() -> None:
    """Settings, words, each module of this surface and the org's library; in the build's folder."""
    query = {"sfdcIframeOrigin": ORIGIN, "mode": "Lightning"}
    html = shell(PAGE, FILES, query, "ar", known_origin=True)
    home = f"softphone/{FILES.build}"
    assert '<html lang="ar" dir="rtl">' in html
    assert "جارٍ الاتصال…" in html
    assert 'href="api/page-settings?origin=https%3A%2F%2Facme.lightning.force.com"' in html
    assert f'href="{home}/lang/ar.json"' in html
    assert f'href="{ORIGIN}/support/api/57.0/lightning/opencti_min.js"' in html
    for module in FILES.modules("boot.js"):
        assert f'<link rel="modulepreload" href="{home}/{module}">' in html
    assert f'<link rel="stylesheet" href="{home}/start.css">' in html


def test_in_classic_the_page_loads_classics_driver_and_library() -> None:
    """The parameter's other spelling says so."""
    html = shell(PAGE, FILES, {"sfdcIFrameOrigin": ORIGIN}, "en", known_origin=True)
    assert f"{ORIGIN}/support/api/57.0/interaction.js" in html
    assert "opencti_min" not in html


@pytest.mark.parametrize(("mode", "driver"), [("lwc", "lwc.js"), ("voice", "voice.js")])
def test_in_our_own_components_there_is_no_library(mode: str, driver: str) -> None:
    """Its driver and the way to it, and nothing from the org."""
    query = {"sfdcIframeOrigin": ORIGIN, "mode": mode}
    html = shell(PAGE, FILES, query, "en", known_origin=True)
    assert "/support/api/" not in html
    assert "opencti_min" not in html
    modules = FILES.modules(driver)
    assert modules
    assert all(f"/{module}" in html for module in modules)


def test_nothing_is_fetched_from_third_parties() -> None:
    """An org that is not known names no library, and its text is no markup."""
    query = {"sfdcIframeOrigin": 'https://evil.example"><script>'}
    html = shell(PAGE, FILES, query, "en", known_origin=False)
    assert "evil.example/" not in html
    assert "<script>" not in html


def test_an_origin_under_another_name_preloads_no_library() -> None:
    """The page would not read it either; a parameter without a name is no origin."""
    query = {"SFDCIFRAMEORIGIN": ORIGIN, "": "https://evil.example"}
    html = shell(PAGE, FILES, query, "en", known_origin=True)
    assert "evil.example" not in html
    assert "/support/api/" not in html


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
