"""The programs that are measured: each a process of its own, on the first core."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapter.core.model import Agent, AgentKey, Line
from adapter.orgs import DEV_ORG
from adapter.storage.port import AgentChange, Commit
from adapter.storage.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
BENCH = ROOT / "var" / "bench"
ACCOUNT, TOKEN, SECRET = "acct_bench", "sk_bench", "whsec_bench"
SERVER_CORE, CLIENT_CORE = 0, 1
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Program:
    """A running program; `kind` says how its pages come in."""

    kind: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """How much processor time it has used so far, all its threads together."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_kib(self) -> int:
        """Its resident memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(text.partition("VmRSS:")[2].split()[0])

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def start(
    kind: str, command: Sequence[str], port: int, folder: Path, **variables: str
) -> Program:
    """Start it, and wait until it listens. Raises RuntimeError with the end of its log."""
    log = folder / f"{kind}-{port}.log"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SOFTPHONE_")}
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: ASYNC220 - a bench may wait for a fork
            command,
            cwd=folder,
            env={**kept, "PYTHONPATH": str(ROOT), **variables},
            stdout=out,
            stderr=out,
        )
    os.sched_setaffinity(process.pid, {SERVER_CORE})
    program = Program(kind, port, process)
    async with asyncio.timeout(START_SECONDS):
        while not await _listens(port):
            if process.poll() is not None:
                raise RuntimeError(f"{kind}: {log.read_text(encoding='utf-8')[-2000:]}")
            await asyncio.sleep(0.05)
    return program


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def floor(folder: Path) -> Program:
    """Bare aiohttp."""
    port = free_port()
    return await start("floor", [sys.executable, str(PEERS / "floor.py"), str(port)], port, folder)


async def express(folder: Path) -> Program:
    """Express, ws, better-sqlite3, in node."""
    port = free_port()
    node = ROOT / ".venv" / "bin" / "node"
    command = [str(node), str(PEERS / "express.js"), str(port), f"{folder}/express.db", SECRET]
    modules = str(BENCH / "express" / "node_modules")
    return await start("express", command, port, folder, NODE_PATH=modules, NODE_ENV="production")


async def fastapi(folder: Path) -> Program:
    """FastAPI, SQLAlchemy async, aiosqlite, in uvicorn with uvloop."""
    port = free_port()
    python = BENCH / "fastapi" / "bin" / "python"
    program = str(PEERS / "fastapi_peer.py")
    command = [str(python), program, str(port), f"{folder}/fastapi.db", SECRET]
    return await start("fastapi", command, port, folder)


async def ours(
    folder: Path, agents: int, *, known: int = 0, provider: str = "", database: str = ""
) -> Program:
    """The adapter as it is deployed; `agents` may sign in, `known` are in the store already."""
    port = free_port()
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
        "SOFTPHONE_WRAP_UP_SECONDS": "0",
        "SOFTPHONE_LOG_MISSED_CALLS": "false",
        "SOFTPHONE_CONFIRM_REPEAT_SECONDS": "0",
    }
    kind = "postgres" if database else "ours"
    if database:
        await _migrate(folder, variables)
    return await start(kind, [sys.executable, "-m", "adapter", "serve"], port, folder, **variables)


async def _migrate(folder: Path, variables: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapter", "migrate"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )
    if await process.wait():
        raise RuntimeError("the database cannot be migrated")


async def _know(file: Path, agents: int) -> None:
    """Agents who have been here before, far from the ones who are measured."""
    store = await SqliteStore.open(file, clock_ms=lambda: 0)
    try:
        changes = (
            AgentChange(
                0, Agent(AgentKey(DEV_ORG, f"known{n}"), line=Line(ACCOUNT, f"known{n}")), None
            )
            for n in range(agents)
        )
        await asyncio.gather(*(store.commit(Commit((change,))) for change in changes))
    finally:
        await store.close()
