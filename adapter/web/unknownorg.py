"""The notice for a page of a Salesforce org that is not configured. Pure.

Browsers show a broken frame for a page that may not be framed, and nobody learns why. So every
Salesforce origin may frame this notice: it has no script, no form, and no data except that origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

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
    """The HTML in the agent's language; `style` is the address of the style sheet."""

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
