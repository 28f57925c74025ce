"""Reading and small changes, written once for every database: rows in, values out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from adapter.core.logmodel import CallLog
from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage import sql
from adapter.storage.port import DriverRow, Keep, Parked, Route, Session, Snapshot
from adapter.storage.rows import AGENT, CALL_LOG, SESSION
from adapter.storage.transaction import Database

Fetch: TypeAlias = Callable[[str, Sequence[object]], Sequence[tuple[Any, ...]]]
"""A statement with `?` and its values → the rows."""

ASK_AFTER_MS = 10_000
"""A delivery waits so long for its call before the call log is asked."""

PRUNE_PORTION = 1_000
"""Rows that one transaction removes, so that no commit waits long behind a prune."""


def load(fetch: Fetch, key: AgentKey) -> Snapshot | None:
    """The agent and the open logs, in one statement and therefore of one moment."""
    rows = fetch(sql.LOAD, (key.org_id, key.user_id))
    if not rows:
        return None
    version, value, _ = rows[0]
    logs = tuple(CALL_LOG.load(text) for _, _, text in rows if text is not None)
    return Snapshot(AGENT.load(value), version, logs)


def log(fetch: Fetch, key: AgentKey, log_id: str) -> CallLog | None:
    """One log, settled or not."""
    rows = fetch(sql.LOG, (key.org_id, key.user_id, log_id))
    return CALL_LOG.load(rows[0][0]) if rows else None


def agents_of(fetch: Fetch, line: TelephonyUser) -> tuple[AgentKey, ...]:
    """The agents whose committed value has this line."""
    return tuple(AgentKey(o, u) for o, u in fetch(sql.OF_LINE, (line.account, line.user)))


def route(fetch: Fetch, account: str, provider_call_id: str) -> Route:
    """Owners and parked deliveries of a call.

    The owners are read last: who binds the call in between takes the parked rows away, and is seen.
    """
    parked = tuple(_parked(row) for row in fetch(sql.PARKED, (account, provider_call_id)))
    owners = fetch(sql.OWNERS, (account, provider_call_id))
    return Route({AgentKey(o, u): call_id for o, u, call_id in owners}, parked)


def due(fetch: Fetch, now: int, limit: int) -> tuple[AgentKey, ...]:
    """Agents with a deadline at or before `now`, oldest first."""
    return tuple(AgentKey(o, u) for o, u in fetch(sql.DUE, (now, now, limit)))


def due_parked(fetch: Fetch, now: int, limit: int) -> tuple[Parked, ...]:
    """Parked deliveries to ask about or to drop, oldest first, of each account so many."""
    return tuple(_parked(row) for row in fetch(sql.DUE_PARKED, (now, now - ASK_AFTER_MS, limit)))


def _parked(row: tuple[Any, ...]) -> Parked:
    account, provider_call_id, event_id, body, at, due_at, asked = row
    return Parked(account, provider_call_id, event_id, bytes(body), at, due_at, bool(asked))


def driver_row(fetch: Fetch, account: str, call_id: str) -> DriverRow | None:
    """What the account's driver keeps of this call."""
    rows = fetch(sql.STATE, (account, call_id))
    return _driver_row(rows[0]) if rows else None


def open_driver_rows(fetch: Fetch, account: str) -> tuple[DriverRow, ...]:
    """What it keeps of all calls that are not over, oldest first."""
    return tuple(_driver_row(row) for row in fetch(sql.OPEN_STATES, (account,)))


def _driver_row(row: tuple[Any, ...]) -> DriverRow:
    account, call_id, value, version, is_over, at = row
    return DriverRow(account, call_id, value, version, bool(is_over), at)


def take_lease(database: Database, name: str, holder: str, now: int, until: int) -> bool:
    """Have it, or have it longer; False while somebody else has it."""
    return database.execute(sql.TAKE_LEASE, (name, holder, until, now))[1] == 1


def release_lease(database: Database, name: str, holder: str) -> None:
    """Let somebody else have it."""
    database.execute(sql.RELEASE_LEASE, (name, holder))


def versions(fetch: Fetch, keys: tuple[AgentKey, ...]) -> dict[AgentKey, int]:
    """The committed versions of those that are there."""
    found: dict[AgentKey, int] = {}
    pairs = [(key.org_id, key.user_id) for key in keys]
    for statement, values in sql.for_rows(sql.VERSIONS, pairs):
        found.update((AgentKey(o, u), version) for o, u, version in fetch(statement, values))
    return found


def session(fetch: Fetch, token_hash: str) -> Session | None:
    """The session of that hash."""
    rows = fetch(sql.SESSION, (token_hash,))
    return SESSION.load(rows[0][0]) if rows else None


def epoch(fetch: Fetch) -> str:
    """The store's own id."""
    return str(fetch(sql.EPOCH, ())[0][0])


def try_writing(database: Database) -> None:
    """Write a row as it is."""
    database.execute(sql.TRY_WRITING, ())


def put_session(database: Database, session: Session) -> None:
    """Add or replace it."""
    who = session.agent
    row = (session.token_hash, who.org_id, who.user_id, session.expires_at, SESSION.dump(session))
    database.execute(sql.PUT_SESSION, row)


def take_session(database: Database, token_hash: str) -> Session | None:
    """Remove the session of that hash: whoever has it now is the only one."""
    rows, _ = database.execute(sql.TAKE_SESSION, (token_hash,))
    return SESSION.load(str(rows[0][0])) if rows else None


def drop_sessions(database: Database, agent: AgentKey, token_hash: str | None = None) -> int:
    """Remove one of the agent's sessions, or all; how many there were."""
    who = (agent.org_id, agent.user_id)
    if token_hash is None:
        return database.execute(sql.DROP_SESSIONS, who)[1]
    return database.execute(sql.DROP_SESSION, (*who, token_hash))[1]


def mark_asked(database: Database, parked: Parked) -> None:
    """The call log was asked about it."""
    database.execute(sql.MARK_ASKED, (True, parked.account, parked.event_id))


def drop_parked(database: Database, parked: Parked) -> None:
    """Give it up."""
    database.execute(sql.UNPARK, (parked.account, parked.event_id))


def prune_portion(database: Database, keep: Keep) -> int:
    """Remove a portion of each table's oldest rows; how many there were."""
    portions = (
        (sql.PRUNE_DELIVERIES, keep.deliveries_since),
        (sql.PRUNE_CALLS, keep.calls_since),
        (sql.PRUNE_STATES, keep.calls_since),
        (sql.PRUNE_LOGS, keep.settled_logs_since),
        (sql.PRUNE_SESSIONS, keep.sessions_since),
    )
    return sum(database.execute(delete, (at, PRUNE_PORTION))[1] for delete, at in portions)
