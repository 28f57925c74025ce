"""Real servers to be examined: a whole adapter, and fronts that are wrong in one way each."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapter.doctor.findings import Finding, Grade
from adapter.origins import ip_of
from adapter.settings import Settings
from adapter.settings.environment import load
from tests.scenarios.conftest import ACCOUNT, SECRET, TOKEN, World, a_world

ORG = "https://acme.lightning.force.com"
NOW = int(datetime.now(UTC).timestamp() * 1000)


@dataclass
class StoppedClock:
    """Always the same moment (Unix milliseconds)."""

    at: int = NOW

    def now(self) -> int:
        """That moment."""
        return self.at

    def fresh_id(self, prefix: str) -> str:
        """Nobody needs one here."""
        raise NotImplementedError

    def nonce(self) -> str:
        """Nor this."""
        raise NotImplementedError


def texts_of(findings: tuple[Finding, ...], check: str) -> list[tuple[Grade, str]]:
    """Grades and texts of that check."""
    return [(finding.grade, finding.text) for finding in findings if finding.check == check]


def environment_of(world: World, folder: Path, **more: str) -> dict[str, str]:
    """The variables that this world runs with."""
    return {
        "SOFTPHONE_PUBLIC_URL": world.url,
        "SOFTPHONE_DATABASE_URL": f"sqlite:///{folder}/test.db",
        "SOFTPHONE_DIALSTACK_URL": world.provider_url,
        "SOFTPHONE_DIALSTACK_ACCOUNT": ACCOUNT,
        "SOFTPHONE_DIALSTACK_TOKEN": TOKEN,
        "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": SECRET,
        "SOFTPHONE_LOG_HASH_KEY": "0123456789abcdef",
        "SOFTPHONE_ORG_ORIGINS": ORG,
        **more,
    }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An adapter that an org may show."""
    async with a_world(tmp_path, org_origins=(ORG,)) as made:
        yield made


@dataclass
class Front:
    """What stands before an adapter; each field can be set to what it should not be."""

    health: web.Response | None = None
    page_status: int = 200
    page_headers: dict[str, str] = field(
        default_factory=lambda: {"Content-Security-Policy": f"frame-ancestors {ORG}; x"}
    )
    hooks: int = 405
    heard: str = "sfdcIframeOrigin"
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """One of the three paths."""
        self.asked.append(request.path)
        if request.path == "/healthz":
            return self.health or web.json_response({"status": "ok"})
        if request.path == "/softphone":
            said = f"page-settings?origin={quote(request.query.get(self.heard, ''), safe='')}"
            return web.Response(text=said, status=self.page_status, headers=self.page_headers)
        return web.Response(status=self.hooks)

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Settings]:
        """On a free port; yields the settings of an adapter behind it."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
            scheme = "https" if tls else "http"
            url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
            yield load({}, public_url=url, org_origins=(ORG,))
        finally:
            await runner.cleanup()


def certificate(
    folder: Path, days: int, host: str = "127.0.0.1"
) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server with a certificate that ends so many days from NOW, and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    ip = ip_of(host)
    end = datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(days=days, minutes=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=90))
        .not_valid_after(end)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip) if ip else x509.DNSName(host)]), False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.crt"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context(
        cadata=made.public_bytes(serialization.Encoding.PEM).decode()
    )
    return server, client
