"""The document's table is that of the summary, and nothing else of the document is touched."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa.load import report, summary
from qa.load.parts.results import Results, Round

ROUND = {"events_per_second": 1234.0, "cpu_us_per_event": 50.0, "p50_ms": 1.0, "p99_ms": 2.0}
BUSY = {"server_busy": 1.0, "generator_busy": 0.5}

ROUNDS: dict[str, list[Round]] = {
    "ours": [{**ROUND, **BUSY}],
    "postgres": [{**ROUND, **BUSY, "events_per_second": 1000.0, "database_us_per_event": 100.0}],
    "calls one by one, ours": [{"click to POST, p50": 1.234, "click to POST, p99": 5.0}],
    "crowd, ours": [{"kib_per_page_of_all": 20.0, "mib_before_pages": 90.0}],
}


def a_summary(**figures: float | None) -> dict[str, Any]:
    """A summary of a run on this machine."""
    found = Results(figures=figures, rounds=ROUNDS, reasons={"storm_ratio": "no files"})
    return summary.summary(
        found, fsync_ms=0.1, commit="abc123", seconds=60, rounds_each=5, agents=1000
    )


def test_the_table_stands_between_the_marks() -> None:
    """Again and again, with the same text around it."""
    document = "before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter\n"
    once = report.fill(document, "x", report.table(a_summary(durable_vs_floor=0.512)))
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "old" not in once
    assert "| 0.512 | >= 0.45 | yes |" in once
    assert "| ours | 1,234 | 50 |" in once
    assert "100%, 50% |" in once
    again = report.fill(once, "x", report.table(a_summary(durable_vs_floor=0.3)))
    assert "| 0.3 | >= 0.45 | **no** |" in again
    assert "0.512" not in again


def test_an_unmeasured_figure_says_why() -> None:
    """A row without a figure is no row that was met."""
    assert "| no files | <= 3 | unknown |" in report.table(a_summary(storm_ratio=None))


def test_each_step_of_a_call_is_listed_beside_the_bare_servers() -> None:
    """What nobody measured is no nought."""
    assert "| click to POST | none | 1.23 / 5.00 | none | none |" in report.further(a_summary())


def test_a_run_of_some_parts_leaves_the_other_tables_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the whole table would be gone for the sake of one row."""
    document, source = tmp_path / "performance.md", tmp_path / "day.json"
    marks = "<!-- {0}:begin -->\nold {0}\n<!-- {0}:end -->\n"
    document.write_text(marks.format("bench") + marks.format("further"), encoding="utf-8")
    source.write_text(json.dumps(a_summary()), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["report", str(source)])
    monkeypatch.setattr(
        report,
        "DOCUMENTS",
        (
            ("bench", document, "nobody", report.table),
            ("further", document, "ours", report.further),
        ),
    )
    assert report.main() == 0
    text = document.read_text(encoding="utf-8")
    assert "old bench" in text
    assert "old further" not in text


def test_capacity_follows_from_the_measured_costs() -> None:
    """100,000 agents: 4,444 commits a second, at half of 1,000 each, and one replica to spare."""
    row = next(
        line for line in report.capacity(a_summary()).split("\n") if line.startswith("| 100,000")
    )
    assert row == "| 100,000 | 4,444 | 11 | 0.9 | 1.9 GiB |"


def test_a_document_without_marks_is_left_alone() -> None:
    """Rather than written over."""
    with pytest.raises(ValueError, match="x:begin"):
        report.fill("nothing", "x", "text")


@pytest.mark.parametrize(("name", "file", "_needs", "made"), report.DOCUMENTS)
def test_our_documents_have_the_marks(
    name: str, file: Path, _needs: str, made: Callable[[dict[str, Any]], str]
) -> None:
    """Else the next run could not be told."""
    text = made(a_summary())
    assert text in report.fill(file.read_text(encoding="utf-8"), name, text)
