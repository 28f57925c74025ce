"""Serves the connector page of Salesforce Voice, its sign-in page, and Salesforce's library.

Law of this file: only a page's own org may frame it, and Salesforce's library is served unmodified,
because its license allows nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path

from aiohttp import web

from adapter.orgs import Org, Orgs
from adapter.settings import Settings, WrongSetting

SCRIPT = "text/javascript"
FOR_EVER = "public, max-age=31536000, immutable"
NAME = "scv-connector-base.js"
NO_ORG = (
    "No org with Salesforce Voice has this id here. The vendor info's connectorUrl must end in "
    "the org's id, as in SOFTPHONE_ORG_ID, and SOFTPHONE_VOICE_URL must be set."
)
"""For an admin who opens the address in a tab."""


def content_security_policy(org: Org) -> str:
    """All content from us; only this org may frame it."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            "style-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(org.origins) or chr(39) + 'none' + chr(39)}",
        )
    )


@dataclass(frozen=True, slots=True)
class Library:
    """Salesforce's file and the hash in its URL."""

    content: bytes
    digest: str


def read_library(path: Path | None) -> Library | None:
    """The file that the settings name; None if there is none. Raises WrongSetting."""
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WrongSetting(
            f"SOFTPHONE_VOICE_LIBRARY: cannot read {path}: {error.strerror}"
        ) from None
    if b"initializeConnector" not in content:
        raise WrongSetting(f"SOFTPHONE_VOICE_LIBRARY: {path} is not Salesforce's connector library")
    return Library(content, hashlib.sha256(content).hexdigest()[:16])


class ConnectorSite:
    """The files for Omni-Channel, for orgs with Salesforce Voice."""

    def __init__(self, settings: Settings, orgs: Orgs, root: Path, build: str) -> None:
        self._orgs = orgs
        self._build = build
        self._library = read_library(settings.voice_library)
        self._page = (root / "connector.html").read_text(encoding="utf-8")
        self._sign_in = (root / "connector-signin.html").read_text(encoding="utf-8")
        folder = root / "connector"
        self._files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.js"))}

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/voice/{org}", self.page),
            web.get("/voice/{org}/sign-in", self.sign_in),
            web.get("/connector/{name}", self.file),
            web.get(f"/voice-library/{{digest}}/{NAME}", self.library),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """GET /voice/{org}: the connectorUrl."""
        org = self._org_of(request)
        if self._library is None:
            text = "Set SOFTPHONE_VOICE_LIBRARY to Salesforce's library (scripts/voice-library)."
            raise web.HTTPNotFound(text=text)
        return self._fill_page(self._page, org, library=self._library.digest)

    async def sign_in(self, request: web.Request) -> web.Response:
        """GET /voice/{org}/sign-in: the customLoginUrl."""
        return self._fill_page(self._sign_in, self._org_of(request))

    async def file(self, request: web.Request) -> web.Response:
        """GET /connector/…: our modules, revalidated by browsers."""
        content = self._files.get(request.match_info["name"])
        if content is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-cache"}
        return web.Response(body=content, content_type=SCRIPT, charset="utf-8", headers=headers)

    async def library(self, request: web.Request) -> web.Response:
        """GET /voice-library/{hash}/…: Salesforce's unmodified file."""
        if self._library is None or request.match_info["digest"] != self._library.digest:
            raise web.HTTPNotFound
        headers = {"Cache-Control": FOR_EVER}
        body = self._library.content
        return web.Response(body=body, content_type=SCRIPT, charset="utf-8", headers=headers)

    def _org_of(self, request: web.Request) -> Org:
        """The URL's org, if it has Salesforce Voice. Raises HTTPNotFound."""
        org = self._orgs.of_id(request.match_info["org"])
        if org is None or org.salesforce.voice is None:
            raise web.HTTPNotFound(text=NO_ORG)
        return org

    def _fill_page(self, page: str, org: Org, **more: str) -> web.Response:
        """The page with its settings as data, because CSP allows no inline script."""
        values = {"org": org.org_id, "origins": " ".join(org.origins), "build": self._build, **more}
        for name, value in values.items():
            page = page.replace(f"{{{name}}}", escape(value, quote=True))
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": content_security_policy(org),
        }
        return web.Response(text=page, content_type="text/html", headers=headers)
