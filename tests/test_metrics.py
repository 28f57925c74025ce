"""What is counted says what happened, and names nobody."""

from __future__ import annotations

import asyncio

from adapter import __version__
from adapter.metrics import Metrics


def count(metrics: Metrics, name: str, **labels: str) -> float:
    """One sample's value; 0 where nothing was counted yet."""
    return metrics.registry.get_sample_value(name, labels) or 0.0


def test_a_view_counts_as_the_deliverys_only_while_that_is_taken() -> None:
    """Before and after, views have other reasons."""
    metrics = Metrics()
    metrics.shown()
    ended = metrics.webhook()
    metrics.shown()
    ended()
    metrics.shown()
    assert count(metrics, "softphone_webhook_to_page_seconds_count") == 1
    assert count(metrics, "softphone_webhook_accept_seconds_count") == 1


def test_deliveries_of_one_connection_are_timed_each_for_itself() -> None:
    """One that showed nothing, too."""
    metrics = Metrics()
    metrics.webhook()()
    metrics.shown()
    ended = metrics.webhook()
    metrics.shown()
    metrics.shown()
    ended()
    assert count(metrics, "softphone_webhook_to_page_seconds_count") == 2
    assert count(metrics, "softphone_webhook_accept_seconds_count") == 2


async def test_a_task_that_a_delivery_started_is_not_timed_as_part_of_it() -> None:
    """A question to the call log may take seconds: its answer is no slow webhook."""
    metrics, may_go = Metrics(), asyncio.Event()

    async def later() -> None:
        await may_go.wait()
        metrics.shown()

    ended = metrics.webhook()
    task = asyncio.create_task(later())
    await asyncio.sleep(0)
    ended()
    may_go.set()
    await task
    assert count(metrics, "softphone_webhook_to_page_seconds_count") == 0


async def test_a_click_is_timed_until_the_provider_is_asked_in_a_task() -> None:
    """The request goes out from a task that the click's commit started."""
    metrics = Metrics()
    metrics.placing()

    async def place() -> None:
        metrics.placing()

    metrics.clicked()
    await asyncio.create_task(place())
    assert count(metrics, "softphone_click_to_post_seconds_count") == 1


def test_a_batch_and_outcomes_are_counted() -> None:
    """By how many, how long, and what failed; outcomes by name."""
    metrics = Metrics()
    metrics.batch(7, 2, 0.003, 5)
    metrics.deliveries.count("applied")
    metrics.answered("PlaceCall", "CallPlaced", 0.3)
    metrics.batch(1, 0, 0.003, 4)
    metrics.batch(1, 0, 0.003, 5)
    assert count(metrics, "softphone_commit_batch_size_sum") == 9
    assert count(metrics, "softphone_commits_failed_total") == 2
    assert count(metrics, "softphone_commits_waiting") == 5
    assert count(metrics, "softphone_deliveries_total", fate="applied") == 1
    labels = {"effect": "PlaceCall", "outcome": "CallPlaced"}
    assert count(metrics, "softphone_provider_outcomes_total", **labels) == 1
    asked = {"effect": "PlaceCall"}
    assert count(metrics, "softphone_provider_request_seconds_sum", **asked) == 0.3


def test_labels_are_from_short_closed_lists() -> None:
    """No number, agent, call or page can become a label."""
    names = {
        label
        for collector in vars(Metrics()).values()
        for label in getattr(collector, "_labelnames", ())
    }
    assert names == {"fate", "effect", "outcome", "state", "age", "code", "direction"}


def test_release_and_process_have_their_usual_metric_names() -> None:
    """softphone_build_info, and what dashboards of any program ask for."""
    families = {family.name: family for family in Metrics().registry.collect()}
    (build,) = families["softphone_build"].samples
    assert build.labels["version"] == __version__
    usual = {"process_cpu_seconds", "process_resident_memory_bytes", "process_open_fds"}
    assert usual | {"process_max_fds", "process_start_time_seconds"} <= set(families)


def test_ended_calls_and_saved_logs_are_counted() -> None:
    """Two counters that keep pace with each other where all is well."""
    metrics = Metrics()
    metrics.logged([("outbound", "answered"), ("inbound", "missed")], 0)
    metrics.logged([], 2)
    labels = {"direction": "inbound", "outcome": "missed"}
    assert count(metrics, "softphone_calls_total", **labels) == 1
    assert count(metrics, "softphone_saved_logs_total") == 2


def test_a_pages_audio_is_counted_as_shares_and_seconds() -> None:
    """A page that tells nothing counts nothing."""
    metrics = Metrics()
    metrics.audio_reported({"received": 480.0, "lost": 20.0, "round_trip_ms": 80.0})
    metrics.audio_reported({})
    sample = metrics.registry.get_sample_value
    assert sample("softphone_audio_lost_ratio_sum") == 0.04
    assert sample("softphone_audio_round_trip_seconds_sum") == 0.08
    assert sample("softphone_audio_lost_ratio_count") == 1
