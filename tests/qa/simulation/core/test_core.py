"""The core engine's own short simulation, its loop, and whether it can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.core import dialing
from adapter.core.events import DialRequested
from adapter.core.logs import gate, pending
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent
from adapter.core.policy import SavePolicy
from qa.checker.check import check
from qa.checker.history import dump
from qa.simulation.campaign import added, again, judge
from qa.simulation.core.heap import HeapLoop
from qa.simulation.core.run import simulate_core
from qa.simulation.dice import Odds

SHORT = range(9_500_000, 9_500_010)
"""2,000 calls of every shape."""


@pytest.mark.parametrize("seed", SHORT)
def test_a_history_of_the_core_keeps_every_promise(seed: int) -> None:
    """200 calls with every fault: nothing lost, doubled, illegal or wrong."""
    report = judge(seed, "core")
    told = "\n".join(f"{v.kind} {v.subject}: {v.text}" for v in report.violations)
    assert report.is_ok, f"{told}\nagain: {again(seed, 'core')}"
    assert report.calls >= 150


def test_the_core_engine_deals_every_kind_of_fault() -> None:
    """A run in which nothing breaks proves nothing."""
    faults: set[str] = set()
    for seed in range(9_600_000, 9_600_004):
        report = check(simulate_core(seed, 300, replace(Odds(), kill_at_commit=0.01)))
        faults |= report.faults.keys()
    assert faults >= {
        "call-log-down",
        "click-repeated",
        "database-locked",
        "kill-after-commit",
        "kill-before-commit",
        "late-pick-up",
        "lost-callback",
        "page-crash",
        "page-frozen",
        "placing-5xx",
        "placing-rejected",
        "placing-reset",
        "placing-slow",
        "race-lost",
        "refused-by-rule",
        "refused-transient",
        "slow-commit",
        "socket-lost",
        "webhook-doubled",
        "webhook-lost",
        "webhook-reordered",
    }


def test_one_seed_is_one_history_of_the_core() -> None:
    """Played again, everything happens at the same moment."""
    first, second = (dump(replace(simulate_core(5, 40), seconds=0.0)) for _ in range(2))
    assert first == second
    assert dump(replace(simulate_core(6, 40), seconds=0.0)) != first


def test_a_core_that_dials_again_is_caught(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same click twice is two POSTs: counted, told with its story, and how to replay it."""

    def never(agent: Agent, event: DialRequested) -> bool:
        return False

    monkeypatch.setattr(dialing, "_is_repeated", never)
    monkeypatch.setattr(dialing, "_refusal", lambda *_: None)
    summary = added([judge(9_500_001, "core")], 1, "core")
    assert summary["max_posts_per_dial"] > 1
    assert summary["other_violations"]["posts"] > 0
    assert "--engine core --history 9500001" in capsys.readouterr().err


def test_a_core_that_repeats_an_unknown_save_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A create whose outcome is unknown, let go a second time: two Tasks."""

    def again_at_once(log: CallLog, at: int, policy: SavePolicy, *_: object) -> object:
        return pending.open_again(log, at, policy)

    monkeypatch.setattr(gate, "_outcome_unknown", again_at_once)
    reports = [judge(seed, "core") for seed in SHORT]
    assert sum(report.count("gate") for report in reports) > 0
    assert sum(report.count("doubled") for report in reports) > 0


def test_the_heap_keeps_time_and_order() -> None:
    """Events come in order of time, those of one moment in the order they were asked for."""
    loop, told = HeapLoop(), list[str]()
    loop.call_later(2.0, told.append, "late")
    loop.call_later(1.0, told.append, "first")
    loop.call_at(1.0, told.append, "second")
    loop.run_until(1.5)
    assert (told, loop.time()) == (["first", "second"], 1.5)
    loop.call_at(0.5, told.append, "at once")
    loop.run_until(3.0)
    assert told == ["first", "second", "at once", "late"]
