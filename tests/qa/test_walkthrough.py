from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


BUDGET = {"click": 285, "webhook": 290}
"""Returns of our functions, about 8 % more than when this was written: who needs more, says why."""


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """What the program says."""
    command = [sys.executable, "-m", "qa.walkthrough", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=180
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


@pytest.mark.slow
def test_a_click_and_a_webhook_are_followed_through_our_own_files(result: dict[str, Any]) -> None:
    """Each begins at the edge, is decided in the core, is stored, and counts no simulator."""
    for way, edge in (("click", "web/sockets/bridge.py"), ("webhook", "web/webhooks.py")):
        files = result[way]["by_file"]
        assert result[way]["files"] == len(files)
        assert result[way]["returns"] == sum(files.values())
        assert {edge, "core/machine.py", "runtime/agents.py"} <= files.keys()
        assert not any(file.startswith("telephony/simulator") for file in files)


@pytest.mark.slow
def test_a_click_is_followed_to_its_post_and_its_view_and_no_further(
    result: dict[str, Any],
) -> None:
    """What comes of the provider's answer is not counted, or it would be by chance."""
    files = result["click"]["by_file"]
    assert {"telephony/dialstack/requests.py", "core/view.py"} <= files.keys()
    assert not {"telephony/dialstack/wire.py", "runtime/sweeper.py"} & files.keys()


@pytest.mark.slow
@pytest.mark.parametrize("way", BUDGET)
def test_a_call_needs_no_more_function_calls_than_before(result: dict[str, Any], way: str) -> None:
    """Costs creep back by a few calls at a time, which no clock on a busy machine shows."""
    assert result[way]["returns"] <= BUDGET[way], result[way]["by_file"]
