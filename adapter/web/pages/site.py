"""Serves the softphone's page and its files, with the headers for framing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable

from aiohttp import web

from adapter import __version__
from adapter.assets import folder
from adapter.orgs import Org, Orgs
from adapter.origins import is_loopback, is_salesforce
from adapter.settings import Settings
from adapter.web.http.middleware import WITH_MICROPHONE
from adapter.web.pages.files import PageFile, PageFiles
from adapter.web.pages.shell import CODE, language_of, notice, notice_policy, shell

WEB = folder("web")
FOR_EVER = "public, max-age=31536000, immutable"

TRIES = 12
"""How often a file of another build is looked for at another replica; browsers follow 20 redirects
(https://fetch.spec.whatwg.org/#http-redirect-fetch)."""


def content_security_policy(origins: tuple[str, ...]) -> str:
    """Scripts only from us and the orgs (their library); only the orgs may frame it."""
    orgs = " ".join(origins)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {orgs}".rstrip(),
            "connect-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors " + (orgs or "'none'"),
        )
    )


def standby_policy(page: bytes, origins: tuple[str, ...]) -> str:
    """The standby page has only one inline style; the orgs may frame it."""
    style = re.search(rb"<style>(.*?)</style>", page, re.DOTALL)
    digest = hashlib.sha256(style[1] if style else b"").digest()
    allowed = base64.b64encode(digest).decode("ascii")
    frames = " ".join(origins) or "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors {frames}"
    )


class Site:
    """The files under `web/`, read once at start."""

    def __init__(
        self,
        settings: Settings,
        orgs: Orgs,
        *,
        has_replicas: bool = False,
        may_talk: Callable[[Org | None], bool] = lambda org: False,
        on_blocked: Callable[[web.Request, str], None] = lambda request, code: None,
    ) -> None:
        """`has_replicas`: whether others may serve pages of another build.

        `may_talk`: whether an org's agents (None: any org's) may have a phone in the browser.

        `on_blocked` gets the reason for a page that is not started.
        """
        self._settings = settings
        self._tries = TRIES if has_replicas else 0
        self._may_talk = may_talk
        self._on_blocked = on_blocked
        self._orgs = orgs
        page = (WEB / "softphone.html").read_bytes()
        self._page = page.decode()
        self._openapi = _of_this_release((WEB / "openapi.json").read_bytes())
        self._files = PageFiles(WEB / "softphone", WEB / "dist", more=(page,))
        self.build = self._files.build
        self._standby = (WEB / "standby.html").read_bytes()
        self._window = PageFile("text/html", (WEB / "phone.html").read_bytes())

    async def page(self, request: web.Request) -> web.Response:
        """GET /softphone: the reqAdapterUrl, for the org that embeds it."""
        org, frames = shown_by(request, self._orgs)
        policy = content_security_policy(frames)
        accepted = request.headers.get("Accept-Language", "")
        language = language_of(request.query, accepted, self._files.languages)
        named = _origins_in(request)
        if org is None and len(named) == 1 and is_salesforce(stranger := named.pop()):
            self._on_blocked(request, CODE)
            return self._notice(request, stranger, language)
        html = shell(
            *(self._page, self._files, request.query, language),
            known_origin=org is not None,
            version=self._settings.open_cti_version,
        )
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy}
        if self._may_talk(org):
            headers["Permissions-Policy"] = WITH_MICROPHONE
        return PageFile("text/html", html.encode()).answer(request, headers)

    def _notice(self, request: web.Request, origin: str, language: str) -> web.Response:
        style = f"/softphone/{self.build}/start.css"
        html = notice(origin, self._files.words(language), style)
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": notice_policy(origin)}
        return PageFile("text/html", html.encode()).answer(request, headers)

    async def standby(self, request: web.Request) -> web.Response:
        """GET /standby: what Salesforce shows if the softphone does not load.

        It contains nothing to protect. If no org is named and there are several, any page may frame
        it, so that no org learns of the others.
        """
        org, frames = shown_by(request, self._orgs)
        if not (org or frames or _origins_in(request)):
            frames = ("https:",)
        policy = standby_policy(self._standby, frames)
        return web.Response(
            body=self._standby,
            content_type="text/html",
            charset="utf-8",
            headers={"Cache-Control": "no-cache", "Content-Security-Policy": policy},
        )

    async def window(self, request: web.Request) -> web.Response:
        """GET /phone: the phone in its own window, for frames without microphone access.

        It contains only what all our pages have; no other site may frame it.
        """
        if not self._may_talk(None):
            raise web.HTTPNotFound
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": content_security_policy(()),
            "Permissions-Policy": WITH_MICROPHONE,
        }
        return self._window.answer(request, headers)

    async def openapi(self, _request: web.Request) -> web.Response:
        """GET /openapi.json: the HTTP API's description."""
        return web.Response(body=self._openapi, content_type="application/json")

    async def file(self, request: web.Request) -> web.Response:
        """GET /softphone/[build/]…: scripts, styles, languages; kept forever under their build.

        A file of another build is first looked for at other replicas, by redirects to itself.
        """
        build = request.match_info.get("build")
        tried = request.query.get("tried", "0")
        if build not in {None, self.build} and tried in map(str, range(self._tries)):
            # During a deploy, the balancer may send the next request to a replica of that build.
            again = {"Location": f"?tried={int(tried) + 1}", "Cache-Control": "no-store"}
            return web.Response(status=307, headers=again)
        file = self._files.find(request.match_info["name"], built=build is not None)
        if file is None:
            raise web.HTTPNotFound
        lasts = build == self.build
        headers = {"Cache-Control": FOR_EVER if lasts else "no-cache", "ETag": file.etag}
        if request.headers.get("If-None-Match") == file.etag:
            return web.Response(status=304, headers=headers)
        return file.answer(request, headers)

    async def settings(self, request: web.Request) -> web.Response:
        """GET /api/page-settings?origin=…: what a page needs before sign-in."""
        origin = request.query.get("origin", "")
        dev = self._settings.sign_in == "dev"
        org = self._orgs.of_origin(origin)
        return web.json_response(
            {
                "build": self.build,
                "public_origin": self._settings.public_origin,
                "sign_in": self._settings.sign_in,
                "allowed_origin": org is not None,
                "loopback_allowed": dev and is_loopback(self._settings.host),
                "api_version": self._settings.open_cti_version,
                "org_id": org.org_id if org else None,
            },
            headers={"Cache-Control": "no-store"},
        )


def shown_by(request: web.Request, orgs: Orgs) -> tuple[Org | None, tuple[str, ...]]:
    """The org that embeds this page, by the URL, and the origins that may frame it.

    None if an unknown origin, or several, are named. Without one, the only org; of several orgs
    none learns of the others.
    """
    named = _origins_in(request)
    if not named:
        return None, orgs.origins if len(orgs.all) == 1 else ()
    org = orgs.of_origin(named.pop()) if len(named) == 1 else None
    return org, org.origins if org else ()


def _origins_in(request: web.Request) -> set[str]:
    """Lightning writes sfdcIframeOrigin, Classic sfdcIFrameOrigin."""
    return {value for name, value in request.query.items() if name.lower() == "sfdciframeorigin"}


def _of_this_release(openapi: bytes) -> bytes:
    """The API description with the adapter's version."""
    described = json.loads(openapi)
    described["info"]["version"] = __version__
    return json.dumps(described).encode()
