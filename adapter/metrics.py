"""All metrics: the names that dashboards and alert rules use.

A leaf beside observability. Phone numbers, agents and calls are never labels; labels come from
short, closed lists, so a replica has few series. Durations are seconds.
https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import partial
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, ProcessCollector
from prometheus_client import Histogram as LabeledHistogram

from adapter import __version__
from adapter.counting import Histogram, Tally

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SLOW = (1, 2, 5, 10, 30, 60, 120, 300)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

_webhook: ContextVar[_Taking | None] = ContextVar("webhook", default=None)
"""The delivery being handled, also for the tasks that it started."""

_clicked: ContextVar[float | None] = ContextVar("clicked", default=None)


class _Taking:
    """The handling of a delivery, from `began` (perf_counter, seconds) while `is_on`."""

    __slots__ = ("_seconds", "began", "is_on")

    def __init__(self, seconds: Histogram) -> None:
        """The body has arrived; later handling uses the same context."""
        self._seconds = seconds
        self.is_on = True
        self.began = perf_counter()
        _webhook.set(self)

    def end(self) -> None:
        """The answer is about to be sent."""
        self.is_on = False
        self._seconds.observe(perf_counter() - self.began)


class Metrics:
    """One process's metrics, in their own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        # process_cpu_seconds_total and the like, where the system provides them.
        ProcessCollector(registry=self.registry)
        python = ".".join(map(str, sys.version_info[:3]))
        build = Info("softphone_build", "The release that is running.", registry=self.registry)
        build.info({"version": __version__, "python": python})
        self._tally = partial(Tally, registry=self.registry)
        self._histogram = partial(Histogram, registry=self.registry)
        self._labeled_histogram = partial(LabeledHistogram, registry=self.registry)
        self._counter = partial(Counter, registry=self.registry)
        self._gauge = partial(Gauge, registry=self.registry)
        self._waiting_for_webhooks()
        self._waiting_for_people()
        self._waiting_for_pages()
        self._waiting_for_audio()
        self._waiting_for_the_store()

    def _waiting_for_webhooks(self) -> None:
        self.deliveries = self._tally(
            "softphone_deliveries", "Webhook deliveries by outcome.", ["fate"]
        )
        self.forwarded = self._tally(
            "softphone_forwarded_deliveries",
            "Deliveries between replicas: answered by another one, unanswered and decided here, "
            "or accepted from another one.",
            ["outcome"],
        )
        self.linked_replicas = self._gauge(
            "softphone_linked_replicas", "Other replicas to which this one can forward deliveries."
        )
        self.accept_seconds = self._histogram(
            "softphone_webhook_accept_seconds",
            "Seconds from receipt of the full webhook to the response, including the commit.",
            buckets=FAST,
        )
        self.lag_seconds = self._histogram(
            "softphone_webhook_lag_seconds",
            "Seconds from the signature of a valid delivery to its arrival.",
            buckets=SLOW,
        )
        self.to_page_seconds = self._histogram(
            "softphone_webhook_to_page_seconds",
            "Seconds from receipt of the full webhook to the frame sent to a page of this replica.",
            buckets=FAST,
        )

    def _waiting_for_people(self) -> None:
        self.click_to_post_seconds = self._histogram(
            "softphone_click_to_post_seconds",
            "Seconds from a click's frame to the request to the provider, including the commit.",
            buckets=FAST,
        )
        self.provider = self._tally(
            "softphone_provider_outcomes",
            "Requests to the provider by outcome.",
            ["effect", "outcome"],
        )
        self.provider_seconds = self._labeled_histogram(
            "softphone_provider_request_seconds",
            "Seconds from the decision to the provider's answer, or until it is given up.",
            ["effect"],
            buckets=FAST,
        )
        self.calls = self._counter(
            "softphone_calls",
            "Ended calls to be logged, by their outcome when they ended.",
            ["direction", "outcome"],
        )
        self.saved = self._counter("softphone_saved_logs", "Call logs saved in Salesforce.")

    def _waiting_for_pages(self) -> None:
        self.sockets = self._gauge("softphone_sockets", "Pages connected to this replica.")
        self.arrivals = self._counter(
            "softphone_page_arrivals", "Hellos of pages, first ones and reconnections."
        )
        self.blocked = self._counter(
            "softphone_pages_blocked",
            "Pages that could not start, by the failed condition.",
            ["code"],
        )
        self.agents = self._gauge(
            "softphone_agents", "Agents with a page on this replica, by state.", ["state"]
        )
        self.hints_broken = self._counter(
            "softphone_hint_reconnects", "Lost connections for hints between replicas."
        )
        self.hints_missed = self._counter(
            "softphone_hints_missed",
            "Versions found by comparison because their hint was lost.",
        )

    def _waiting_for_audio(self) -> None:
        self.phones = self._gauge(
            "softphone_browser_phones", "Phones in the browser connected to this replica."
        )
        self.sip_refused = self._counter(
            "softphone_sip_refused",
            "SIP messages of pages that were refused because no softphone sends them.",
        )
        self.audio_restored = self._counter(
            "softphone_audio_restored",
            "Requests of pages for the audio of a call, by outcome: found, none.",
            ["outcome"],
        )
        self.audio_lost = self._labeled_histogram(
            "softphone_audio_lost_ratio",
            "Share of the packets of ten seconds of talk that did not reach the browser.",
            buckets=(0.0, 0.01, 0.03, 0.1, 0.3, 1.0),
        )
        self.audio_round_trip = self._labeled_histogram(
            "softphone_audio_round_trip_seconds",
            "Seconds of a round trip of audio to the provider, as the browser measures it.",
            buckets=(0.02, 0.05, 0.1, 0.2, 0.4, 1.0),
        )

    def _waiting_for_the_store(self) -> None:
        self.batch_size = self._histogram(
            "softphone_commit_batch_size", "Commits per transaction.", buckets=SIZES
        )
        self.batch_seconds = self._histogram(
            "softphone_commit_seconds", "Seconds of a transaction.", buckets=FAST
        )
        self.failed = self._counter(
            "softphone_commits_failed", "Commits that failed, lost races included."
        )
        self.waiting = 0
        queue = self._gauge("softphone_commits_waiting", "Commits that are not answered yet.")
        queue.set_function(lambda: self.waiting)
        self.logs = self._gauge(
            "softphone_open_logs",
            "Unsettled call logs in the whole store, by state and age (no-org: not set up).",
            ["state", "age"],
        )
        self.writable = self._gauge(
            "softphone_store_writable", "1 while this replica can write to its store, otherwise 0."
        )
        self.parked = self._gauge("softphone_parked_deliveries", "Parked deliveries.")

    # --- what happens ----------------------------------------------------------------------------

    def webhook(self) -> Callable[[], None]:
        """A delivery is being handled; views until its end are counted as caused by it."""
        return _Taking(self.accept_seconds).end

    def shown(self) -> None:
        """A view was sent to a page of this replica, caused by a delivery or otherwise."""
        taking = _webhook.get()
        if taking is not None and taking.is_on:
            self.to_page_seconds.observe(perf_counter() - taking.began)

    def clicked(self) -> None:
        """A click has arrived; tasks started for it know when."""
        _clicked.set(perf_counter())

    def placing(self) -> None:
        """A call is about to be requested from the provider."""
        began = _clicked.get()
        if began is not None:
            self.click_to_post_seconds.observe(perf_counter() - began)

    def answered(self, effect: str, outcome: str, seconds: float) -> None:
        """The provider has answered; `outcome` names the resulting event."""
        self.provider.count(effect, outcome)
        self.provider_seconds.labels(effect).observe(seconds)

    def logged(self, opened: Iterable[tuple[str, str]], saved: int) -> None:
        """Count ended calls by direction and outcome, and logs saved in Salesforce."""
        for direction, outcome in opened:
            self.calls.labels(direction, outcome).inc()
        if saved:
            self.saved.inc(saved)

    def audio_reported(self, quality: Mapping[str, float]) -> None:
        """A page reported on ten seconds of its audio (packets, milliseconds)."""
        lost, received = quality.get("lost", 0.0), quality.get("received", 0.0)
        if lost + received > 0:
            self.audio_lost.observe(lost / (lost + received))
        if "round_trip_ms" in quality:
            self.audio_round_trip.observe(quality["round_trip_ms"] / 1000)

    def batch(self, works: int, failed: int, seconds: float, waiting: int) -> None:
        """A transaction has ended."""
        self.batch_size.observe(works)
        self.batch_seconds.observe(seconds)
        self.waiting = waiting
        if failed:
            self.failed.inc(failed)
