"""The list of breakages must keep up with the source, or it proves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.breakages.__main__ import ROOT, apply
from qa.breakages.listed import BREAKAGES, Breakage


@pytest.mark.interpreted
@pytest.mark.parametrize("breakage", BREAKAGES, ids=[b.name for b in BREAKAGES])
def test_each_breakage_still_fits_the_source_and_names_its_tests(
    breakage: Breakage, tmp_path: Path
) -> None:
    """What it replaces stands there exactly once, and something is different afterwards."""
    copy = tmp_path / breakage.path
    copy.parent.mkdir(parents=True)
    copy.write_text((ROOT / breakage.path).read_text(encoding="utf-8"), encoding="utf-8")
    before = copy.read_text(encoding="utf-8")
    apply(breakage, tmp_path)
    assert copy.read_text(encoding="utf-8") != before
    assert all((ROOT / test).exists() for test in breakage.near)


def test_there_are_at_least_a_dozen_breakages_with_distinct_names() -> None:
    """Issue 3, part 9."""
    assert len({b.name for b in BREAKAGES}) == len(BREAKAGES) >= 12
