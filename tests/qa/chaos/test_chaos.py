"""The chaos run itself, small; `make chaos CALLS=10000` is the large one."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qa.chaos.plan import Company, Kind, number_of, plan_calls
from qa.chaos.server import WRITING_POINTS
from qa.chaos.verdict import summary
from qa.checker.check import check
from qa.checker.history import History

ROOT = Path(__file__).parents[3]


def run_chaos(folder: Path, calls: int, *arguments: str, seconds: int = 230) -> dict[str, Any]:
    """What a run on real processes with two kills told at its end."""
    command = [sys.executable, "-m", "qa.chaos", "--calls", str(calls), "--seed", "7"]
    done = subprocess.run(
        [*command, "--kills", "2", "--folder", str(folder), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_call_is_lost_or_doubled_while_everything_breaks(tmp_path: Path) -> None:
    """150 calls on real processes, two SIGKILLs, every kind of fault: all promises are kept."""
    last = run_chaos(tmp_path, 150)
    assert last["ok"]
    assert last["kills"] == 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_record_of_salesforce_voice_is_lost_or_left_open(tmp_path: Path) -> None:
    """The same where the adapter writes: 429, 500, lost and late answers, kills around a write."""
    last = run_chaos(tmp_path, 120, "--surface", "voice", seconds=290)
    assert (last["ok"], last["incomplete"], last["faults"]["kill-after-write"]) == (True, 0, 1)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_save_by_key_is_lost_doubled_or_asked_about(tmp_path: Path) -> None:
    """The same by our own host: saves are sent twice, overtaken, and never answered."""
    last = run_chaos(tmp_path, 100, "--surface", "lwc")
    assert (last["ok"], last["faults"]["sent-twice"] > 0) == (True, True)


def test_a_run_without_faults_is_not_ok() -> None:
    """Nothing violated proves nothing where nothing was broken: the missing faults are named."""
    truth: dict[str, Any] = {"faults": {}, "deliveries": []}
    said = summary(check(History(seed=1)), truth, calls=0, kills=2, counted={})
    assert not said["ok"]
    assert {"kills", "duplicate", "lost-callback", "disk-full"} <= set(said["faults_missing"])
    voice = summary(check(History(seed=1)), truth, calls=0, kills=2, counted={}, surface="voice")
    assert {"api-429", "api-late", "api-lost"} <= set(voice["faults_missing"])


def test_the_same_seed_plans_the_same_calls() -> None:
    """A run can be asked for again; another seed plans others."""
    assert plan_calls(50, 1) == plan_calls(50, 1)
    assert plan_calls(50, 1) != plan_calls(50, 2)


def test_every_call_of_a_large_run_has_a_number_of_its_own() -> None:
    """Calls are matched by their numbers, so none may be dialed twice."""
    most = max(Counter(number_of(index) for index in range(50_000)).values())
    assert most == 1


def test_a_plan_holds_every_kind_of_call() -> None:
    """Dialed by click, come in, dialed on the desk phone; with and without others' parts."""
    plans = plan_calls(200, 1)
    assert {plan.kind for plan in plans} == set(Kind)
    faults = {fault for plan in plans for fault in plan.faults}
    assert {"greeting", "odd_from_name", "odd_from_number", "withheld"} <= faults
    assert {company.value for company in Company if company} <= faults


def test_each_kill_point_is_passed_by_the_server() -> None:
    """A point that no code passes would never kill anybody."""
    source = (ROOT / "qa/chaos/server.py").read_text(encoding="utf-8")
    wired = source.partition("def _patch")[2]
    assert all(f'"{point}"' in wired for point in WRITING_POINTS)
