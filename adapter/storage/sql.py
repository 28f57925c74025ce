"""The driver statements, in the SQL that SQLite and PostgreSQL share; `?` stands for a value.

Written by hand because they run for every webhook: building and compiling them with SQLAlchemy
costs several times what they do (docs/performance.md). The tables are those of migrations/.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain

MIGRATION_LOCK = 0x50F7_9401
"""An advisory lock of PostgreSQL (an arbitrary number, the same in all replicas): one migration at
a time, and a replica that starts meanwhile waits."""

# --- what a commit writes (batch.py), for any number of rows (see `for_rows`); the order of columns
# is that of the row tuples there ---

UPDATE_AGENT = (
    "UPDATE agents SET version = v.column3, value = v.column4, next_due = v.column5,"
    " account = v.column6, provider_user = v.column7 FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?)) v"
    " WHERE org_id = v.column1 AND user_id = v.column2 AND agents.version = v.column8"
)
UPDATE_AGENT_IN_PLACE = (
    "UPDATE agents SET version = v.column3, value = v.column4, next_due = v.column5"
    " FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?)) v"
    " WHERE org_id = v.column1 AND user_id = v.column2 AND agents.version = v.column8"
    " AND account IS v.column6 AND provider_user IS v.column7"
)
"""Changes nothing if the line differs, because a change of line affects other routes."""

INSERT_AGENT = (
    "INSERT INTO agents (org_id, user_id, version, value, next_due, account, provider_user)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
PUT_LOG = (
    "INSERT INTO call_logs (org_id, user_id, log_id, version, value, opened_at, next_due, settled,"
    " settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (org_id, user_id, log_id)"
    " DO UPDATE SET version = excluded.version, value = excluded.value,"
    " opened_at = excluded.opened_at, next_due = excluded.next_due, settled = excluded.settled,"
    " settled_at = excluded.settled_at"
)
PUT_CALL = (
    "INSERT INTO calls (account, provider_call_id, org_id, user_id, call_id, at, value)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, provider_call_id, org_id, user_id)"
    " DO UPDATE SET call_id = excluded.call_id, value = excluded.value"
)
"""An update keeps `at`, the time of the first write, so the time indexes do not change."""

INSERT_DELIVERY = (
    "INSERT INTO deliveries (account, event_id, type, body, at, fate) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
PARK = (
    "INSERT INTO parked (account, provider_call_id, event_id, body, at, due, asked)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
UNPARK = "DELETE FROM parked WHERE account = ? AND event_id = ?"

INSERT_STATE = (
    "INSERT INTO driver_states (account, call_id, version, value, is_over, at)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
UPDATE_STATE = (
    "UPDATE driver_states SET version = ?, value = ?, is_over = ?, at = ?"
    " WHERE account = ? AND call_id = ? AND version = ?"
)

# --- what a commit must know first, for any number of keys ---

VERSIONS = (
    "SELECT t.org_id, t.user_id, t.version FROM (VALUES (?, ?)) k JOIN agents t"
    " ON t.org_id = k.column1 AND t.user_id = k.column2 ORDER BY t.org_id, t.user_id"
)
TAKEN = (
    "SELECT t.account, t.event_id FROM (VALUES (?, ?)) k JOIN deliveries t"
    " ON t.account = k.column1 AND t.event_id = k.column2"
)

STATES = (
    "SELECT t.account, t.call_id, t.version FROM (VALUES (?, ?)) k JOIN driver_states t"
    " ON t.account = k.column1 AND t.call_id = k.column2"
)

CALL, WAITING, LINE = "call", "waiting", "line"
"""The kinds of rows of ROUTES: an owner of the call, a parked delivery, an agent of the line."""

ROUTES = (
    "WITH k (account, call, waiting, line_account, line_user) AS (VALUES (?, ?, ?, ?, ?))"
    " SELECT 'call', t.account, t.provider_call_id, t.org_id, t.user_id FROM k JOIN calls t"
    " ON t.account = k.account AND t.provider_call_id = k.call"
    " UNION ALL SELECT 'waiting', t.account, t.provider_call_id, t.event_id, '' FROM k"
    " JOIN parked t ON t.account = k.account AND t.provider_call_id = k.waiting"
    " UNION ALL SELECT 'line', t.account, t.provider_user, t.org_id, t.user_id FROM k"
    " JOIN agents t ON t.account = k.line_account AND t.provider_user = k.line_user"
    " AND t.account IS NOT NULL"
)
"""For rows of batchstate.RouteKey; NULL asks for nothing."""

# --- reading ---

LOAD = (
    "SELECT a.version, a.value, l.value FROM agents a LEFT JOIN call_logs l"
    " ON l.org_id = a.org_id AND l.user_id = a.user_id AND NOT l.settled"
    " WHERE a.org_id = ? AND a.user_id = ? ORDER BY l.opened_at, l.log_id"
)
LOG = "SELECT value FROM call_logs WHERE org_id = ? AND user_id = ? AND log_id = ?"
OF_LINE = (
    "SELECT org_id, user_id FROM agents WHERE account = ? AND provider_user = ?"
    " ORDER BY org_id, user_id"
)
OWNERS = (
    "SELECT org_id, user_id, call_id FROM calls WHERE account = ? AND provider_call_id = ?"
    " ORDER BY org_id, user_id"
)
_PARKED = "SELECT account, provider_call_id, event_id, body, at, due, asked FROM"
PARKED = f"{_PARKED} parked WHERE account = ? AND provider_call_id = ? ORDER BY at, event_id"
DUE = (
    "SELECT org_id, user_id FROM ("
    "SELECT org_id, user_id, next_due FROM agents WHERE next_due <= ?"
    " UNION ALL SELECT org_id, user_id, next_due FROM call_logs WHERE next_due <= ?) due"
    " GROUP BY org_id, user_id ORDER BY MIN(next_due), org_id, user_id LIMIT ?"
)
PARKED_ACCOUNTS = (
    "WITH RECURSIVE found(account) AS (SELECT MIN(account) FROM parked UNION ALL"
    " SELECT (SELECT MIN(account) FROM parked WHERE account > found.account)"
    " FROM found WHERE account IS NOT NULL)"
    " SELECT account FROM found WHERE account IS NOT NULL"
)
"""Jumps in the key from account to account: DISTINCT would read every row."""
_OF_ACCOUNT = f"{_PARKED} parked WHERE account = ? AND"
_UNASKED = f"{_OF_ACCOUNT} NOT asked AND at <= ? ORDER BY at, event_id LIMIT ?"
_OVERDUE = f"{_OF_ACCOUNT} asked AND due <= ? ORDER BY due, event_id LIMIT ?"
DUE_PARKED = f"{_PARKED} ({_UNASKED}) a UNION ALL {_PARKED} ({_OVERDUE}) b"
SESSION = "SELECT value FROM sessions WHERE token_hash = ?"
EPOCH = "SELECT value FROM meta WHERE name = 'epoch'"

_STATE = "SELECT account, call_id, value, version, is_over, at FROM driver_states"
STATE = f"{_STATE} WHERE account = ? AND call_id = ?"
OPEN_STATES = f"{_STATE} WHERE account = ? AND NOT is_over ORDER BY at, call_id"

# --- small changes ---

TAKE_LEASE = (
    "INSERT INTO leases (name, holder, until) VALUES (?, ?, ?) ON CONFLICT (name)"
    " DO UPDATE SET holder = excluded.holder, until = excluded.until"
    " WHERE leases.holder = excluded.holder OR leases.until <= ?"
)
RELEASE_LEASE = "DELETE FROM leases WHERE name = ? AND holder = ?"

MARK_ASKED = "UPDATE parked SET asked = ? WHERE account = ? AND event_id = ?"
PUT_SESSION = (
    "INSERT INTO sessions (token_hash, org_id, user_id, expires_at, value) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (token_hash) DO UPDATE SET org_id = excluded.org_id,"
    " user_id = excluded.user_id, expires_at = excluded.expires_at, value = excluded.value"
)
UPDATE_SESSION = "UPDATE sessions SET value = ? WHERE token_hash = ?"
TAKE_SESSION = "DELETE FROM sessions WHERE token_hash = ? RETURNING value"
DROP_SESSIONS = "DELETE FROM sessions WHERE org_id = ? AND user_id = ?"
DROP_SESSION = f"{DROP_SESSIONS} AND token_hash = ?"
TRY_WRITING = "UPDATE meta SET value = value WHERE name = 'epoch'"
PUT_META = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING"

_PRUNE = "DELETE FROM {0} WHERE ({1}) IN (SELECT {1} FROM {0} WHERE {2} < ? LIMIT ?)"
PRUNE_DELIVERIES = _PRUNE.format("deliveries", "account, event_id", "at")
PRUNE_CALLS = _PRUNE.format("calls", "account, provider_call_id, org_id, user_id", "at")
PRUNE_STATES = _PRUNE.format("driver_states", "account, call_id", "at")
PRUNE_LOGS = _PRUNE.format("call_logs", "org_id, user_id, log_id", "settled AND settled_at")
PRUNE_SESSIONS = _PRUNE.format("sessions", "token_hash", "expires_at")

ROWS_AT_ONCE = (128, 64, 32, *range(16, 0, -1))
"""Rows per statement; the largest size that fits is used. Few sizes keep the number of prepared
statements small. A small batch is one statement, because a statement costs more than its rows."""

_ROW = re.compile(r"VALUES (\((?:[^()]|\([^()]*\))*\))")


def for_rows(statement: str, rows: Sequence[tuple[object, ...]]) -> list[tuple[str, list[object]]]:
    """The statement for all rows, in portions, each with its values.

    A statement without a VALUES clause handles one row at a time.
    """
    return [(text, [*chain(*rows[part])]) for text, part in portions(statement, len(rows))]


@lru_cache(maxsize=4096)
def portions(statement: str, count: int) -> list[tuple[str, slice]]:
    """The statement texts for `count` rows, each with its slice of the rows."""
    if _ROW.search(statement) is None:
        return [(statement, slice(place, place + 1)) for place in range(count)]
    chunks: list[tuple[str, slice]] = []
    start = 0
    while start < count:
        size = next(size for size in ROWS_AT_ONCE if size <= count - start)
        chunks.append((_for_count(statement, size), slice(start, start + size)))
        start += size
    return chunks


@cache
def _for_count(statement: str, size: int) -> str:
    return _ROW.sub(lambda match: "VALUES " + ", ".join([match[1]] * size), statement, count=1)
