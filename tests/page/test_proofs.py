"""What a page's answers prove."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from adapter.core.logs.events import LogAccepted, PageProved
from adapter.core.logs.model import Pending
from adapter.core.policy import Policy
from adapter.runtime.clock import SystemClock
from tests.core.people import KEY
from tests.runtime.desk import a_desk


async def test_an_old_probe_proves_nothing_about_a_later_go(tmp_path: Path) -> None:
    """A page that thaws answers old probes first (found by the simulation: a second Task)."""
    async with a_desk(tmp_path) as desk:
        at = SystemClock().now()
        await desk.go_unheard_of(at)
        await desk.agents.handle_log_event(KEY, "c1", PageProved(at, "page1", 1, never_sent=True))
        await desk.go_unheard_of(at)
        old, new = desk.probes
        await desk.pages.proofs.answered(desk.page, "nobody sent this")
        await desk.pages.proofs.answered(desk.page, old)
        assert not await desk.is_proved()
        await desk.pages.proofs.answered(desk.page, new)
        assert await desk.is_proved()


async def test_an_answer_proves_that_the_page_never_had_the_go(tmp_path: Path) -> None:
    """Its hello may have come too early to be believed; what it showed is as true later."""
    async with a_desk(tmp_path) as desk:
        await desk.go_unheard_of(SystemClock().now())
        desk.page.goes.clear()  # the go of a process that died before it was sent
        desk.page.journal = frozenset()
        await desk.pages.proofs.answered(desk.page, desk.probes.pop())
        assert isinstance((await desk.log()).state, Pending)


async def test_with_an_unreadable_journal_no_go_counts_as_never_sent(tmp_path: Path) -> None:
    """One of its entries may have been the one that tells of this go."""
    async with a_desk(tmp_path) as desk:
        await desk.go_unheard_of(SystemClock().now())
        desk.page.goes.clear()
        await desk.pages.proofs.answered(desk.page, desk.probes.pop())
        assert await desk.is_proved()


async def test_an_early_hello_is_evaluated_again_when_it_counts(tmp_path: Path) -> None:
    """Whatever this process has forgotten of the agent by then."""
    base = Policy()
    policy = replace(base, save=replace(base.save, fresh_ms=200))
    async with a_desk(tmp_path, policy=policy) as desk:
        at = SystemClock().now()
        await desk.agents.handle_log_event(KEY, "c1", LogAccepted(at, "page1", "n1"))
        desk.page.journal = frozenset()
        await desk.pages.proofs.returned(desk.page)
        desk.agents.forget(KEY)
        desk.changed.clear()
        # On a slow machine the first hello is late enough to be believed.
        while not isinstance((await desk.log()).state, Pending):
            await desk.changed.wait()
            desk.changed.clear()
