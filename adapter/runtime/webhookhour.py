"""The webhooks' last hour, a point for each minute: how many came, how late, how many unreadable.

Law of this file: a minute that is over for good is read once. To read a delivery again costs more
than all the rest of a board, and a busy hour has thousands.
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
"""Another replica's deliveries are in the store so long after their arrival, at the latest."""

Point = dict[str, Any]


class WebhookHour:
    """One organization's. Asked where to read from, then told what was read."""

    def __init__(self) -> None:
        self._over: dict[int, Point] = {}
        self._last_at = 0

    def since(self, now: int) -> int:
        """The beginning of the first minute that must be read (Unix ms)."""
        unread = (minute for minute in _hour(now) if minute not in self._over)
        return MINUTE_MS * next(unread, now // MINUTE_MS)

    def report(self, deliveries: Iterable[BoardDelivery], now: int, update_of: Reader) -> Point:
        """The points of the hour; `deliveries` are those since `since`.

        Late is the time from the moment that a delivery tells about to its arrival (milliseconds);
        the provider's clock and ours may differ by some of it.
        """
        minutes: dict[int, list[BoardDelivery]] = {}
        for delivery in deliveries:
            minutes.setdefault(delivery.at // MINUTE_MS, []).append(delivery)
            self._last_at = max(self._last_at, delivery.at)
        hour = {
            minute: self._over.get(minute) or _point(minute, minutes.get(minute, []), update_of)
            for minute in _hour(now)
        }
        over = (now - LATE_MS) // MINUTE_MS
        self._over = {minute: point for minute, point in hour.items() if minute < over}
        is_within = self._last_at >= MINUTE_MS * min(hour)
        return {"last_at": self._last_at if is_within else None, "minutes": list(hour.values())}


def _hour(now: int) -> range:
    last = now // MINUTE_MS
    return range(last - MINUTES + 1, last + 1)


def _point(minute: int, deliveries: list[BoardDelivery], update_of: Reader) -> Point:
    readable = [one for one in deliveries if one.fate != "quarantined"]
    lags = sorted(lag for one in readable if (lag := _lag(one, update_of)) is not None)
    return {
        "at": minute * MINUTE_MS,
        "count": len(deliveries),
        "errors": len(deliveries) - len(readable),
        "p50": percentile(lags, 0.5),
        "p95": percentile(lags, 0.95),
    }


def _lag(delivery: BoardDelivery, update_of: Reader) -> int | None:
    update = update_of(delivery.account, delivery.body, delivery.at)
    if update is None:
        return None
    facts = update.facts
    times = (facts.started, facts.picked_up, facts.connected, facts.ended, facts.transferred)
    said = [known.value for known in times if known is not None and known.source >= Source.EVENT]
    return max(0, delivery.at - max(said)) if said else None
