"""The bench as a whole: what it does before it measures, and what it says of what it could not."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from qa.load import bench, install, programs, summary
from qa.load.parts.catalog import PARTS, Part
from qa.load.parts.flow import Flow
from qa.load.parts.results import Results


@pytest.fixture(autouse=True)
def nothing_is_known_of_peers() -> None:
    """Whether a peer is there is asked once a process."""
    install.why_absent.cache_clear()


def options(*only: str, quick: bool = False) -> argparse.Namespace:
    """A run of these parts."""
    return argparse.Namespace(only=list(only), quick=quick, rounds=1, agents=1)


def noted(steps: list[str], name: str) -> Callable[[], None]:
    """An installer that only says that it ran."""
    return lambda: steps.append(name)


def test_every_peer_is_installed_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Installing takes a minute, in which nobody would answer the pings of the floor's pages."""
    steps: list[str] = []
    peers = {kind: noted(steps, kind) for kind in ("express", "fastapi")}
    monkeypatch.setattr(install, "INSTALLERS", peers)
    bench.fetch_peers(options("disk", "flow"))
    assert steps == ["express", "fastapi"]
    bench.fetch_peers(options("flow"))
    assert steps == ["express", "fastapi"], "once is enough"


@pytest.mark.parametrize("run", [options("flow", quick=True), options("crowd", "day")])
def test_parts_without_peers_wait_for_none(
    run: argparse.Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quick run takes less than a minute, on a machine without a registry too."""
    steps: list[str] = []
    monkeypatch.setattr(install, "INSTALLERS", {"express": noted(steps, "express")})
    bench.fetch_peers(run)
    assert not steps


async def test_a_peer_that_cannot_be_installed_is_left_out_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are measured all the same."""
    started: list[str] = []

    def not_there() -> None:
        raise install.NotInstalled("no network")

    async def begin(self: Flow, program: programs.Program) -> None:
        started.append(program.kind)

    async def nothing(self: Flow) -> None:
        return None

    monkeypatch.setattr(Flow, "_begin", begin)
    monkeypatch.setattr(Flow, "_plain_loops", nothing)
    monkeypatch.setattr(Flow, "_postgres", nothing)
    monkeypatch.setattr(install, "INSTALLERS", {"express": noted([], ""), "fastapi": not_there})
    with ExitStack() as stack:
        await Flow(tmp_path, stack, agents=1).start(everybody=True)
    assert started == ["floor", "ours", "express"]
    assert "no network" in install.why_absent("fastapi")


def test_every_figure_that_is_promised_belongs_to_one_part() -> None:
    """Else a part that fails would leave it null without a reason."""
    owned = [name for part in PARTS.values() for name in part.figures]
    assert len(owned) == len(set(owned))
    assert set(owned) == set(summary.KEYS) - {"fsync_ms"}


async def test_a_part_that_fails_leaves_its_figures_out_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts after it are measured."""

    async def breaks(folder: Path, run: argparse.Namespace) -> Results:
        raise RuntimeError("no such disk")

    async def works(folder: Path, run: argparse.Namespace) -> Results:
        return Results(figures={"day_growth": 1.0})

    monkeypatch.setitem(PARTS, "disk", Part(breaks, ("slow_disk_vs_floor",)))
    monkeypatch.setitem(PARTS, "day", Part(works, ("day_growth",)))
    found = await bench.measure(tmp_path, options("disk", "day"))
    assert found.figures == {"day_growth": 1.0}
    assert found.reasons == {"slow_disk_vs_floor": "disk failed: RuntimeError no such disk"}
