"""What supervisors see: who does what, how calls went, what is not logged, how webhooks arrive.

Read from the store at most once a second per organisation, however many look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Protocol

from adapter.core.facts import Source
from adapter.core.logmodel import Attempting, CallLog, Pending, Tray
from adapter.core.model import FOREGROUND, Acceptance, Agent, AgentKey, Phase, Placing
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.intake import Reader
from adapter.storage.board import BoardCall, BoardDelivery, BoardRows
from adapter.tenants import Tenants

FRESH_MS = 1_000
MINUTE_MS = 60_000
WINDOW_MS = 60 * MINUTE_MS
"""How far back the webhooks' plot goes."""

LONGEST_MS = 48 * 3_600_000
"""How far back "today" may begin: no time zone is further than that from another's midnight."""

Report = dict[str, Any]


class Connected(Protocol):
    """Who has a page here."""

    def keys(self) -> tuple[AgentKey, ...]:
        """The agents."""
        ...


class BoardStore(Protocol):
    """The part of the store that the board reads."""

    async def board(self, org_id: str, since: int, deliveries_since: int) -> BoardRows:
        """See storage.board.read."""

    async def board_calls(self, org_id: str, since: int) -> tuple[BoardCall, ...]:
        """See storage.board.calls."""


class Board:
    """The board of every organisation."""

    def __init__(
        self,
        store: BoardStore,
        agents: Agents,
        pages: Connected,
        clock: Clock,
        tenants: Tenants[Any],
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._agents = agents
        self._pages = pages
        self._clock = clock
        self._last: dict[tuple[str, int], tuple[int, Report]] = {}

    async def report(self, org_id: str, since: int) -> Report:
        """Everything on the board; `since` is when today began for whoever looks (Unix ms)."""
        now = self._clock.now()
        since = max(since, now - LONGEST_MS)
        kept = self._last.get((org_id, since))
        if kept is not None and now - kept[0] < FRESH_MS:
            return kept[1]
        rows = await self._store.board(org_id, since, now - WINDOW_MS)
        report = self._make(org_id, rows, now)
        self._last = {
            key: known for key, known in self._last.items() if now - known[0] < FRESH_MS
        } | {(org_id, since): (now, report)}
        return report

    async def calls(self, org_id: str, since: int) -> list[BoardCall]:
        """The calls that are over, oldest first."""
        since = max(since, self._clock.now() - LONGEST_MS)
        calls = await self._store.board_calls(org_id, since)
        return [call for call in reversed(calls) if call.told]

    def _make(self, org_id: str, rows: BoardRows, now: int) -> Report:
        tenant = self._tenants.of_org(org_id)
        seen = {agent.key: agent for agent in rows.busy}
        online = [key for key in self._pages.keys() if key.org_id == org_id]  # noqa: SIM118
        for key in online:
            cached = self._agents.cached(key)
            if cached is not None:
                seen.setdefault(key, cached.agent)
        ended = _last_ends(rows.calls)
        people = [_person(agent, ended, agent.key in set(online)) for agent in seen.values()]
        return {
            "now": now,
            "agents": sorted(people, key=_by_urgency),
            "agents_known": rows.agents,
            "calls": _calls(rows.calls),
            "unlogged": [_unlogged(log, seen) for log in rows.open_logs],
            "webhooks": webhooks(rows.deliveries, now, self._tenants.read),
            "parked": rows.parked,
            "unconfirmed": sum(_is_unconfirmed(agent) for agent in rows.busy),
            "provider": asdict(tenant.telephony.health.vitals()) if tenant else None,
        }


def _last_ends(calls: Iterable[BoardCall]) -> dict[str, int]:
    ends: dict[str, int] = {}
    for call in calls:
        end = call.told.get("ended")
        if end is not None:
            ends[call.user_id] = max(end, ends.get(call.user_id, 0))
    return ends


def _person(agent: Agent, ended: dict[str, int], online: bool) -> Report:
    call = next((c for phase in FOREGROUND for c in agent.calls if c.phase is phase), None)
    idle = call is None or agent.phase is Phase.IDLE
    return {
        "user_id": agent.key.user_id,
        "name": agent.name or agent.key.user_id,
        "state": agent.phase.value if online or not idle else "offline",
        "since": ended.get(agent.key.user_id) if idle or call is None else call.stage.since,
        "direction": None if idle or call is None else call.direction.value,
        "online": online,
    }


def _by_urgency(person: Report) -> tuple[int, int, str]:
    order = [phase.value for phase in FOREGROUND]
    state = person["state"]
    rank = order.index(state) if state in order else len(order) + (state == "offline")
    return rank, person["since"] or 0, person["name"]


def _is_unconfirmed(agent: Agent) -> bool:
    return any(
        isinstance(call.stage, Placing) and call.stage.acceptance is Acceptance.UNCONFIRMED
        for call in agent.calls
    )


def _calls(calls: tuple[BoardCall, ...]) -> Report:
    over = [call.told for call in calls if call.told]
    talks = [told["talk_seconds"] for told in over if told["talk_seconds"] is not None]
    return {
        "over": len(over),
        "live": len(calls) - len(over),
        "by_outcome": dict(Counter(told["outcome"] for told in over).most_common()),
        "by_direction": dict(Counter(told["direction"] for told in over)),
        "talk_seconds": sum(talks),
        "talks": len(talks),
        "longest_seconds": max(talks, default=0),
    }


def _unlogged(log: CallLog, agents: dict[AgentKey, Agent]) -> Report:
    agent, wanted = agents.get(log.agent), log.wanted
    match log.state:
        case Tray(reason, _, errors):
            why, said = reason.value, [error.message or error.code for error in errors]
        case Pending():
            why, said = "waiting", []
        case Attempting():
            why, said = "saving", []
        case _:
            why, said = "verifying", []
    return {
        "log_id": log.log_id,
        "agent": (agent.name if agent else "") or log.agent.user_id,
        "started_at": wanted.started_at,
        "outcome": wanted.outcome.value,
        "update": log.saved is not None,
        "why": why,
        "errors": said,
    }


def webhooks(
    deliveries: Iterable[BoardDelivery],
    now: int,
    update_of: Reader,
) -> Report:
    """A point for each of the last sixty minutes: how many came, how late, how many unreadable.

    Late is the time from the moment that a delivery tells about to its arrival (milliseconds);
    the provider's clock and ours may differ by some of it.
    """
    minutes: dict[int, list[int]] = {}
    counts: Counter[int] = Counter()
    errors: Counter[int] = Counter()
    last = 0
    for delivery in deliveries:
        minute = delivery.at // MINUTE_MS
        counts[minute] += 1
        last = max(last, delivery.at)
        if delivery.fate == "quarantined":
            errors[minute] += 1
            continue
        lag = _lag(delivery, update_of)
        if lag is not None:
            minutes.setdefault(minute, []).append(lag)
    first = now // MINUTE_MS - WINDOW_MS // MINUTE_MS + 1
    return {
        "last_at": last or None,
        "minutes": [
            {
                "at": minute * MINUTE_MS,
                "count": counts[minute],
                "errors": errors[minute],
                "p50": _rank(minutes.get(minute), 0.5),
                "p95": _rank(minutes.get(minute), 0.95),
            }
            for minute in range(first, now // MINUTE_MS + 1)
        ],
    }


def _lag(delivery: BoardDelivery, update_of: Reader) -> int | None:
    update = update_of(delivery.account, delivery.body, delivery.at)
    if update is None:
        return None
    facts = update.facts
    times = (facts.started, facts.picked_up, facts.connected, facts.ended, facts.transferred)
    said = [known.value for known in times if known is not None and known.source >= Source.SAID]
    return max(0, delivery.at - max(said)) if said else None


def _rank(values: list[int] | None, share: float) -> int | None:
    if not values:
        return None
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
