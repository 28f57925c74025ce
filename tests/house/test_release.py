"""A release can be cut: the changelog has its dated section, and nothing names another version."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from adapter import __version__

ROOT = Path(__file__).parents[2]
HEADINGS = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)


def test_the_changelog_begins_with_what_is_not_released_then_has_dated_versions() -> None:
    """The newest of them is the one that the program tells."""
    unreleased, *released = HEADINGS
    assert unreleased == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)", one) for one in released)
    assert released[0].startswith(f"{__version__} (")


@pytest.mark.slow
def test_a_release_without_its_section_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    """With what to do about it."""
    for name in ("adapter", "scripts", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "CHANGELOG.md").write_text("## Unreleased\n")
    script = tmp_path / "here" / "release"
    script.parent.mkdir()
    script.write_text((ROOT / "scripts" / "release").read_text(encoding="utf-8"))
    ended = subprocess.run(
        ["bash", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert f"no section '## {__version__} (YYYY-MM-DD)'" in ended.stderr
    assert not (tmp_path / "dist").exists()
