"""The board's reads: complete but limited lists of one organization."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from adapter.core.logs.model import CallLog
from adapter.core.model import Agent
from adapter.storage.queries import Fetch
from adapter.storage.rows import AGENT, CALL_LOG, SESSION

MOST_AGENTS, MOST_LOGS, MOST_CALLS, MOST_DELIVERIES = 1_000, 200, 50_000, 5_000

AGENTS = (
    "SELECT value FROM agents WHERE org_id = ?"
    " ORDER BY CASE WHEN next_due IS NULL THEN 1 ELSE 0 END, user_id LIMIT ?"
)
SIGNED_IN = (
    "SELECT value FROM sessions WHERE org_id = ? AND expires_at > ?"
    " ORDER BY expires_at DESC LIMIT ?"
)
COUNT = "SELECT COUNT(*) FROM agents WHERE org_id = ?"
ACCOUNTS = (
    "SELECT DISTINCT account FROM agents WHERE org_id = ? AND account IS NOT NULL ORDER BY account"
)
OPEN = (
    "SELECT value FROM call_logs WHERE org_id = ? AND NOT settled"
    " ORDER BY opened_at, log_id LIMIT ?"
)
CALLS = (
    "SELECT user_id, call_id, provider_call_id, at, value FROM calls"
    " WHERE org_id = ? AND at >= ? AND at < ? ORDER BY at DESC, call_id LIMIT ?"
)
DELIVERIES = (
    "SELECT at, body, fate FROM deliveries WHERE account = ? AND at >= ? ORDER BY at DESC LIMIT ?"
)
PARKED = "SELECT COUNT(*) FROM parked WHERE account = ?"


@dataclass(frozen=True, slots=True)
class BoardCall:
    """One call of one agent; `result` is empty while the call is live."""

    user_id: str
    call_id: str
    provider_call_id: str
    at: int
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BoardDelivery:
    """A webhook as it arrived, and its outcome."""

    account: str
    at: int
    body: bytes
    fate: str


@dataclass(frozen=True, slots=True)
class BoardRows:
    """All rows, newest first where ordered by time; agents with calls come first.

    `agents_known` includes those beyond the limit. `signed_in`: by user, when a sign-in was last
    used (Unix ms); any open softphone uses it.
    """

    agents: tuple[Agent, ...]
    agents_known: int
    signed_in: dict[str, int]
    open_logs: tuple[CallLog, ...]
    calls: tuple[BoardCall, ...]
    deliveries: tuple[BoardDelivery, ...]
    parked: int


class Window(NamedTuple):
    """The time range in Unix ms: calls from `since` to before `until`, webhooks, sign-ins."""

    since: int
    until: int
    deliveries_since: int
    now: int


def read(fetch: Fetch, org_id: str, window: Window) -> BoardRows:
    """The board of one organization."""
    deliveries: list[BoardDelivery] = []
    parked = 0
    for (account,) in fetch(ACCOUNTS, (org_id,)):
        rows = fetch(DELIVERIES, (account, window.deliveries_since, MOST_DELIVERIES))
        deliveries.extend(BoardDelivery(account, at, bytes(body), fate) for at, body, fate in rows)
        parked += int(fetch(PARKED, (account,))[0][0])
    return BoardRows(
        agents=AGENT.load_readable(text for (text,) in fetch(AGENTS, (org_id, MOST_AGENTS))),
        agents_known=int(fetch(COUNT, (org_id,))[0][0]),
        signed_in=_signed_in(fetch, org_id, window.now),
        open_logs=CALL_LOG.load_readable(text for (text,) in fetch(OPEN, (org_id, MOST_LOGS))),
        calls=calls(fetch, org_id, window.since, window.until),
        deliveries=tuple(deliveries),
        parked=parked,
    )


def _signed_in(fetch: Fetch, org_id: str, now: int) -> dict[str, int]:
    used: dict[str, int] = {}
    rows = fetch(SIGNED_IN, (org_id, now, 4 * MOST_AGENTS))
    for session in SESSION.load_readable(text for (text,) in rows):
        if ":" in session.token_hash:
            continue  # a ticket or another one-time token
        user_id = session.agent.user_id
        used[user_id] = max(session.used_at, used.get(user_id, 0))
    return used


def calls(fetch: Fetch, org_id: str, since: int, until: int) -> tuple[BoardCall, ...]:
    """The calls that began in that range; `until` is exclusive."""
    rows = fetch(CALLS, (org_id, since, until, MOST_CALLS))
    return tuple(BoardCall(u, c, p, at, json.loads(value)) for u, c, p, at, value in rows)
