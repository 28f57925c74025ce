"""The summary's promises: stable names, no null without a sentence, targets judged as they read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from qa.load import plot, summary
from qa.load.parts.results import Results

ROUND = {"events_per_second": 100.0, "cpu_us_per_event": 50.0}


def partial_results() -> Results:
    """A run in which the peers were missing."""
    return Results(
        figures={"durable_vs_floor": 0.5, "durable_vs_express": None},
        rounds={"ours": [ROUND], "floor <bare>": [{**ROUND, "events_per_second": 200.0}]},
        reasons={"durable_vs_express": "no compiler here"},
    )


def test_every_figure_is_present_or_says_why_not() -> None:
    """Those who read the file from outside rely on the names."""
    told = summary.summary(partial_results(), fsync_ms=0.1)
    for name in summary.KEYS:
        assert name in told
        assert told[name] is not None or told["not_measured"][name]
    assert told["not_measured"]["durable_vs_express"] == "no compiler here"
    assert "durable_vs_floor" not in told["not_measured"]


@pytest.mark.parametrize(
    ("name", "value", "met"),
    [
        ("durable_vs_floor", 0.45, True),
        ("durable_vs_floor", 0.449, False),
        ("added_p99_ms_half_load", 5.0, False),
        ("storm_ratio", 3.0, True),
        ("storm_webhooks_refused", 1, False),
        ("fsync_ms", 1.0, None),
    ],
)
def test_a_target_is_compared_in_its_direction(name: str, value: float, met: bool | None) -> None:
    """At least, at most, under; and nothing where nothing was asked."""
    assert summary.is_met(name, value) is met


def test_the_table_shows_figures_verdicts_and_reasons() -> None:
    """A missing peer is not passed over; what nobody asked for is."""
    text = summary.table(summary.summary(partial_results(), fsync_ms=0.1))
    assert "no compiler here" in text
    assert ">= 0.45  met" in text
    assert "growth" not in text


def test_the_picture_is_well_formed_and_shows_each_contender() -> None:
    """Names are escaped; the longer bar is the greater figure."""
    told = summary.summary(partial_results(), fsync_ms=0.1, commit="abc")
    root = ET.fromstring(plot.svg(told))
    names = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "floor <bare>" in names
    bars = [one for one in root.iter("{http://www.w3.org/2000/svg}rect") if one.get("x")]
    ours, bare = (float(str(one.get("width"))) for one in bars[:2])
    assert bare == pytest.approx(2 * ours, rel=0.01)


def test_the_cost_of_a_durable_write_is_measured(tmp_path: Path) -> None:
    """It is some time, and the file is no longer than what was written."""
    assert summary.fsync_ms(tmp_path, times=3) > 0
    assert (tmp_path / "fsync").stat().st_size == 3 * 4096
