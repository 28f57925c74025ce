"""Cheap counters and histograms, for what every delivery counts.

prometheus_client's own take a lock for each number, and look up a child by labels and a bucket in a
loop, which was most of the cost. Here it is plain addition. Prometheus reads exactly the same lines
as from prometheus_client's own, which remain the choice for rare events.

Law of this file: no locks, so only the event loop's thread counts and collects. The journal's
thread lets the loop count its transactions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from time import time  # noqa: TID251 - only for Prometheus; decides nothing

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class _Series:
    """A count and its start (Unix seconds); Prometheus reads both."""

    __slots__ = ("began", "count")

    def __init__(self) -> None:
        self.began = time()
        self.count = 0


class Tally(Collector):
    """A counter with labels; a series begins with its first count."""

    def __init__(
        self, name: str, help_text: str, labels: Sequence[str], *, registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._help = help_text
        self._labelnames = tuple(labels)
        self._series: defaultdict[tuple[str, ...], _Series] = defaultdict(_Series)
        registry.register(self)

    def count(self, *values: str) -> None:
        """Add one to the series with these label values."""
        self._series[values].count += 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The series for Prometheus."""
        family = CounterMetricFamily(self._name, self._help, labels=self._labelnames)
        for values, series in self._series.items():
            family.add_metric(values, series.count, series.began)
        yield family


class Histogram(Collector):
    """A histogram: counts of values up to each bound, and their sum."""

    def __init__(
        self, name: str, help_text: str, *, buckets: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._help = help_text
        self._began = time()
        self._bounds = [float(bound) for bound in buckets]
        self._counts = [0] * (len(buckets) + 1)
        self._sum = 0.0
        registry.register(self)

    def observe(self, amount: float) -> None:
        """Count a value in the bucket of the first bound it does not exceed, or in the last."""
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """The series for Prometheus, whose buckets are cumulative."""
        bounds = [*map(floatToGoString, self._bounds), "+Inf"]
        buckets = list(zip(bounds, accumulate(self._counts), strict=True))
        family = HistogramMetricFamily(self._name, self._help, buckets, self._sum)
        family.add_sample(f"{self._name}_created", {}, self._began)
        yield family
