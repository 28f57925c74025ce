"""What pages are shown, with a real store behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapter.page import frames
from adapter.page import pages as module
from adapter.storage.port import Snapshot, StorageError
from tests.core.people import KEY
from tests.runtime.desk import a_desk


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is asked again at once."""
    monkeypatch.setattr(module, "LOOK_AGAIN_SECONDS", 0.01)


@pytest.mark.interpreted
@pytest.mark.usefixtures("hasty")
async def test_a_failing_store_is_read_again_while_a_page_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hint that could not be followed is followed once the store is back."""
    async with a_desk(tmp_path) as desk:
        real, failures = desk.agents.snapshot, [StorageError("locked")]

        async def snapshot(key: object) -> Snapshot:
            if failures:
                raise failures.pop()
            return await real(KEY)

        monkeypatch.setattr(desk.agents, "snapshot", snapshot)
        desk.pages.hinted(KEY, 1)
        async with asyncio.timeout(10):
            assert await desk.offers.get() == "c1"


async def test_only_views_shown_to_pages_here_are_counted(tmp_path: Path) -> None:
    """Of an agent whose pages are elsewhere, or nowhere, nothing was shown here."""
    shown: list[int] = []
    async with a_desk(tmp_path, shown=lambda: shown.append(1)) as desk:
        snapshot = await desk.agents.snapshot(KEY)
        desk.pages.hinted(KEY, snapshot.version)
        desk.pages.remove(desk.page)
        desk.pages.hinted(KEY, snapshot.version)
    assert shown == [1]


async def test_a_failing_view_does_not_block_saves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is offered it all the same."""

    def broken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(frames, "view_frame", broken)
    async with a_desk(tmp_path) as desk:
        with pytest.raises(ZeroDivisionError):
            desk.pages.show(KEY, await desk.agents.snapshot(KEY))
        async with asyncio.timeout(10):
            assert await desk.offers.get() == "c1"
