"""The adapter as a process of its own, started with an environment, killed without warning."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]

START_SECONDS = 180
"""A busy machine may take its time, more so to a program of low priority."""


@dataclass
class AdapterProcess:
    """`python -m adapter serve`; `environment` is all that it knows, `logs` is its stderr.

    `module` is one that serves as `adapter` does; `root` holds the release that is started.
    """

    url: str
    environment: dict[str, str]
    logs: Path
    process: asyncio.subprocess.Process | None = None
    module: str = "adapter"
    root: Path = ROOT
    file_limit: int = 0
    """How many files it may open, and raise to; 0: as many as we may."""
    before: tuple[str, ...] = ()
    """A command that runs it."""

    async def start(self) -> None:
        """Start it and wait until it may have traffic."""
        with self.logs.open("ab") as stream:
            self.process = await asyncio.create_subprocess_exec(
                *self._limits(),
                *self.before,
                *(sys.executable, "-m", self.module, "serve"),
                cwd=self.root,
                env=self.environment,
                stderr=stream,
            )
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False) as http:
            while not await self._is_ready(http):
                assert self.process.returncode is None, self.logs.read_text()
                await asyncio.sleep(0.05)

    def _limits(self) -> tuple[str, ...]:
        limited = f'ulimit -n {self.file_limit}; exec "$@"'
        return ("/bin/sh", "-c", limited, "sh") if self.file_limit else ()

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"{self.url}/readyz")).is_success
        except httpx.TransportError:
            return False

    async def kill(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        await self.end(signal.SIGKILL)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait until it is gone; its exit status."""
        assert self.process is not None, "never started"
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()
