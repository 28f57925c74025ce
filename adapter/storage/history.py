"""An agent's calls that are over, newest first, page by page.

The rows of one agent lie side by side in an index by time; the few of a page are looked through
here, so that names and numbers are found alike on every database. No request reads more than
`MOST_READ` rows: who looks for what is rare gets few rows, and where to go on.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from adapter.core.history import HistoryQuery, PastCall
from adapter.core.model import AgentKey
from adapter.storage.queries import Fetch

PORTIONS = (250, 750, 1_000)
"""How many rows are read at a time: a page is mostly in the first, what is rare takes few more."""
MOST_READ = sum(PORTIONS)
LIVE = "{}"
"""The value of a call that is not over."""

SELECT = (
    "SELECT at, call_id, value FROM calls WHERE org_id = ? AND user_id = ? AND at <= ?"
    " AND (at < ? OR call_id < ?) ORDER BY at DESC, call_id DESC LIMIT ?"
)

FIRST = (2**62, "")

_decode = msgspec.json.Decoder(PastCall).decode


class HistoryRow(Struct, frozen=True):
    """A call by our own id; `at` is when it began (Unix milliseconds)."""

    call_id: str
    at: int
    call: PastCall


class HistoryPage(Struct, frozen=True):
    """Some rows, newest first, and after which (time, id) the next page begins; None: the end."""

    rows: tuple[HistoryRow, ...]
    after: tuple[int, str] | None


def read(
    fetch: Fetch, key: AgentKey, query: HistoryQuery, after: tuple[int, str] | None, limit: int
) -> HistoryPage:
    """At most `limit` calls that the query wants, from there on."""
    found: list[HistoryRow] = []
    place = after or FIRST
    for portion in PORTIONS:
        at, call_id = place
        rows = fetch(SELECT, (key.org_id, key.user_id, at, at, call_id, portion))
        for at, call_id, value in rows:
            call = _past_call(value)
            if call is not None and query.wants(call):
                found.append(HistoryRow(call_id, at, call))
                if len(found) == limit:
                    return HistoryPage(tuple(found), (at, call_id))
        if len(rows) < portion:
            return HistoryPage(tuple(found), None)
        place = rows[-1][0], rows[-1][1]
    return HistoryPage(tuple(found), place)


def _past_call(value: str) -> PastCall | None:
    """None for a call that is not over, and for one that only a newer version understands."""
    try:
        return None if value == LIVE else _decode(value)
    except msgspec.ValidationError:
        return None
