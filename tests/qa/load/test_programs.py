"""Who runs on which core: a server that shares the generator's would be half measured."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from qa.load import programs
from qa.load.programs import ALLOWED, GENERATOR_CORE, SERVER_CORE, Front, Program, bind, pinned

pytestmark = [
    pytest.mark.skipif(not {SERVER_CORE, GENERATOR_CORE} <= ALLOWED, reason="two cores are needed"),
    pytest.mark.usefixtures("unbound"),
]


def test_a_server_is_not_on_the_core_of_the_generator_that_starts_it() -> None:
    """However the generator is bound by then; and it is bound as before afterwards."""
    bind(GENERATOR_CORE)
    with pinned(SERVER_CORE):
        assert os.sched_getaffinity(0) == {SERVER_CORE}
    assert os.sched_getaffinity(0) == {GENERATOR_CORE}


def test_pages_connect_to_the_proxy_if_there_is_one(tmp_path: Path) -> None:
    """Pages and deliveries alike, and pages say that they are from there."""
    bare = Program("floor", 1, (), tmp_path)
    assert (bare.entrance, bare.origin) == (1, "http://localhost:1")
    fronted = replace(bare, front=Front(2, os.getpid()))
    assert (fronted.entrance, fronted.origin) == (2, "https://localhost:2")


async def test_a_server_on_the_generators_core_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures of two programs that take turns would say nothing of either."""
    monkeypatch.setattr(programs, "SERVER_CORE", GENERATOR_CORE)
    bind(GENERATOR_CORE)
    idle = Program("idle", 1, (sys.executable, "-c", "input()"), tmp_path, {}, is_ours=False)
    with pytest.raises(RuntimeError, match="shares the generator's core"):
        await idle.start()
    idle.stop()
