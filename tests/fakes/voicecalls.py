"""Salesforce's Telephony Integration API, as far as we use it: checks tokens, keeps records."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

ORG, CENTER = "00D000000000001", "SoftphoneVoice"


@lru_cache
def key_pair() -> tuple[str, str]:
    """A private key and its certificate, PEM; made once for all tests."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "softphone")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret.decode(), made.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class VoiceCalls:
    """The records by vendor key, and what was asked; `faults` are answered first, in order."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    faults: list[int | str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    async def _asked(self, request: web.Request) -> web.Response | None:
        body = json.loads(await request.read())
        self.asked.append((request.method, request.path, body))
        self._check(request)
        fault = self.faults.pop(0) if self.faults else 0
        if isinstance(fault, int) and fault:
            return web.json_response([{"message": "no"}], status=fault, headers=self.headers)
        if fault == "redirect":
            return web.Response(status=302, headers={"Location": "http://evil.example/"})
        if fault == "slow":
            await asyncio.sleep(60)
        self._keep(request, body)
        if fault == "lost" and request.transport:
            request.transport.abort()
        return None

    def _check(self, request: web.Request) -> None:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        key = RSAKey.import_key(key_pair()[0])
        said = jwt.decode(token, key, algorithms=["RS256"]).claims
        assert (said["iss"], said["sub"]) == (ORG, CENTER)
        assert 0 < said["exp"] - said["iat"] <= 300
        assert said["jti"] not in self.tokens, "a token was used twice"
        self.tokens.add(said["jti"])

    def _keep(self, request: web.Request, body: dict[str, Any]) -> None:
        key = request.match_info.get("key") or body["vendorCallKey"]
        self.records[key] = {**self.records.get(key, {}), **body}

    async def _create(self, request: web.Request) -> web.Response:
        failed = await self._asked(request)
        return failed or web.json_response({"voiceCallId": "0LQ000000000001", "errors": []})

    async def _complete(self, request: web.Request) -> web.Response:
        return await self._asked(request) or web.json_response({"status": "pending"})


@asynccontextmanager
async def voice_calls() -> AsyncIterator[VoiceCalls]:
    """The API, listening on loopback."""
    api = VoiceCalls()
    server = web.Application()
    server.router.add_post("/telephony/v1/voiceCalls", api._create)
    server.router.add_patch("/telephony/v1/voiceCalls/{key}", api._complete)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    await runner.cleanup()
