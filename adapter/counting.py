"""Counters and histograms that cost next to nothing to count with: for what every delivery counts.

prometheus_client's own lock each number, find a child by its labels and a bucket in a loop, and
that was most of what counting cost. Here it is plain addition. What Prometheus reads of it is, line
by line, what prometheus_client's own would say; they stay the choice for whatever is rare.

Law of this file: no locks, so one thread counts and is asked, the event loop's. The journal's
thread has the loop count its transactions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from time import time  # noqa: TID251 - told to Prometheus; nothing is decided by it

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class _Series:
    """A count, and since when (Unix seconds): Prometheus is told both."""

    __slots__ = ("began", "count")

    def __init__(self) -> None:
        self.began = time()
        self.count = 0


class Tally(Collector):
    """A counter with labels; a series begins when it is first counted."""

    def __init__(
        self, name: str, told: str, labels: Sequence[str], *, registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._told = told
        self._labelnames = tuple(labels)
        self._series: defaultdict[tuple[str, ...], _Series] = defaultdict(_Series)
        registry.register(self)

    def count(self, *values: str) -> None:
        """One more, by the value of each label."""
        self._series[values].count += 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        """What Prometheus reads."""
        family = CounterMetricFamily(self._name, self._told, labels=self._labelnames)
        for values, series in self._series.items():
            family.add_metric(values, series.count, series.began)
        yield family


class Histogram(Collector):
    """How many were as much as a bound or less, for each bound, and how much they were together."""

    def __init__(
        self, name: str, told: str, *, buckets: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._told = told
        self._began = time()
        self._bounds = [float(bound) for bound in buckets]
        self._counts = [0] * (len(buckets) + 1)
        self._sum = 0.0
        registry.register(self)

    def observe(self, amount: float) -> None:
        """Count it to the first bound that it does not exceed; the last place has no bound."""
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """What Prometheus reads: a bucket holds those of all lower bounds as well."""
        bounds = [*map(floatToGoString, self._bounds), "+Inf"]
        buckets = list(zip(bounds, accumulate(self._counts), strict=True))
        family = HistogramMetricFamily(self._name, self._told, buckets, self._sum)
        family.add_sample(f"{self._name}_created", {}, self._began)
        yield family
