"""Reads and small changes, shared by all databases: rows in, values out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import structlog

from adapter.core.logs.model import CallLog
from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage import sql
from adapter.storage.port import DriverRow, Keep, Parked, Route, Session, Snapshot
from adapter.storage.rows import AGENT, CALL_LOG, SESSION
from adapter.storage.transaction import Database, execute

log_lines = structlog.get_logger(__name__)

Fetch: TypeAlias = Callable[[str, Sequence[object]], Sequence[tuple[Any, ...]]]
"""A statement with `?` and its values → the rows."""

ASK_AFTER_MS = 10_000
"""How long a delivery is parked before its CDR is fetched."""

PRUNE_PORTION = 1_000
"""Rows that one transaction removes, so that commits do not wait long for a prune."""


def load(fetch: Fetch, key: AgentKey) -> Snapshot | None:
    """The agent and the open logs, consistent because read in one statement.

    A log that this version cannot read (a newer one wrote it) stays as it is, and does not keep
    its agent from calling.
    """
    rows = fetch(sql.LOAD, (key.org_id, key.user_id))
    if not rows:
        return None
    version, value, _ = rows[0]
    texts = [text for _, _, text in rows if text is not None]
    logs = CALL_LOG.load_readable(texts)
    unread = len(texts) - len(logs)
    if unread:
        log_lines.error("log.unreadable", agent=str(key), rows=unread)
    return Snapshot(AGENT.load(value), version, logs, whole=not unread)


def log(fetch: Fetch, key: AgentKey, log_id: str) -> CallLog | None:
    """One log, settled or not."""
    rows = fetch(sql.LOG, (key.org_id, key.user_id, log_id))
    return CALL_LOG.load(rows[0][0]) if rows else None


def agents_of(fetch: Fetch, line: TelephonyUser) -> tuple[AgentKey, ...]:
    """The agents whose committed value has this line."""
    return tuple(AgentKey(o, u) for o, u in fetch(sql.OF_LINE, (line.account, line.user)))


def route(fetch: Fetch, account: str, provider_call_id: str) -> Route:
    """Owners and parked deliveries of a call.

    The owners are read last: a concurrent owner removes the parked rows, which shows here.
    """
    parked = tuple(_parked(row) for row in fetch(sql.PARKED, (account, provider_call_id)))
    owners = fetch(sql.OWNERS, (account, provider_call_id))
    return Route({AgentKey(o, u): call_id for o, u, call_id in owners}, parked)


def due(fetch: Fetch, now: int, limit: int) -> tuple[AgentKey, ...]:
    """Agents with a deadline at or before `now`, oldest first."""
    return tuple(AgentKey(o, u) for o, u in fetch(sql.DUE, (now, now, limit)))


def due_parked(fetch: Fetch, now: int, limit: int) -> tuple[Parked, ...]:
    """Parked deliveries to fetch CDRs for or to drop, oldest first, `limit` per account.

    An account's rows are read from an index until the limit, however many wait.
    """
    found: list[Parked] = []
    for (account,) in fetch(sql.PARKED_ACCOUNTS, ()):
        values = (account, now - ASK_AFTER_MS, limit, account, now, limit)
        rows = sorted(map(_parked, fetch(sql.DUE_PARKED, values)), key=_age)
        found.extend(rows[:limit])
    return tuple(sorted(found, key=_age))


def _age(parked: Parked) -> tuple[int, str, str]:
    return parked.at, parked.account, parked.event_id


def _parked(row: tuple[Any, ...]) -> Parked:
    account, provider_call_id, event_id, body, at, due_at, asked = row
    return Parked(account, provider_call_id, event_id, bytes(body), at, due_at, bool(asked))


def driver_row(fetch: Fetch, account: str, call_id: str) -> DriverRow | None:
    """The driver's state of this call; None if there is none."""
    rows = fetch(sql.STATE, (account, call_id))
    return _driver_row(rows[0]) if rows else None


