"""An agent's finished calls, newest first, page by page.

An agent's rows are adjacent in an index by time, and are filtered here, so that searches work alike
on every database. A request reads at most `MOST_READ` rows; a search for rare values returns few
rows, and where to continue.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from adapter.core.history import HistoryQuery, PastCall
from adapter.core.model import AgentKey
from adapter.storage.queries import Fetch

PORTIONS = (250, 750, 1_000)
"""Rows per read; the first portion usually fills a page, rare matches need more."""
MOST_READ = sum(PORTIONS)
LIVE = "{}"
"""The value of a live call."""

SELECT = (
    "SELECT at, call_id, value FROM calls WHERE org_id = ? AND user_id = ? AND at <= ?"
    " AND (at < ? OR call_id < ?) ORDER BY at DESC, call_id DESC LIMIT ?"
)

FIRST = (2**62, "")

_decode = msgspec.json.Decoder(PastCall).decode


class HistoryRow(Struct, frozen=True):
    """A call by our id; `at` is its start (Unix milliseconds)."""

    call_id: str
    at: int
    call: PastCall


class HistoryPage(Struct, frozen=True):
    """Rows, newest first, and the (time, id) after which the next page begins; None: the end."""

    rows: tuple[HistoryRow, ...]
    after: tuple[int, str] | None


def read(
    fetch: Fetch, key: AgentKey, query: HistoryQuery, after: tuple[int, str] | None, limit: int
) -> HistoryPage:
    """At most `limit` matching calls, starting after `after`."""
    matches: list[HistoryRow] = []
    place = after or FIRST
    for portion in PORTIONS:
        at, call_id = place
        rows = fetch(SELECT, (key.org_id, key.user_id, at, at, call_id, portion))
        for at, call_id, value in rows:
            call = _past_call(value)
            if call is not None and query.wants(call):
                matches.append(HistoryRow(call_id, at, call))
                if len(matches) == limit:
                    return HistoryPage(tuple(matches), (at, call_id))
        if len(rows) < portion:
            return HistoryPage(tuple(matches), None)
        place = rows[-1][0], rows[-1][1]
    return HistoryPage(tuple(matches), place)


def _past_call(value: str) -> PastCall | None:
    """The finished call; None for a live one, and for one in a newer version's format."""
    try:
        return None if value == LIVE else _decode(value)
    except msgspec.ValidationError:
        return None
