"""The admin's guide quotes the panel's own words, and names what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from adapter.assets import folder
from adapter.cli import COMMANDS
from adapter.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/salesforce-setup.md").read_text(encoding="utf-8")
WORDS = json.loads((ROOT / "web/softphone/lang/en.json").read_text(encoding="utf-8"))


def test_every_sentence_that_it_quotes_is_one_of_the_panels() -> None:
    """Who searches the guide for what the panel shows finds it."""
    rows = GUIDE.partition("| the panel shows |")[2]
    quoted = re.findall(r'^\| "([^"]+)"', rows, re.MULTILINE)
    assert len(quoted) >= 12
    assert [text for text in quoted if text not in WORDS.values()] == []


def test_every_reason_for_a_blocked_panel_is_explained() -> None:
    """Each "blocked" sentence has its row."""
    reasons = {
        text
        for name, text in WORDS.items()
        if re.fullmatch(r"blocked\.[a-z-]+-[a-z-]+", name) and not name.endswith(".admin")
    }
    assert len(reasons) >= 9
    assert [text for text in reasons if text not in GUIDE] == []


def test_its_settings_and_commands_exist() -> None:
    """A renamed setting or command must be renamed here too."""
    known = {f"SOFTPHONE_{name.upper()}" for name in Settings.model_fields}
    named = {name.removesuffix("_FILE") for name in re.findall(r"SOFTPHONE_[A-Z_]+[A-Z]", GUIDE)}
    assert {name for name in named if name not in known and f"{name}_FILE" not in known} == set()
    assert set(re.findall(r"python -m adapter ([a-z]+)", GUIDE)) <= set(COMMANDS)


def test_everything_that_it_deploys_is_in_the_project() -> None:
    """Each name of the table is a file's."""
    table = GUIDE.partition("| what | name | why |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| [^|]+ \| `(\w+)` \|", table, re.MULTILINE)
    files = {
        path.name.partition(".")[0] for path in folder("salesforce").rglob("*") if path.is_file()
    }
    assert len(named) == 8
    assert set(named) <= files
