"""How rounds become figures."""

from __future__ import annotations

from qa.load.parts.results import Results, percentile


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    """A disturbed pair counts once, however slow both of it were."""
    found = Results(
        rounds={"a": [{"x": 10}, {"x": 1}, {"x": 30}], "b": [{"x": 5}, {"x": 1}, {"x": 10}]}
    )
    assert found.ratio("a", "b", "x") == 2.0
    assert found.median_of("a", "x") == 10


def test_a_missing_contender_gives_no_ratio() -> None:
    """None, not nought."""
    assert Results(rounds={"a": [{"x": 1}]}).ratio("a", "b", "x") is None


def test_percentiles_are_values_that_were_measured() -> None:
    """Nearest rank, whatever the order."""
    values = list(range(100, 0, -1))
    assert (percentile(values, 50), percentile(values, 99)) == (51, 100)
    assert percentile([7.5], 99) == 7.5
