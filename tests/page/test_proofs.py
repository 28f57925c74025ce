"""What a page's answers prove."""

from __future__ import annotations

from pathlib import Path

from adapter.core.logevents import PageProved
from adapter.runtime.clock import SystemClock
from tests.core.people import KEY
from tests.runtime.desk import a_desk


async def test_an_old_probe_proves_nothing_of_a_go_behind_it(tmp_path: Path) -> None:
    """A page that thaws answers old probes first (found by the simulation: a second Task)."""
    async with a_desk(tmp_path) as desk:
        at = SystemClock().now()
        await desk.go_unheard_of(at)
        await desk.agents.handle_log_event(KEY, "c1", PageProved(at, "page1", never_sent=True))
        await desk.go_unheard_of(at)
        old, new = desk.probes
        await desk.pages.proofs.answered(desk.page, "nobody sent this")
        await desk.pages.proofs.answered(desk.page, old)
        assert not await desk.is_proved()
        await desk.pages.proofs.answered(desk.page, new)
        assert await desk.is_proved()
