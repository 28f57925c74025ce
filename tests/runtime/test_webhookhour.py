"""The webhooks' hour: sixty points, of which each is read until it cannot change, and then kept."""

from __future__ import annotations

from adapter.core.facts import Facts, Known, Source
from adapter.runtime.webhookhour import LATE_MS, MINUTE_MS, WebhookHour
from adapter.storage.board import BoardDelivery
from adapter.telephony.updates import CallUpdate, Moment

NOW = 100 * MINUTE_MS + 5
SAID = Facts(ended=Known(NOW - 400, Source.EVENT), started=Known(NOW - 9_000, Source.EVENT))
SEEN = Facts(ended=Known(NOW - 3, Source.OBSERVED))


class Reader:
    """Reads three kinds of deliveries, and counts."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, _account: str, body: bytes, at: int) -> CallUpdate | None:
        """What it tells, if anything."""
        self.read += 1
        facts = {b"said": SAID, b"seen": SEEN}.get(body)
        return CallUpdate(Moment.ENDED, "p1", None, facts) if facts else None


def a_delivery(at: int, body: bytes = b"said", fate: str = "applied") -> BoardDelivery:
    """One of the account's."""
    return BoardDelivery("acct", at, body, fate)


def test_the_webhooks_hour_has_sixty_points() -> None:
    """How many, how late by the provider's own times, and how many were unreadable."""
    hour = WebhookHour()
    assert hour.since(NOW) == 41 * MINUTE_MS
    deliveries = [
        *(a_delivery(NOW), a_delivery(NOW, b"seen"), a_delivery(NOW, b"other", "ignored")),
        a_delivery(NOW - MINUTE_MS, b"rubbish", "quarantined"),
    ]
    report = hour.report(deliveries, NOW, Reader())
    assert report["last_at"] == NOW
    assert len(report["minutes"]) == 60
    before, last = report["minutes"][-2:]
    assert before == {"at": 99 * MINUTE_MS, "count": 1, "errors": 1, "p50": None, "p95": None}
    assert last == {"at": 100 * MINUTE_MS, "count": 3, "errors": 0, "p50": 400, "p95": 400}
    assert WebhookHour().report([], NOW, Reader())["last_at"] is None


def test_a_complete_minute_is_read_once() -> None:
    """The next look begins where something may still come in, and shows the same points."""
    hour, reader = WebhookHour(), Reader()
    many = [a_delivery(NOW - n * MINUTE_MS) for n in range(60) for _ in range(10)]
    first = hour.report(many, NOW, reader)
    assert reader.read == 600
    assert hour.since(NOW) == 99 * MINUTE_MS
    assert hour.report(many[:20], NOW, reader) == first
    assert reader.read == 620


def test_a_minute_is_complete_when_other_replicas_have_reported_it() -> None:
    """What came late into the store is in its point."""
    hour = WebhookHour()
    hour.report([], 101 * MINUTE_MS + LATE_MS - 1, Reader())
    assert hour.since(101 * MINUTE_MS + LATE_MS - 1) == 100 * MINUTE_MS
    late = hour.report([a_delivery(NOW)], 101 * MINUTE_MS + LATE_MS, Reader())
    assert [point["count"] for point in late["minutes"]][-2:] == [1, 0]
    assert hour.since(101 * MINUTE_MS + LATE_MS) == 101 * MINUTE_MS


def test_what_is_older_than_an_hour_is_forgotten() -> None:
    """Points and the last arrival; and a clock that is set back is no trouble."""
    hour = WebhookHour()
    hour.report([a_delivery(NOW)], NOW, Reader())
    later = NOW + 60 * MINUTE_MS
    report = hour.report([], later, Reader())
    assert (report["last_at"], len(hour._over)) == (None, 58)
    assert {point["count"] for point in report["minutes"]} == {0}
    assert hour.since(NOW) == 41 * MINUTE_MS
