"""Salesforce as identity provider, of our own: a real server, as strict as the real one.

It enforces PKCE, the redirect address and the client; signs with RS256 and a key that can be
rotated; has Salesforce's paths and claims; and refuses to be framed. What it says can be bent,
so that a test can forge one thing at a time.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from adapter.app import listening

USERS = {
    "ada": ("005000000000001AAA", "Ada Lovelace"),
    "grace": ("005000000000002AAA", "Grace Hopper"),
}


def new_key() -> RSAKey:
    """A signing key with an id of its own."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})


@dataclass
class FakeIdentity:
    """One org's My Domain. `bend_…` replace what would be said; None removes it."""

    org_id: str = "00D000000000001AAA"
    client_id: str = "client"
    url: str = ""
    callback: str = ""
    """The one callback URL that is allowed; empty: any."""
    key: RSAKey = field(default_factory=new_key)
    signing_key: RSAKey | None = None
    bend_discovery: dict[str, Any] = field(default_factory=dict)
    bend_claims: dict[str, Any] = field(default_factory=dict)
    bend_userinfo: dict[str, Any] = field(default_factory=dict)
    isolates: bool = False
    """Whether its sign-in page cuts the pop-up off from its opener (COOP)."""
    instead: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    """By path: status, headers and text of an answer in the place of the right one."""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def rotate(self) -> None:
        """From now on another key signs, and only that one is published."""
        self.key = new_key()

    def app(self) -> web.Application:
        """Its server."""
        server = web.Application(middlewares=[self._framed_by_nobody])
        server.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._discovery),
                web.get("/services/oauth2/authorize", self._authorize),
                web.post("/services/oauth2/token", self._token),
                web.get("/services/oauth2/userinfo", self._userinfo),
                web.get("/id/keys", self._published),
            ]
        )
        return server

    @web.middleware
    async def _framed_by_nobody(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path in self.instead:
            status, headers, text = self.instead[request.path]
            return web.Response(status=status, headers=headers, text=text)
        response: web.StreamResponse = await handler(request)
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        if self.isolates:
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    async def _discovery(self, _request: web.Request) -> web.Response:
        oauth = f"{self.url}/services/oauth2"
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{oauth}/authorize",
            "token_endpoint": f"{oauth}/token",
            "userinfo_endpoint": f"{oauth}/userinfo",
            "jwks_uri": f"{self.url}/id/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return web.json_response(_bent(told, self.bend_discovery))

    async def _authorize(self, request: web.Request) -> web.Response:
        """The sign-in page; with `login` the answer of somebody who has filled it in."""
        asked = dict(request.query)
        wanted = {"response_type": "code", "client_id": self.client_id, "scope": "openid"}
        wanted["code_challenge_method"] = "S256"
        if asked.get("client_id") != self.client_id:
            return _refused("invalid_client_id", "client identifier invalid")
        if self.callback and asked.get("redirect_uri") != self.callback:
            return _refused("redirect_uri_mismatch", "redirect_uri must match configuration")
        if any(asked.get(name) != value for name, value in wanted.items()):
            return web.Response(status=400, text="invalid_request")
        if not all(asked.get(name) for name in ("state", "nonce", "code_challenge")):
            return web.Response(status=400, text="state, nonce and code_challenge are required")
        login = asked.pop("login", "")
        if login not in USERS:
            query = urlencode(asked)
            links = "".join(f'<a href="?{query}&amp;login={name}">{name}</a> ' for name in USERS)
            return web.Response(text=f"<!doctype html>{links}", content_type="text/html")
        code = secrets.token_urlsafe(12)
        self.codes[code] = {**asked, "login": login}
        back = urlencode({"code": code, "state": asked["state"]})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.codes.pop(str(form.get("code", "")), None)
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("client_id") != self.client_id
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        access_token = secrets.token_urlsafe(12)
        self.tokens[access_token] = asked["login"]
        id_token = self.id_token(asked["login"], asked["nonce"])
        return web.json_response({"access_token": access_token, "id_token": id_token})

    def id_token(self, login: str, nonce: str) -> str:
        """Signed, with Salesforce's claims, as bent as asked for."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self._subject(login),
            "aud": self.client_id,
            "iat": now,
            "exp": now + 120,
            "nonce": nonce,
        }
        key = self.signing_key or self.key
        header = {"alg": "RS256", "kid": self.key.kid}
        bent = _bent(claims, self.bend_claims)
        return jwt.encode(header, bent, key, algorithms=["RS256"])

    def _subject(self, login: str) -> str:
        return f"{self.url}/id/{self.org_id}/{USERS[login][0]}"

    async def _userinfo(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        login = self.tokens.get(token)
        if login is None:
            return web.json_response({"error": "bad_token"}, status=403)
        user_id, name = USERS[login]
        told = {
            "sub": self._subject(login),
            "user_id": user_id,
            "organization_id": self.org_id,
            "name": name,
            "email": f"{login}@example.com",
            "email_verified": True,
            "active": True,
        }
        return web.json_response(_bent(told, self.bend_userinfo))

    async def _published(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})


def _refused(error: str, description: str) -> web.Response:
    """A page of Salesforce's that names the error, and goes nowhere."""
    return web.Response(status=400, text=f"error={error}&error_description={description}")


def _bent(told: dict[str, Any], bend: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**told, **bend}.items() if value is not None}


@asynccontextmanager
async def an_identity(**wishes: Any) -> AsyncIterator[FakeIdentity]:
    """One that listens on a free port of loopback."""
    fake = FakeIdentity(**wishes)
    async with listening(fake.app(), "127.0.0.1", 0) as port:
        fake.url = f"http://127.0.0.1:{port}"
        yield fake
