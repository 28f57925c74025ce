"""Background tasks have an owner."""

import asyncio
from typing import Any

import pytest

from adapter.telephony.simulator.chores import Chores


async def test_running_tasks_end_with_their_owner() -> None:
    """Closing cancels and waits."""
    chores, begun, ended = Chores(), asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    chores.start("endless", endless())
    await begun.wait()
    await chores.close()
    assert ended.is_set()


async def test_a_failure_is_reported_by_name() -> None:
    """A task that nobody awaits must not fail in silence."""
    reports: list[dict[str, Any]] = []
    reported = asyncio.Event()

    def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        reports.append(context)
        reported.set()

    asyncio.get_running_loop().set_exception_handler(report)

    async def failing() -> None:
        raise ValueError("broken")

    chores = Chores()
    chores.start("the failing one", failing())
    await reported.wait()
    assert reports[0]["message"] == "the failing one failed"
    with pytest.raises(ValueError, match="broken"):
        raise reports[0]["exception"]
    await chores.close()
