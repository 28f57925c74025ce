"""The comparison of two readings, small; `make numbers TEXTS=200000` is the large one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.core.numbers.phone import Dialable, DialKind
from qa.numbers.plans import PLANS
from qa.numbers.reader import named
from qa.numbers.run import _wrong, run
from qa.numbers.texts import Written

ROOT = Path(__file__).parents[3]


def test_no_text_is_dialed_as_another_number_than_it_names() -> None:
    """Four thousand texts of twelve countries, against a reading that shares no code."""
    outcome = run(4000, seed=7)
    assert outcome.wrong == []
    assert outcome.refused == []
    assert outcome.dialed > 2000
    assert len(outcome.kinds) >= 18
    assert len(PLANS) == 12


@pytest.mark.parametrize(
    ("meant", "dialed", "told"),
    [
        ("", "+12125550123", "nothing was named"),
        ("+12125550199", "+12125550123", "another was meant"),
        ("+12125550124", "+12125550124", "the other reader names another number"),
        ("+12125550123", "+12125550123", ""),
    ],
)
def test_a_wrong_number_is_noticed(meant: str, dialed: str, told: str) -> None:
    """Else the comparison would prove nothing."""
    written = Written("212-555-0123", "US", meant, "home")
    assert _wrong(written, Dialable(dialed, DialKind.E164)) == told


def test_the_second_reader_is_generous_and_recognizes_two_numbers() -> None:
    """It names all that a person could take the digits for."""
    assert named("49 221 4123456", "DE") == {"+492214123456", "+49492214123456"}
    assert named("212-555-0123 / 212-555-0199", "US") == frozenset()
    assert named("+49 +49 30 901820", "DE") == {"+4930901820"}


@pytest.mark.slow
def test_the_program_prints_its_figures_in_its_last_line() -> None:
    """As the other programs do that prove."""
    command = [sys.executable, "-m", "qa.numbers", "--texts", "500", "--seed", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ok"]
    assert (told["texts"], told["wrong"], told["regions"]) == (500, 0, 12)
