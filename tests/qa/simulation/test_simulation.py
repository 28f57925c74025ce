"""The short simulation that is part of every check, and whether it can be trusted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from qa.checker.check import check
from qa.checker.history import dump
from qa.checker.report import Violation
from qa.simulation import disk
from qa.simulation.campaign import added, again, judge, seeds
from qa.simulation.dice import Odds
from qa.simulation.run import simulate
from qa.simulation.virtual import EPOCH_MS, VirtualClock, VirtualLoop

SHORT = range(9_000_000, 9_000_012)
"""The histories of the short simulation: 2,400 calls of every shape."""


@pytest.mark.parametrize("seed", SHORT)
def test_a_simulated_history_keeps_every_promise(seed: int) -> None:
    """200 calls with every fault: nothing lost, doubled, illegal or wrong."""
    report = judge(seed)
    told = "\n".join(f"{v.kind} {v.subject}: {v.text}" for v in report.violations)
    assert report.is_ok, f"{told}\nagain: {again(seed)}"
    assert report.calls >= 150


def test_the_short_simulation_deals_every_kind_of_fault() -> None:
    """A run in which nothing breaks proves nothing."""
    rare = {"slow_commit": 0.04, "lost_callback": 0.04, "refused_by_rule": 0.04}
    faults = check(simulate(9_100_000, 600, replace(Odds(), kill_at_commit=0.01, **rare))).faults
    for kind in (
        "click-repeated",
        "database-locked",
        "kill-after-commit",
        "kill-before-commit",
        "late-pick-up",
        "lost-callback",
        "page-crash",
        "page-frozen",
        "placing-reset",
        "refused-by-rule",
        "refused-transient",
        "slow-commit",
        "socket-lost",
        "webhook-doubled",
        "webhook-lost",
        "webhook-reordered",
    ):
        assert faults.get(kind, 0) > 0, kind


def test_one_seed_is_one_history() -> None:
    """Played again, everything happens at the same moment."""
    first, second = (dump(replace(simulate(5, 40), seconds=0.0)) for _ in range(2))
    assert first == second
    assert dump(replace(simulate(6, 40), seconds=0.0)) != first


def test_a_disk_that_forgets_a_delivery_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulation is no better than what it can see: here is one thing that it sees."""

    class Forgetful(dict[tuple[str, str], object]):
        def __setitem__(self, key: tuple[str, str], value: object) -> None:
            """Nothing is kept."""

    made = disk.Disk.__init__

    def spoilt(self: disk.Disk) -> None:
        made(self)
        self.deliveries = Forgetful()  # type: ignore[assignment]

    monkeypatch.setattr(disk.Disk, "__init__", spoilt)
    report = check(simulate(7, 40))
    assert report.count("unlogged_webhooks") > 0


def test_a_campaign_adds_up_its_histories(capsys: pytest.CaptureFixture[str]) -> None:
    """One object for all, and a failing history is told with the command that replays it."""
    good = check(simulate(8, 24))
    bad = check(simulate(9, 24))
    bad.violations.append(Violation("lost", "call_1", "no Task"))
    summary = added([good, bad], 1)
    assert summary["calls"] == good.calls + bad.calls
    assert (summary["lost"], summary["ok"], summary["failing_histories"]) == (1, False, [9])
    assert "--history 9" in capsys.readouterr().err
    assert not set(seeds(1, 10_000)) & set(seeds(2, 10_000))


def test_virtual_time_jumps_to_the_next_timer() -> None:
    """An hour takes no time, and the clock says so."""
    loop = VirtualLoop()
    clock = VirtualClock(loop)
    loop.run_until_complete(asyncio.sleep(3_600))
    assert clock.now() == EPOCH_MS + 3_600_000
    with pytest.raises(RuntimeError, match="stuck"):
        loop.run_until_complete(asyncio.Event().wait())
    loop.close()
