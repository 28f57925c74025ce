"""The softphone's page and what it is made of, with the headers that frame it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

from aiohttp import web

from adapter import __version__
from adapter.assets import folder
from adapter.orgs import Orgs
from adapter.origins import is_loopback
from adapter.settings import Settings
from adapter.web.lean import late_words, lean_script, lean_style, lean_words

WEB = folder("web")
SUFFIXES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
LEAN = {".js": lean_script, ".css": lean_style, ".json": lean_words}


def content_security_policy(origins: tuple[str, ...]) -> str:
    """Scripts from us and the orgs (their library), frames by the orgs; nothing else."""
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
    """The standby page has one style, in itself, and nothing else; the orgs frame it."""
    style = re.search(rb"<style>(.*?)</style>", page, re.DOTALL)
    digest = hashlib.sha256(style[1] if style else b"").digest()
    allowed = base64.b64encode(digest).decode("ascii")
    frames = " ".join(origins) or "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors {frames}"
    )


class Site:
    """The files under `web/`, read once: they do not change while we run."""

    def __init__(self, settings: Settings, orgs: Orgs, root: Path = WEB) -> None:
        self._settings = settings
        self._orgs = orgs
        self._page = (root / "softphone.html").read_bytes()
        self._openapi = _of_this_release((root / "openapi.json").read_bytes())
        folder = root / "softphone"
        self._files = {
            path.relative_to(folder).as_posix(): _served(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in SUFFIXES
        }
        for path in sorted((folder / "lang").iterdir()):
            self._files[f"lang/late/{path.name}"] = late_words(path.read_bytes())
        everything = hashlib.sha256(self._page)
        for name, content in self._files.items():
            everything.update(name.encode() + content)
        self.build = everything.hexdigest()[:12]
        self._standby = (root / "standby.html").read_bytes()
        self._standby_policy = standby_policy(self._standby, orgs.origins)

    async def page(self, request: web.Request) -> web.Response:
        """GET /softphone: the reqAdapterUrl. Shown by an org, it is for that org alone."""
        org = self._orgs.of_origin(request.query.get("sfdcIframeOrigin", ""))
        policy = content_security_policy(org.origins if org else self._orgs.origins)
        return web.Response(
            body=self._page,
            content_type="text/html",
            charset="utf-8",
            headers={"Cache-Control": "no-store", "Content-Security-Policy": policy},
        )

    async def standby(self, _request: web.Request) -> web.Response:
        """GET /standby: what Salesforce may show when the softphone stays silent."""
        return web.Response(
            body=self._standby,
            content_type="text/html",
            charset="utf-8",
            headers={"Cache-Control": "no-cache", "Content-Security-Policy": self._standby_policy},
        )

    async def openapi(self, _request: web.Request) -> web.Response:
        """GET /openapi.json: all of this, for machines."""
        return web.Response(body=self._openapi, content_type="application/json")

    async def file(self, request: web.Request) -> web.Response:
        """GET /softphone/…: scripts, styles, languages; checked again after each deploy."""
        name = request.match_info["name"]
        content = self._files.get(name)
        if content is None:
            raise web.HTTPNotFound
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"Cache-Control": "no-cache", "ETag": etag}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        kind = SUFFIXES[Path(name).suffix]
        return web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)

    async def settings(self, request: web.Request) -> web.Response:
        """GET /api/page-settings?origin=…: what a page must know before anybody signs in."""
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
                "api_version": "57.0",
                "org_id": org.org_id if org else None,
            },
            headers={"Cache-Control": "no-store"},
        )


def _of_this_release(openapi: bytes) -> bytes:
    """The description, with the version of what it describes."""
    described = json.loads(openapi)
    described["info"]["version"] = __version__
    return json.dumps(described).encode()


def _served(path: Path) -> bytes:
    """A file as browsers get it."""
    return LEAN[path.suffix](path.read_bytes())
