"""What the board reads: whole lists with an end, for one organisation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from adapter.core.logmodel import CallLog
from adapter.core.model import Agent
from adapter.storage.queries import Fetch
from adapter.storage.rows import AGENT, CALL_LOG

MOST_AGENTS, MOST_LOGS, MOST_CALLS, MOST_DELIVERIES = 500, 200, 50_000, 5_000

BUSY = "SELECT value FROM agents WHERE org_id = ? AND next_due IS NOT NULL ORDER BY user_id LIMIT ?"
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
    " WHERE org_id = ? AND at >= ? ORDER BY at DESC, call_id LIMIT ?"
)
DELIVERIES = (
    "SELECT at, body, fate FROM deliveries WHERE account = ? AND at >= ? ORDER BY at DESC LIMIT ?"
)
PARKED = "SELECT COUNT(*) FROM parked WHERE account = ?"


@dataclass(frozen=True, slots=True)
class BoardCall:
    """One call of one agent; `told` is what is known of its end, empty while it lives."""

    user_id: str
    call_id: str
    provider_call_id: str
    at: int
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BoardDelivery:
    """A webhook as it came, and what became of it."""

    account: str
    at: int
    body: bytes
    fate: str


@dataclass(frozen=True, slots=True)
class BoardRows:
    """All of it, newest first where time is the order. `busy` are agents with a next deadline."""

    busy: tuple[Agent, ...]
    agents: int
    open_logs: tuple[CallLog, ...]
    calls: tuple[BoardCall, ...]
    deliveries: tuple[BoardDelivery, ...]
    parked: int


def read(fetch: Fetch, org_id: str, since: int, deliveries_since: int) -> BoardRows:
    """The board of one organisation; times are Unix milliseconds."""
    deliveries: list[BoardDelivery] = []
    parked = 0
    for (account,) in fetch(ACCOUNTS, (org_id,)):
        rows = fetch(DELIVERIES, (account, deliveries_since, MOST_DELIVERIES))
        deliveries.extend(BoardDelivery(account, at, bytes(body), fate) for at, body, fate in rows)
        parked += int(fetch(PARKED, (account,))[0][0])
    return BoardRows(
        busy=tuple(AGENT.load(text) for (text,) in fetch(BUSY, (org_id, MOST_AGENTS))),
        agents=int(fetch(COUNT, (org_id,))[0][0]),
        open_logs=tuple(CALL_LOG.load(text) for (text,) in fetch(OPEN, (org_id, MOST_LOGS))),
        calls=calls(fetch, org_id, since),
        deliveries=tuple(deliveries),
        parked=parked,
    )


def calls(fetch: Fetch, org_id: str, since: int) -> tuple[BoardCall, ...]:
    """The calls that began since then."""
    rows = fetch(CALLS, (org_id, since, MOST_CALLS))
    return tuple(BoardCall(u, c, p, at, json.loads(value)) for u, c, p, at, value in rows)