def open_driver_rows(fetch: Fetch, account: str) -> tuple[DriverRow, ...]:
    """The driver's states of all unfinished calls, oldest first."""
    return tuple(_driver_row(row) for row in fetch(sql.OPEN_STATES, (account,)))


def _driver_row(row: tuple[Any, ...]) -> DriverRow:
    account, call_id, value, version, is_over, at = row
    return DriverRow(account, call_id, value, version, bool(is_over), at)


def take_lease(database: Database, name: str, holder: str, now: int, until: int) -> bool:
    """Take or extend a lease; False while another holder has it."""
    return execute(database, sql.TAKE_LEASE, name, holder, until, now)[1] == 1


def release_lease(database: Database, name: str, holder: str) -> None:
    """Release a lease."""
    execute(database, sql.RELEASE_LEASE, name, holder)


def versions(fetch: Fetch, keys: tuple[AgentKey, ...]) -> dict[AgentKey, int]:
    """The committed versions of existing agents."""
    read: dict[AgentKey, int] = {}
    pairs = [(key.org_id, key.user_id) for key in keys]
    for statement, values in sql.for_rows(sql.VERSIONS, pairs):
        read.update((AgentKey(o, u), version) for o, u, version in fetch(statement, values))
    return read


def session(fetch: Fetch, token_hash: str) -> Session | None:
    """The session of that hash; None if it cannot be read: the agent signs in again."""
    rows = fetch(sql.SESSION, (token_hash,))
    return next(iter(SESSION.load_readable(text for (text,) in rows)), None)


def epoch(fetch: Fetch) -> str:
    """The store's own id."""
    return str(fetch(sql.EPOCH, ())[0][0])


def try_writing(database: Database) -> None:
    """Write a row without changing it, to test whether writing works."""
    execute(database, sql.TRY_WRITING)


def put_session(database: Database, session: Session) -> None:
    """Add or replace it."""
    who = session.agent
    row = (session.token_hash, who.org_id, who.user_id, session.expires_at, SESSION.dump(session))
    execute(database, sql.PUT_SESSION, *row)


def update_session(database: Database, session: Session) -> bool:
    """Replace its value if it is still there; an ended session must not come back."""
    value = SESSION.dump(session)
    return execute(database, sql.UPDATE_SESSION, value, session.token_hash)[1] == 1


def take_session(database: Database, token_hash: str) -> Session | None:
    """Remove and return the session with that hash; only one caller gets it."""
    rows, _ = execute(database, sql.TAKE_SESSION, token_hash)
    return next(iter(SESSION.load_readable(str(text) for (text,) in rows)), None)


def drop_sessions(database: Database, agent: AgentKey, token_hash: str | None = None) -> int:
    """Remove one or all sessions of the agent; the number removed."""
    who = (agent.org_id, agent.user_id)
    if token_hash is None:
        return execute(database, sql.DROP_SESSIONS, *who)[1]
    return execute(database, sql.DROP_SESSION, *who, token_hash)[1]


def mark_asked(database: Database, parked: Parked) -> None:
    """Mark that its CDR was requested."""
    execute(database, sql.MARK_ASKED, True, *parked.key)


def drop_parked(database: Database, parked: Parked) -> None:
    """Drop a parked delivery."""
    execute(database, sql.UNPARK, *parked.key)


def prune_portion(database: Database, keep: Keep) -> int:
    """Remove a portion of each table's old rows; the number removed."""
    portions = (
        (sql.PRUNE_DELIVERIES, keep.deliveries_since),
        (sql.PRUNE_CALLS, keep.calls_since),
        (sql.PRUNE_STATES, keep.calls_since),
        (sql.PRUNE_LOGS, keep.settled_logs_since),
        (sql.PRUNE_SESSIONS, keep.sessions_since),
    )
    return sum(execute(database, delete, at, PRUNE_PORTION)[1] for delete, at in portions)
