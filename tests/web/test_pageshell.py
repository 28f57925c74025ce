"""The page's HTML: something to see at once, and all that the first second takes, named ahead."""

from __future__ import annotations

import pytest

from adapter.web.pagefiles import PageFiles
from adapter.web.pages import WEB
from adapter.web.pageshell import language_of, shell

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
