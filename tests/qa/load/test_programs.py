"""Who runs on which core: a server that shares the generator's would be half measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.load import programs
from qa.load.programs import ALLOWED, GENERATOR_CORE, SERVER_CORE, Program, bind, pinned

pytestmark = pytest.mark.skipif(
    not {SERVER_CORE, GENERATOR_CORE} <= ALLOWED, reason="two cores are needed"
)


@pytest.fixture(autouse=True)
def unbound() -> Iterator[None]:
    """Whatever a test binds itself to, the next one is free again."""
    yield
    os.sched_setaffinity(0, ALLOWED)


def test_a_server_is_not_on_the_core_of_the_generator_that_starts_it() -> None:
    """However the generator is bound by then; and it is bound as before afterwards."""
    bind(GENERATOR_CORE)
    with pinned(SERVER_CORE):
        assert os.sched_getaffinity(0) == {SERVER_CORE}
    assert os.sched_getaffinity(0) == {GENERATOR_CORE}


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
