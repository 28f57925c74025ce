"""The threat model is no wish list: each threat names tests, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT)))
MODEL = TEXT.partition("## Threats")[2].partition("\n## ")[0]
ROWS = [row for row in re.findall(r"^\| (.*) \|$", MODEL, re.M) if not row.startswith("---")]


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_each_named_test_exists(file: str, name: str) -> None:
    """Under that name, in that file."""
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.M)


def test_each_threat_names_a_test() -> None:
    """A row without one is a promise."""
    threats = [row for row in ROWS if not row.endswith("Shown by")]
    assert len(threats) >= 25
    assert [row for row in threats if "::test_" not in row] == []
