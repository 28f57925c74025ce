"""Every task has an owner: named, kept, reported, ended."""

from __future__ import annotations

import asyncio
import gc

from structlog.testing import capture_logs

from adapter.runtime.tasks import Tasks


async def test_a_task_runs_under_its_name() -> None:
    """Its result is there for who waits for it."""
    tasks = Tasks()

    async def work() -> str:
        current = asyncio.current_task()
        assert current is not None
        return current.get_name()

    assert await tasks.start("sweeper", work()) == "sweeper"


async def test_a_task_that_fails_is_reported_by_name() -> None:
    """Nobody waits for it, and yet somebody reads of it."""
    tasks = Tasks()

    async def work() -> None:
        raise RuntimeError("a bug")

    with capture_logs() as lines:
        tasks.start("reload ada", work())
        await tasks.drain(5)
    assert [(line["event"], line["task"]) for line in lines] == [("task.failed", "reload ada")]
    assert str(lines[0]["exc_info"]) == "a bug"


async def test_a_task_is_referenced_although_nobody_else_keeps_it() -> None:
    """Asyncio itself keeps only a weak reference to it."""
    tasks, go, done = Tasks(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.set()

    tasks.start("kept", work())
    await asyncio.sleep(0)
    gc.collect()
    go.set()
    await tasks.drain(5)
    assert done.is_set()


async def test_draining_waits_for_running_tasks() -> None:
    """And for nothing, if nothing is."""
    tasks, done = Tasks(), list[int]()

    async def work() -> None:
        for n in range(3):
            await asyncio.sleep(0)
            done.append(n)

    tasks.start("work", work())
    await tasks.drain(5)
    assert done == [0, 1, 2]
    await tasks.drain(5)


async def test_draining_is_limited() -> None:
    """What does not finish goes on; it is closed later."""
    tasks, never = Tasks(), asyncio.Event()
    stuck = tasks.start("stuck", never.wait())
    await tasks.drain(0)
    assert not stuck.done()
    await tasks.close()
    assert stuck.cancelled()


async def test_endless_work_is_not_drained() -> None:
    """A sweeper would hold up every stop for as long as it may."""
    tasks, never, done = Tasks(), asyncio.Event(), list[str]()

    async def work() -> None:
        done.append("work")

    sweeper = tasks.start("sweeper", never.wait(), endless=True)
    await tasks.drain(600)
    tasks.start("work", work())
    await tasks.drain(600)
    assert (done, sweeper.done()) == (["work"], False)
    await tasks.close()
    assert sweeper.cancelled()


async def test_closing_ends_everything_and_waits_for_it() -> None:
    """Clean-up of a cancelled task is over when close returns; cancelling is no failure."""
    tasks, never, cleaned = Tasks(), asyncio.Event(), list[str]()

    async def work(name: str) -> None:
        try:
            await never.wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(name)

    with capture_logs() as lines:
        tasks.start("a", work("a"))
        tasks.start("b", work("b"))
        await asyncio.sleep(0)
        await tasks.close()
    assert (sorted(cleaned), lines) == (["a", "b"], [])


async def test_closing_ends_tasks_started_meanwhile() -> None:
    """A socket's end may start the task that says good-bye."""
    tasks, never = Tasks(), asyncio.Event()
    late: list[asyncio.Task[bool]] = []

    async def work() -> None:
        try:
            await never.wait()
        finally:
            late.append(tasks.start("late", never.wait()))

    tasks.start("work", work())
    await asyncio.sleep(0)
    await tasks.close()
    assert [task.cancelled() for task in late] == [True]


async def test_closing_waits_for_a_task_that_ended_in_the_same_loop_iteration() -> None:
    """It is still among the running then; from Python 3.12 on `gather` would go round for ever."""
    tasks, done = Tasks(), asyncio.Event()

    async def work() -> None:
        done.set()

    task = tasks.start("short", work())
    await asyncio.sleep(0)
    assert task.done()
    await tasks.close()
    assert not task.cancelled()


async def test_closing_twice_does_no_harm() -> None:
    """Nothing is left to be ended."""
    tasks = Tasks()
    stuck = tasks.start("stuck", asyncio.Event().wait())
    await tasks.close()
    await tasks.close()
    assert stuck.cancelled()
