"""What every test may lean on: hypothesis' patience, and PostgreSQL."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, settings

from adapter import observability
from adapter.loglines import LogStream
from tests.storage.servers import Postgres, running_postgres

TESTS = Path(__file__).parent

# Deadlines per example would be assertions on the wall clock of a shared machine.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", settings.get_profile("house"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


PROOFS = {"qa", "replicas", "runtime", "scenarios", "security"}
"""Folders whose tests run much of the program at once."""


def is_traced(item: pytest.Item) -> bool:
    """Whether coverage counts what this test runs: no slow test and no proof.

    Nor is a line of a pure module tested because a simulation passes it.
    """
    folder = item.path.relative_to(TESTS).parts[0]
    return folder not in PROOFS and not any(map(item.get_closest_marker, ("slow", "browser")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run these without coverage's tracer, under which they take up to four times as long.

    pytest-cov's own `no_cover` stops one of two tracers in a worker of xdist.
    """
    tracer = sys.gettrace()
    if tracer is None or is_traced(item):
        return (yield)
    of_threads = threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(of_threads)
        sys.settrace(tracer)


@pytest.fixture(autouse=True, scope="session")
def authorities_read_once() -> Iterator[None]:
    """Reading them takes 17 ms of processor time for each of httpx's clients: thousands here."""
    with pytest.MonkeyPatch.context() as patches:
        read = cache(httpx.create_ssl_context)
        patches.setattr("httpx._transports.default.create_ssl_context", read)
        yield


@pytest.fixture(autouse=True)
def logs_for_itself(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A program sets logging up for its process; here it must not outlive the test."""
    set_up = observability.set_up
    is_set_up = False

    def for_now(level: str, hash_key: str, stream: LogStream | None = None) -> None:
        nonlocal is_set_up
        is_set_up = True
        set_up(level, hash_key, stream)
        # Else the loggers of this process would keep a stream that is closed by then.
        structlog.configure(cache_logger_on_first_use=False)

    monkeypatch.setattr(observability, "set_up", for_now)
    yield
    if is_set_up:
        structlog.reset_defaults()
        logging.basicConfig(force=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, one a test process; `database()` makes databases in it."""
    with running_postgres() as server:
        yield server
