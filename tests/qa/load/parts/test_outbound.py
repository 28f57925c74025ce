"""A call of the bench is a whole one: at a real adapter, and at the bare server beside it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from qa.load.dialing import CALLS_A_PAGE, STEPS, dial_all
from qa.load.parts.outbound import Office

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("generating")]


def adapter_log(folder: Path) -> str:
    """The adapter's log."""
    return next(folder.glob("ours-*.log")).read_text(encoding="utf-8")


async def test_an_agent_calls_more_often_than_one_pages_frame_limit(tmp_path: Path) -> None:
    """Each call through all its steps; the page is opened anew in between."""
    async with AsyncExitStack() as stack:
        office = Office(tmp_path, stack)
        await office.open()
        program, dialers = await office.ours(1)
        count = CALLS_A_PAGE + 2
        measured = await dial_all(program, dialers, count, at_once=1)
        log = adapter_log(tmp_path)
    assert all(measured[f"{name}, p50"] > 0 for name in STEPS)
    assert measured["cpu_us_per_call"] > 0
    assert log.count('"event":"call.placed"') == count
    # The Task is written when the call is over, and again with what the agent noted.
    assert log.count('"event":"log.go"') == 2 * count


async def test_a_bare_server_goes_through_the_same_call(tmp_path: Path) -> None:
    """As far as it has something to answer."""
    async with AsyncExitStack() as stack:
        office = Office(tmp_path, stack)
        await office.open()
        program, dialers = await office.floor(2)
        measured = await dial_all(program, dialers, 4, at_once=2)
    told = {name for name in STEPS if f"{name}, p99" in measured}
    assert told == {"click to POST", "delivery to view", "done to Task"}
