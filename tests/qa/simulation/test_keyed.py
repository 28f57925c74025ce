"""Calls whose saves carry a key: nothing lost, nothing doubled, nobody asked."""

from __future__ import annotations

from typing import Any

import pytest

from qa.checker.report import Report
from qa.simulation import keyed
from qa.simulation.campaign import again, judge
from qa.simulation.keyed import LWC, MOVING, KeyedSalesforce

SHORT = range(9_700_000, 9_700_006)


def violations(report: Report, engine: str, surface: str) -> str:
    """What was violated, and how to play it again."""
    lines = [f"{v.kind} {v.subject}: {v.text}" for v in report.violations]
    return "\n".join([*lines, again(report.seed, engine, surface)])


@pytest.mark.parametrize("surface", [LWC, MOVING])
@pytest.mark.parametrize("seed", SHORT)
def test_a_history_by_key_keeps_every_promise(seed: int, surface: str) -> None:
    """Late commits, double sends, lost answers, killed pages; agents who move between surfaces."""
    report = judge(seed, "core", surface)
    assert report.is_ok, violations(report, "core", surface)
    assert report.calls >= 150


@pytest.mark.parametrize("seed", SHORT[:2])
def test_the_real_runtime_keeps_them_too(seed: int) -> None:
    """With its offers, its reception and its hearing."""
    report = judge(seed, "runtime", LWC)
    assert report.is_ok, violations(report, "runtime", LWC)


def test_the_situations_that_need_the_key_occur() -> None:
    """Saves are sent twice, overtaken, and met by each other."""
    faults: set[str] = set()
    for seed in SHORT:
        faults |= judge(seed, "core", LWC).faults.keys()
    assert faults >= {"sent-twice", "save-overtaken", "lost-callback", "slow-commit", "page-crash"}


def test_an_older_save_that_overwrites_a_newer_one_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the number's comparison the Task says yesterday's words."""
    commit = KeyedSalesforce._commit

    def without_numbers(self: KeyedSalesforce, args: dict[str, Any]) -> dict[str, Any]:
        if "callId" in args:
            self._numbers[args["callId"]] = 0
        return commit(self, args)

    monkeypatch.setattr(KeyedSalesforce, "_commit", without_numbers)
    monkeypatch.setattr(keyed, "SENT_TWICE", 1.0)
    assert sum(judge(seed, "core", LWC).count("wrong_fields") for seed in SHORT) > 0


def test_without_a_unique_key_a_second_task_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A save that is sent again would make one."""
    commit = KeyedSalesforce._commit

    def without_key(self: KeyedSalesforce, args: dict[str, Any]) -> dict[str, Any]:
        self._by_key.pop(args.get("callId", ""), None)
        return commit(self, args)

    monkeypatch.setattr(KeyedSalesforce, "_commit", without_key)
    assert sum(judge(seed, "core", LWC).count("doubled") for seed in SHORT) > 0
