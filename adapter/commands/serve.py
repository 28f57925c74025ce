"""Run the adapter with the settings of the environment."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import sys
from collections.abc import Callable

import structlog

from adapter import __version__, app, observability
from adapter.commands import CommandFailed
from adapter.loglines import LogStream
from adapter.runtime.directory import DirectoryError
from adapter.runtime.peers import CannotLink
from adapter.settings.environment import environment, ignored_variables, load
from adapter.storage.port import StorageError
from adapter.web.http.filelimit import raise_limit

log = structlog.get_logger(__name__)

COLLECT_AFTER = (5_000_000, 10, 10)
"""How many more objects make Python search for garbage cycles by itself, as a last resort.

Calls create no cycles, and web/gctrigger.py collects those that sockets leave. With Python's own
thresholds, the collector would scan new values all the time and delay calls by milliseconds.
"""


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """There are none: everything is a setting."""


def run(_options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Raises CommandFailed if it cannot start."""
    settings = load()
    key = settings.log_hash_key.get_secret_value()
    observability.set_up(settings.log_level, key, LogStream(sys.stderr))
    log.info("server.starting", version=__version__)
    for sentence in ignored_variables(environment()):
        log.warning("settings.ignored", said=sentence)
    try:
        raise_limit()
        gc.set_threshold(*COLLECT_AFTER)
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(app.serve(settings))
    except DirectoryError as error:
        named = "SOFTPHONE_DIRECTORY_FILE, or directory_file of an org"
        raise CommandFailed(f"{error} ({named})") from error
    except StorageError as error:
        raise CommandFailed(f"{error} (SOFTPHONE_DATABASE_URL)") from error
    except app.CannotListen as error:
        raise CommandFailed(f"{error} (SOFTPHONE_HOST, SOFTPHONE_PORT)") from error
    except CannotLink as error:
        raise CommandFailed(f"{error} (SOFTPHONE_REPLICA_ADDRESS)") from error
    return 0


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop if it is installed (the extra `speed`); None for Python's own."""
    with contextlib.suppress(ImportError):
        from uvloop import new_event_loop  # noqa: PLC0415

        return new_event_loop
    return None
