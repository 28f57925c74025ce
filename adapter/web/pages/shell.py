"""Renders the page's HTML with a first message and preloads of everything it needs.

The head names everything needed at the start (styles, modules, texts, settings, the org's library),
so the browser fetches all of it in parallel; otherwise nested modules would load one after another.
https://developer.mozilla.org/docs/Web/HTML/Reference/Attributes/rel
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from adapter.web.pages.files import PageFiles

_SURFACES: dict[str, tuple[tuple[str, ...], str]] = {
    "sfdcIframeOrigin": ((), "lightning/opencti_min.js"),
    "sfdcIFrameOrigin": (("classic.js",), "interaction.js"),
}
"""A surface's extra modules (the start has Lightning's driver) and the org's library."""
_OUR_OWN = {"lwc": ("lwc.js", "hostport.js"), "voice": ("voice.js",)}
"""Our own components, which need no Salesforce library."""
_CONNECTING = re.compile(r'(<p data-words="connecting">)[^<]*')


def language_of(query: Mapping[str, str], accepted: str, spoken: Iterable[str]) -> str:
    """The page's language: the first supported one of the URL, then of the browser."""
    known = set(spoken)
    wanted = [query.get("lang", ""), *accepted.split(",")]
    short = (re.split("[-_;]", language.strip())[0].lower() for language in wanted)
    return next((language for language in short if language in known), "en")


def shell(
    page: str,
    files: PageFiles,
    query: Mapping[str, str],
    language: str,
    *,
    known_origin: bool,
    version: str = "57.0",
) -> str:
    """The HTML for a URL; the org's library is preloaded only for a known org.

    `version` of Open CTI, as Salesforce writes it.
    """
    home = f"softphone/{files.build}"
    direction, connecting = files.languages[language]
    named = next((name for name in _SURFACES if name in query), None)
    drivers, library = _SURFACES[named or "sfdcIframeOrigin"]
    ours = _OUR_OWN.get(query.get("mode", ""))
    origin = query[named] if named else ""
    modules = files.modules("boot.js", *(ours or drivers))
    links = [
        *(f'<link rel="modulepreload" href="{home}/{module}">' for module in modules),
        _preload(f"api/page-settings?origin={quote(origin, safe='')}", "fetch"),
        _preload(f"{home}/lang/{language}.json", "fetch"),
    ]
    if named and known_origin and not ours:
        address = f"{origin}/support/api/{version}/{library}"
        links.append(f'<link rel="preload" as="script" href="{escape(address)}">')
    html = _CONNECTING.sub(lambda match: match[1] + escape(connecting), page)
    return (
        html.replace('<html lang="en">', f'<html lang="{language}" dir="{direction}">')
        .replace('href="softphone/', f'href="{home}/')
        .replace('src="softphone/', f'src="{home}/')
        .replace("</head>", "".join(links) + "</head>")
    )


def _preload(address: str, kind: str) -> str:
    return f'<link rel="preload" as="{kind}" crossorigin href="{escape(address)}">'


# --- the notice for a page of a Salesforce org that is not configured ---------------------------

CODE = "origin-not-allowed"
"""As in `web/softphone/screens.js`."""

_CONDITIONS = {"server": "yes", "address": "yes", "inside": "yes", "origin": "no"}
_MARKS = {"yes": "✓", "no": "✗"}


def notice_policy(origin: str) -> str:
    """Only our style sheet; only this origin may frame it."""
    return (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {origin}"
    )


def notice(origin: str, words: Mapping[str, object], style: str) -> str:
    """The HTML in the agent's language; `style` is the address of the style sheet.

    Browsers show a broken frame for a page that may not be framed, and nobody learns why. So every
    Salesforce origin may frame this notice: it has no script, no form, and no data except that
    origin.
    """

    def said(key: str) -> str:
        return escape(str(words[key]).replace("{detail}", origin))

    conditions = "".join(
        f'<li data-held="{held}"><span class="mark" aria-hidden="true">{_MARKS[held]}</span>'
        f"<span>{said(f'condition.{name}')}</span></li>"
        for name, held in _CONDITIONS.items()
    )
    return (
        f'<!DOCTYPE html><html lang="{said("language")}" dir="{said("direction")}">'
        f'<head><meta charset="utf-8"><title>{said("title")}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="{style}">'
        '</head><body><main id="softphone" data-state="blocked" data-click-to-dial="off">'
        f'<h1 class="sr-only">{said("title")}</h1>'
        f'<section class="screen blocked"><h2>{said("blocked.title")}</h2>'
        f"<p>{said(f'blocked.{CODE}')}</p>"
        f'<ol class="conditions">{conditions}</ol><h3>{said("blocked.admin")}</h3>'
        f'<p class="admin">{said(f"blocked.{CODE}.admin")}</p></section></main></body></html>'
    )
