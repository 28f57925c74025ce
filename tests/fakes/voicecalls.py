"""Salesforce's Telephony Integration API on loopback, with a key pair and faults in a row."""

from __future__ import annotations

import time
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

from adapter.voice.standin.book import Book, Center
from adapter.voice.standin.server import Fault, StandIn
from adapter.voice.token import read_key

ORG, CENTER = "00D000000000001", "SoftphoneVoice"


@lru_cache
def key_pair() -> tuple[str, str]:
    """A private key and its certificate, PEM; made once for all tests."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private_pem(key), certificate_of(key)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """The key as PEM."""
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret.decode()


def certificate_of(key: rsa.RSAPrivateKey, *, days: float = 1) -> str:
    """A self-signed certificate of the key, good for so many days, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "softphone")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class VoiceCalls:
    """The records by vendor key, and what was asked; `faults` are answered first, in order."""

    book: Book
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The records."""
        return self.book.records

    def fault_of(self, method: str, key: str, body: Any) -> Fault:
        """The next fault in the row."""
        self.asked.append((method, key, body))
        return self.faults.pop(0) if self.faults else 0


def new_book() -> Book:
    """Nothing written yet."""
    return Book(Center(ORG, CENTER, read_key(key_pair()[0])))


@asynccontextmanager
async def voice_calls() -> AsyncIterator[VoiceCalls]:
    """The API, listening on loopback."""
    api = VoiceCalls(new_book())
    stand_in = StandIn(
        api.book, lambda: time.time_ns() // 1_000_000, fault_of=api.fault_of, headers=api.headers
    )
    runner = web.AppRunner(stand_in.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    await runner.cleanup()
