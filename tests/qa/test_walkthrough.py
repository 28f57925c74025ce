from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_click_and_a_webhook_are_followed_through_our_own_files() -> None:
    """Each begins at the edge, is decided in the core, is stored, and counts no simulator."""
    command = [sys.executable, "-m", "qa.walkthrough", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=90)
    told = json.loads(done.stdout)
    for way, edge in (("click", "web/bridge.py"), ("webhook", "web/webhooks.py")):
        files = told[way]["by_file"]
        assert told[way]["files"] == len(files)
        assert told[way]["returns"] == sum(files.values())
        assert {edge, "core/machine.py", "runtime/agents.py"} <= files.keys()
        assert not any(file.startswith("telephony/simulator") for file in files)
