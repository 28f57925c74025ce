"""The processes of a run: the adapter, which dies often, and the simulator, which does not."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from qa.chaos import pace
from qa.chaos.ledger import Ledger

ROOT = Path(__file__).parents[2]
READY_SECONDS = 240.0
"""The time limit of a start in seconds, for a busy machine."""


def free_port() -> int:
    """A free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """The adapter as a process, restarted on the same port and file whenever it dies."""

    def __init__(
        self, folder: Path, url: str, provider_url: str, ledger: Ledger, more: dict[str, str]
    ) -> None:
        self.database = folder / "chaos.db"
        self.url = url
        self._point = folder / "point"
        self._log = folder / "server.log"
        self._ledger = ledger
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SOFTPHONE_")},
            **pace.settings(url, provider_url, str(self.database)),
            **more,
            "CHAOS_POINT": str(self._point),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The id of the running process."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start it, and restart it from now on."""
        self._keeper = asyncio.create_task(self._keep())
        await self.is_ready(30.0)

    async def _keep(self) -> None:
        with self._log.open("ab") as log:
            while not self._stopping:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "qa.chaos.server",
                    cwd=ROOT,
                    env=self._environment,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                )
                self.starts += 1
                assert self._process.stderr is not None
                # Logs go through a pipe, so that a full disk affects only the database.
                while chunk := await self._process.stderr.read(65_536):
                    log.write(chunk)
                    log.flush()
                code = await self._process.wait()
                if code not in {0, -signal.SIGKILL}:
                    self._ledger.count(f"server_exit_{code}")
                await asyncio.sleep(0.2)

    async def is_ready(self, seconds: float) -> None:
        """Wait for its health check. Raises TimeoutError."""
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as http:
            while True:
                with suppress(aiohttp.ClientError, OSError):
                    async with http.get(f"{self.url}/healthz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def kill(self, point: str) -> None:
        """Send SIGKILL: at once, or when the process passes a point (server.POINTS)."""
        await self.is_ready(READY_SECONDS)
        process = self._process
        if process is None or process.returncode is not None:
            return
        if point != "anywhere":
            self._point.write_text(point, encoding="utf-8")
            process.send_signal(signal.SIGUSR1)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 20.0)
        if process.returncode is None:
            point = "anywhere"
            process.kill()
            await process.wait()
        self._ledger.fault(f"kill-{point}")

    async def fill_disk(self, seconds: float) -> None:
        """Limit the process's files to 64 KiB, so that each write to the database and WAL fails."""
        pid = self.pid
        if pid is None:
            return
        self._ledger.fault("disk-full")
        unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (65_536, unlimited[1]))
        await asyncio.sleep(seconds)
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    async def lock_database(self, seconds: float) -> None:
        """Hold the database's write lock from this process, longer than the adapter waits."""
        if await asyncio.to_thread(_hold_lock, self.database, seconds):
            self._ledger.fault("database-locked")

    async def stop(self) -> None:
        """Send SIGTERM, and wait."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 20.0)
            except TimeoutError:
                self._ledger.count("server_did_not_stop")
                process.kill()
        if self._keeper is not None:
            await self._keeper


def _hold_lock(database: Path, seconds: float) -> bool:
    connection = sqlite3.connect(database, timeout=5.0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


@asynccontextmanager
async def simulator(port: int, webhook: str, users: list[str], seed: int) -> AsyncIterator[str]:
    """The simulated provider as a process of its own; yields its base URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapter", "simulate", "--port", str(port), "--webhook", webhook),
        *("--account", pace.ACCOUNT, "--token", pace.TOKEN, "--secret", pace.SECRET),
        *("--users", ",".join(f"{name}:{name}@example.com" for name in users)),
        *("--seed", str(seed)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), 30.0)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
