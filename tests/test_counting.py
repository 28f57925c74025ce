"""What is counted cheaply is told exactly as prometheus_client's own counters tell it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client import Histogram as Theirs

from adapter.counting import Histogram, Tally

BOUNDS = (0.0005, 0.25, 1, 256)


def scrape(registry: CollectorRegistry) -> str:
    """What Prometheus reads, without the times at which series began."""
    return re.sub(r"(?m)^(\w+_created\S*) .*$", r"\1", generate_latest(registry).decode())


def new_registry() -> CollectorRegistry:
    """A registry that, like the adapter's, asks collectors for their names."""
    return CollectorRegistry(auto_describe=True)


@given(amounts=st.lists(st.sampled_from(BOUNDS) | st.floats(0, 1000)))
def test_a_histogram_matches_that_of_prometheus_client(amounts: list[float]) -> None:
    """Each bound counts to its own bucket, and what is above the last one is in the total."""
    ours, theirs = new_registry(), new_registry()
    quick = Histogram("x_seconds", "How long.", buckets=BOUNDS, registry=ours)
    usual = Theirs("x_seconds", "How long.", buckets=BOUNDS, registry=theirs)
    for amount in amounts:
        quick.observe(amount)
        usual.observe(amount)
    assert scrape(ours) == scrape(theirs)


LABEL = st.sampled_from(["a", "b", 'quo"te', "new\nline"])


@given(labels=st.lists(st.tuples(LABEL, LABEL)))
def test_a_tally_matches_prometheus_clients_counter(labels: list[tuple[str, str]]) -> None:
    """A series for each combination that was counted, in the order of the first times."""
    ours, theirs = new_registry(), new_registry()
    quick = Tally("x", "How often.", ["kind", "fate"], registry=ours)
    usual = Counter("x", "How often.", ["kind", "fate"], registry=theirs)
    for values in labels:
        quick.count(*values)
        usual.labels(*values).inc()
    assert scrape(ours) == scrape(theirs)


def test_a_series_has_its_creation_time() -> None:
    """So that it sees a restart even where the count is higher than before."""
    ours, theirs = new_registry(), new_registry()
    Theirs("x", "x", registry=theirs)
    Histogram("x", "x", buckets=BOUNDS, registry=ours)
    Tally("y", "y", ["kind"], registry=ours).count("a")
    Theirs("y", "y", registry=theirs)
    first, last = (theirs.get_sample_value(f"{name}_created") or 0 for name in ("x", "y"))
    assert first <= (ours.get_sample_value("x_created") or 0) <= last
    assert first <= (ours.get_sample_value("y_created", {"kind": "a"}) or 0) <= last


def test_a_metric_name_is_used_once() -> None:
    """Two that count under one name would be one wrong number."""
    registry = new_registry()
    Histogram("x", "x", buckets=BOUNDS, registry=registry)
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        Tally("x", "x", (), registry=registry)
