"""What tests of the bench share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from qa.load.programs import ALLOWED, GENERATOR_CORE, SERVER_CORE, bind


@pytest.fixture
def unbound() -> Iterator[None]:
    """Whatever core a test binds itself to, the next one is free again."""
    yield
    os.sched_setaffinity(0, ALLOWED)


@pytest.fixture
def generating(unbound: None) -> None:
    """On the generator's core, as the bench is, so that servers can be started on theirs."""
    if not {SERVER_CORE, GENERATOR_CORE} <= ALLOWED:
        pytest.skip("two cores are needed")
    bind(GENERATOR_CORE)
