"""What commands show: to people, to programs, and to nobody."""

from __future__ import annotations

import argparse
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from adapter import console

ROOT = Path(__file__).parents[1]
LONG_WORK = """
import sys
from adapter import console
with console.bar("counting", 3, live=LIVE) as advance:
    for number in range(3):
        advance(1, f"number {number}")
print("counted")
"""


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Words to the left, numbers to the right, nothing after the last one."""
    told = console.table([("what", "count"), ("calls", 12), ("a longer name", 3)])
    assert told == "what           count\ncalls             12\na longer name      3\n"


def test_a_sheet_has_a_line_for_each_nested_value() -> None:
    """What a run found, for people."""
    facts = {"calls": 200, "faults": {"webhook-lost": 3}, "seeds": [4, 5], "others": {}, "ok": True}
    assert console.sheet(facts) == (
        "calls                 200\n"
        "faults webhook-lost     3\n"
        "seeds                4, 5\n"
        "ok                   True\n"
    )


def test_a_result_is_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The one for people, the other for programs."""
    console.answer(argparse.Namespace(json=False), {"rows": 3}, "3 rows\n")
    assert capsys.readouterr().out == "3 rows\n"
    console.answer(argparse.Namespace(json=True), {"rows": 3}, "3 rows\n")
    assert json.loads(capsys.readouterr().out) == {"rows": 3}


FOREIGN = "\x1b]0;mine\x07\n  state  well\x9b2J\u202e"
ESCAPED = r"\x1b]0;mine\x07\n  state  well\x9b2J\u202e"


def test_what_others_wrote_cannot_command_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nor begin a line of its own, nor hide the rest of one; letters of any script stay."""
    assert console.sheet({"zone": FOREIGN, "name": "Zoë 山田"}) == (
        f"zone  {ESCAPED}\nname  Zoë 山田\n"
    )
    console.answer(argparse.Namespace(json=False), {}, f"two\nlines \x1b[2J{FOREIGN[-1]}\n")
    assert capsys.readouterr().out == "two\nlines \\x1b[2J\\u202e\n"


def test_a_pipe_shows_no_progress_bar() -> None:
    """A log of a nightly job has not one character of it."""
    ended = subprocess.run(
        [sys.executable, "-c", LONG_WORK.replace("LIVE", "True")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "FORCE_COLOR": "1"},
        timeout=60,
        check=True,
    )
    assert (ended.stdout, ended.stderr) == ("counted\n", "")


@pytest.mark.parametrize("live", [True, False])
def test_on_a_terminal_the_progress_bar_is_on_standard_error(live: bool) -> None:
    """What is piped on stays clean while somebody watches."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", LONG_WORK.replace("LIVE", str(live))],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )
        os.close(theirs)
        out, _ = process.communicate(timeout=60)
        seen = os.read(ours, 100_000).decode()
    finally:
        os.close(ours)
    assert out == b"counted\n"
    assert "number 2" in seen
    assert "100%" in seen
