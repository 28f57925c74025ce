"""A process ends when it is told to, from its first moment on, and whatever it inherits."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import psycopg
import pytest

from adapter.storage.migrate import upgrade
from adapter.storage.sql import MIGRATION_LOCK
from tests.fakes.process import ROOT, AdapterProcess
from tests.scenarios.conftest import a_scene, environment_of
from tests.storage.servers import running_postgres

pytestmark = pytest.mark.slow

PATIENCE = 60.0
FIRST = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
"""Runs a command as the first process of a PID namespace, as a container does without an init."""

WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture(scope="module")
def migrating() -> Iterator[str]:
    """The address of a database that another host has been migrating for minutes."""
    with running_postgres() as server:
        url = server.database()
        upgrade(url)
        with closing(psycopg.connect(url)) as busy:
            busy.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
            yield url


@asynccontextmanager
async def waiting(url: str, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """This command, once it waits for the migration."""
    environment = {"PATH": os.environ["PATH"], "SOFTPHONE_DATABASE_URL": url}
    # The server notices late that those of the tests before are gone.
    before = waiters(url)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
    try:
        async with asyncio.timeout(PATIENCE):
            while waiters(url) == before:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def waiters(url: str) -> set[int]:
    """The server's processes that wait for the migration's lock."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        return {pid for (pid,) in connection.execute(WAITING)}


def child_of(pid: int) -> int:
    """The process id of its only child."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_start_that_waits_ends_at_once_when_it_is_told_to(
    migrating: str, number: signal.Signals
) -> None:
    """An orchestrator gives it 35 seconds, and a migration may take two minutes."""
    program = (sys.executable, "-m", "adapter", "serve")
    async with waiting(migrating, *program) as process:
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), PATIENCE / 2) == -number


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="only root may make a PID namespace"
)
@pytest.mark.parametrize("command", ["serve", "migrate"])
async def test_a_container_s_first_process_ends_when_it_is_told_to(
    migrating: str, command: str
) -> None:
    """The kernel takes no default action there, so it would wait to be killed."""
    program = (sys.executable, "-m", "adapter", command)
    async with waiting(migrating, *FIRST, *program) as process:
        os.kill(child_of(process.pid), signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PATIENCE / 2) == 128 + signal.SIGTERM


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-"])
async def test_a_closed_standard_stream_is_no_socket_s_number(tmp_path: Path, closed: str) -> None:
    """Otherwise libuv aborts when it closes such a socket, and Python has no stream at all."""
    async with a_scene() as (scene, port):
        adapter = AdapterProcess(scene.url, environment_of(scene, port, tmp_path), tmp_path / "log")
        adapter.before = ("/bin/sh", "-c", f'exec "$@" {closed}', "sh")
        await adapter.start()
        assert await adapter.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("command", ["settings", "simulate", "surface", "erase-number"])
def test_a_locale_of_few_letters_is_no_reason_to_fail(tmp_path: Path, command: str) -> None:
    """What a command writes into a file is UTF-8, as `.env` is read."""
    told = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    options = () if command == "settings" else ("--help",)
    program = (sys.executable, "-m", "adapter", command, *options)
    done = subprocess.run(
        program, cwd=ROOT, env={**os.environ, **told}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert not done.stdout.decode("utf-8").isascii()
