"""The webhooks of the last hour by minute: count, delay, unreadable ones.

Law of this file: a finished minute is read only once. Reading a delivery again costs more than the
rest of a board, and a busy hour has thousands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.core.facts import Source
from adapter.runtime.intake import Reader
from adapter.storage.board import BoardDelivery
from adapter.telephony.health import percentile

MINUTE_MS = 60_000
MINUTES = 60
LATE_MS = 30_000
"""The longest time from a delivery's arrival at another replica to its commit."""

Point = dict[str, Any]


class WebhookHour:
    """One organization's hour: `since` says where to read from, `report` adds what was read."""

    def __init__(self) -> None:
        self._over: dict[int, Point] = {}
        self._last_at = 0

    def since(self, now: int) -> int:
        """The start of the first minute that must be read (Unix ms)."""
        unread = (minute for minute in _minutes(now) if minute not in self._over)
        return MINUTE_MS * next(unread, now // MINUTE_MS)

    def report(self, deliveries: Iterable[BoardDelivery], now: int, update_of: Reader) -> Point:
        """The hour's points; `deliveries` are those since `since`.

        A delay is the time from the delivery's moment to its arrival (milliseconds); it
        includes the difference between the provider's clock and ours.
        """
        minutes: dict[int, list[BoardDelivery]] = {}
        for delivery in deliveries:
            minutes.setdefault(delivery.at // MINUTE_MS, []).append(delivery)
            self._last_at = max(self._last_at, delivery.at)
        hour = {
            minute: self._over.get(minute) or _point(minute, minutes.get(minute, []), update_of)
            for minute in _minutes(now)
        }
        over = (now - LATE_MS) // MINUTE_MS
        self._over = {minute: point for minute, point in hour.items() if minute < over}
        is_within = self._last_at >= MINUTE_MS * min(hour)
        return {"last_at": self._last_at if is_within else None, "minutes": list(hour.values())}


def _minutes(now: int) -> range:
    last = now // MINUTE_MS
    return range(last - MINUTES + 1, last + 1)


def _point(minute: int, deliveries: list[BoardDelivery], update_of: Reader) -> Point:
    readable = [delivery for delivery in deliveries if delivery.fate != "quarantined"]
    lags = sorted(lag for delivery in readable if (lag := _lag_ms(delivery, update_of)) is not None)
    return {
        "at": minute * MINUTE_MS,
        "count": len(deliveries),
        "errors": len(deliveries) - len(readable),
        "p50": percentile(lags, 0.5),
        "p95": percentile(lags, 0.95),
    }


def _lag_ms(delivery: BoardDelivery, update_of: Reader) -> int | None:
    update = update_of(delivery.account, delivery.body, delivery.at)
    if update is None:
        return None
    facts = update.facts
    times = (facts.started, facts.picked_up, facts.connected, facts.ended, facts.transferred)
    moments = [time.value for time in times if time is not None and time.source >= Source.EVENT]
    return max(0, delivery.at - max(moments)) if moments else None
