"""Two sites as in life: https, names of their own, one Chromium that finds both on this machine.

TLS ends in front of the servers, as behind Caddy: bytes go to and fro between an encrypted port
and a plain one. The certificate is made anew, and only this Chromium believes it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PHONE, ACME, BETA = "phone.softphone.test", "acme.lightning.force.com", "beta.lightning.force.com"
ARGUMENTS = [
    "--host-resolver-rules=MAP * 127.0.0.1",
    "--ignore-certificate-errors",
    # As in a browser that lets no third party keep an ordinary cookie.
    "--test-third-party-cookie-phaseout",
]


def certificate(folder: Path) -> ssl.SSLContext:
    """A self-signed certificate for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PHONE)])
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
    pem = folder / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@dataclass
class Door:
    """A port of the system's choice that speaks TLS, before anybody knows what is behind it.

    PersonalData from the start: a port that is only found free is somebody else's a moment later.
    """

    port: int = 0
    leads_to: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


@asynccontextmanager
async def a_door(context: ssl.SSLContext) -> AsyncIterator[Door]:
    """Listen with TLS, for a plain server that is named later (`leads_to`)."""
    door = Door()
    server = await asyncio.start_server(door.serve, "127.0.0.1", 0, ssl=context)
    door.port = server.sockets[0].getsockname()[1]
    try:
        yield door
    finally:
        server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes one way, until either side is gone; then neither way."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError, asyncio.CancelledError):
        pass
    finally:
        writer.transport.abort()
