"""A real Asterisk in the root that scripts/asterisk made, with a fresh configuration each time.

Several may run side by side: each has its own folder, ports and channel event log (CEL).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import shutil
import signal
import socket
import subprocess
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import httpx

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "scripts" / "asterisk"
USER, APP = "softphone", "cti"
AGENTS = ("ada", "grace", "linus")
START_SECONDS = 60


class NoAsterisk(Exception):
    """Asterisk is not installed; the text says why."""


def find_root() -> Path:
    """The root folder that holds Asterisk. Raises NoAsterisk."""
    done = subprocess.run([SCRIPT, "--where"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoAsterisk(done.stderr.strip())
    return Path(done.stdout.strip())


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A free port of the loopback interface."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass
class Engine:
    """One Asterisk: its addresses, agents and process."""

    root: Path
    http_port: int
    sip_port: int
    trunk_port: int
    agents: tuple[str, ...] = AGENTS
    secret: str = field(default_factory=lambda: secrets.token_hex(12))
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where its HTTP server listens."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def cel_url(self) -> str:
        """The SQLAlchemy URL of the channel event log (CEL)."""
        return f"sqlite:///{self.folder}/log/cel.db"

    @property
    def folder(self) -> Path:
        """Its folder, as a path outside the root."""
        return self.root / "srv" / self.name

    def configure(self) -> None:
        """Write the configuration and the music on hold."""
        for part in ("lib", "spool/recording", "run", "log", "moh"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (modules,) = self.root.glob("usr/lib/*/asterisk/modules")
        values = {
            "home": f"/srv/{self.name}",
            "modules": f"/{modules.relative_to(self.root)}",
            "http_port": self.http_port,
            "sip_port": self.sip_port,
            "trunk_port": self.trunk_port,
            "user": USER,
            "secret": self.secret,
            "app": APP,
            "phones": "".join(map(_phone, self.agents)),
        }
        for template in (HERE / "etc").glob("*.conf"):
            text = Template(template.read_text(encoding="utf-8")).substitute(values)
            (self.folder / template.name).write_text(text, encoding="utf-8")
        (self.folder / "moh" / "tone.sln").write_bytes(_tone())

    async def start(self) -> None:
        """Start it and wait until it answers requests and can place calls."""
        console = (self.folder / "log" / "console").open("ab")
        with console:
            self.process = await asyncio.create_subprocess_exec(
                # It must not outlive a test run that is killed.
                *("setpriv", "--pdeathsig", "KILL", "chroot", str(self.root), "/usr/sbin/asterisk"),
                *("-f", "-C", f"/srv/{self.name}/asterisk.conf"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        async with asyncio.timeout(START_SECONDS), self.http() as http:
            while not await self._is_up(http):
                if self.process.returncode is not None:
                    raise NoAsterisk(self.log())
                await asyncio.sleep(0.05)

    async def _is_up(self, http: httpx.AsyncClient) -> bool:
        try:
            answer = await http.get("/ari/asterisk/ping")
            if not answer.is_success:
                return False
            trunk = await http.get("/ari/endpoints/PJSIP/trunk")
        except httpx.TransportError:
            return False
        return trunk.is_success

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it; only after SIGTERM does it hang up the phones' calls."""
        process, self.process = self.process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()

    def log(self) -> str:
        """Its warnings and errors."""
        parts = [self.folder / "log" / name for name in ("console", "messages")]
        return "".join(part.read_text(errors="replace") for part in parts if part.exists())

    def http(self) -> httpx.AsyncClient:
        """An HTTP client with the adapter's credentials."""
        return httpx.AsyncClient(base_url=self.url, auth=(USER, self.secret), trust_env=False)

    async def channels(self) -> list[dict[str, object]]:
        """The current channels."""
        async with self.http() as http:
            channels: list[dict[str, object]] = (await http.get("/ari/channels")).json()
            return channels


def _phone(name: str) -> str:
    """The configuration of an endpoint that any phone on loopback may register as."""
    return f"\n[{name}](places)\n[{name}](phone)\naors = {name}\ncallerid = {name.title()} <20>\n"


def _tone() -> bytes:
    """Ten seconds of 440 Hz, with 8,000 samples a second of 16 bits."""
    wave = [round(8000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(80_000)]
    return array("h", wave).tobytes()


@asynccontextmanager
async def asterisk(agents: tuple[str, ...] = AGENTS) -> AsyncIterator[Engine]:
    """Run an Asterisk, and remove it afterward with all its files. Raises NoAsterisk."""
    root = await asyncio.to_thread(find_root)
    udp = socket.SOCK_DGRAM
    engine = Engine(root, free_port(), free_port(udp), free_port(udp), agents)
    engine.configure()
    try:
        await engine.start()
        yield engine
    finally:
        await engine.stop()
        with contextlib.suppress(OSError):
            shutil.rmtree(engine.folder)
