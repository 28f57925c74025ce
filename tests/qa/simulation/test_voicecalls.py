"""The backend's route in the simulation: Salesforce Voice, whose API is busy, silent or late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.core.logs import writing
from adapter.core.logs.model import CallLog
from adapter.core.policy import SavePolicy
from qa.checker.check import check
from qa.simulation.campaign import again, judge
from qa.simulation.core.run import simulate_core
from qa.simulation.dice import Odds

VOICE = "voice"


@pytest.mark.parametrize("engine", ["core", "runtime"])
@pytest.mark.parametrize("seed", range(9_800_000, 9_800_004))
def test_every_record_is_completed_once_and_says_what_is_true(seed: int, engine: str) -> None:
    """200 calls of everybody's: 429, 500, lost and late answers, kills between commit and write."""
    report = judge(seed, engine, VOICE)
    told = "\n".join(f"{v.kind} {v.subject}: {v.text}" for v in report.violations)
    assert report.is_ok, f"{told}\nagain: {again(seed, engine, VOICE)}"
    assert report.calls >= 150


def test_the_simulation_of_voice_deals_every_kind_of_fault() -> None:
    """A run in which nothing breaks proves nothing."""
    odds = replace(Odds(), kill_at_commit=0.01, api_locked=0.01)
    faults = check(simulate_core(9_810_000, 400, odds, surface=VOICE)).faults
    assert faults.keys() >= {
        "api-429",
        "api-500",
        "api-late",
        "api-locked",
        "api-lost",
        "api-vanished",
        "kill-after-commit",
        "kill-before-commit",
        "page-crash",
        "page-frozen",
    }


@pytest.mark.interpreted
def test_a_late_request_that_overwrites_a_newer_one_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rule against it is taken away: some record says older notes, or another outcome."""

    def careless(_log: CallLog, _policy: SavePolicy) -> int:
        return 0

    monkeypatch.setattr(writing, "_doubt_ends", careless)
    odds = replace(Odds(), api_late=0.4)
    found = [
        check(simulate_core(seed, 300, odds, surface=VOICE)).count("wrong_fields")
        for seed in (9_820_009, 9_820_010, 9_820_013, 9_820_015)
    ]
    assert sum(found) > 0
