"""The supervisors' board: agents, calls, unlogged calls, webhooks.

Read from the store at most once a second per organization and day, for any number of viewers, and
one after the other: a large day's rows take much memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from adapter.core.availability import Status
from adapter.core.logs.model import Attempting, CallLog, Pending, Tray
from adapter.core.model import FOREGROUND, Acceptance, Agent, AgentKey, Call, Phase, Placing
from adapter.core.numbers.phone import display
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.daycalls import NO_CALLS, DayCalls, Tally
from adapter.runtime.webhookhour import MINUTE_MS, WebhookHour
from adapter.storage.board import BoardCall, BoardRows, Window
from adapter.storage.sqlstore import SqlStore
from adapter.tenants import Tenants

FRESH_MS = 1_000
MOST_DAYS = 50
"""The most days whose sums are cached, so that many requests cannot fill the memory."""

LONGEST_MS = 48 * 3_600_000
"""The longest day that can be requested, which covers all time zones."""

IN_USE_MS = 7 * MINUTE_MS
"""An open softphone uses its sign-in, which is recorded about every five minutes. So an agent whose
sign-in was used this recently, without a page here, has a page at another replica."""

Report = dict[str, Any]


class Day(NamedTuple):
    """A board's time range in Unix ms; `until` is exclusive, 0 means now."""

    since: int = 0
    until: int = 0

    def within(self, now: int) -> tuple[int, int]:
        """The bounds, at most LONGEST_MS apart; an open range ends shortly after `now`."""
        until = min(self.until or now + MINUTE_MS, now + MINUTE_MS)
        return max(self.since, until - LONGEST_MS), until


@dataclass(eq=False, repr=False)
class Board:
    """The board of every organization.

    `present`: who has a page here. `quality_of` gives an agent's audio quality, if it is recent.
    """

    store: SqlStore
    agents: Agents
    present: Callable[[], Iterable[AgentKey]]
    clock: Clock
    tenants: Tenants[Any]
    quality_of: Callable[[AgentKey], Report | None] = lambda key: None
    _last: dict[tuple[str, Day], tuple[int, Report]] = field(default_factory=dict, init=False)
    _days: dict[tuple[str, Day], DayCalls] = field(default_factory=dict, init=False)
    _hours: dict[str, WebhookHour] = field(default_factory=dict, init=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def report(self, org_id: str, day: Day) -> Report:
        """The board of that day; agents and webhooks are always current."""
        async with self._reading:
            return await self._report(org_id, day)

    async def _report(self, org_id: str, day: Day) -> Report:
        now = self.clock.now()
        last = self._last.get((org_id, day))
        if last is not None and now - last[0] < FRESH_MS:
            return last[1]
        hour = self._hours.setdefault(org_id, WebhookHour())
        summed = self._days.get((org_id, day), DayCalls())
        begin, until = day.within(now)
        since = summed.since(begin, now)
        rows = await self.store.board(org_id, Window(since, until, hour.since(now), now))
        webhooks = hour.report(rows.deliveries, now, self.tenants.read)
        calls = summed.tally(rows.calls, now, whole=since == begin)
        report = self._build_report(org_id, rows, calls, webhooks, now)
        self._last = {
            key: known for key, known in self._last.items() if now - known[0] < FRESH_MS
        } | {(org_id, day): (now, report)}
        self._days.pop((org_id, day), None)
        self._days[org_id, day] = summed
        if len(self._days) > MOST_DAYS:
            del self._days[next(iter(self._days))]
        return report

    async def calls(self, org_id: str, day: Day) -> list[BoardCall]:
        """The day's finished calls, oldest first."""
        calls = await self.store.board_calls(org_id, *day.within(self.clock.now()))
        return [call for call in reversed(calls) if call.result]

    def _build_report(
        self, org_id: str, rows: BoardRows, calls: Tally, webhooks: Report, now: int
    ) -> Report:
        tenant = self.tenants.of_org(org_id)
        region = tenant.rules.dial.default_region if tenant else ""
        seen = {agent.key: agent for agent in rows.agents}
        here = {key.user_id for key in self.present() if key.org_id == org_id}
        for user_id in here:
            cached = self.agents.cached(AgentKey(org_id, user_id))
            if cached is not None:
                seen.setdefault(cached.agent.key, cached.agent)
        lately = {user for user, used in rows.signed_in.items() if now - used < IN_USE_MS}
        people = [
            _row_of(agent, calls.ends, agent.key.user_id in here | lately, region)
            | _last_page(agent, here | lately, rows.signed_in)
            | {"totals": calls.users.get(agent.key.user_id, NO_CALLS)}
            | self._audio_of(agent)
            for agent in seen.values()
        ]
        return {
            "now": now,
            "agents": sorted(people, key=_by_urgency),
            "agents_known": rows.agents_known,
            "calls": calls.report(),
            "unlogged": [_unlogged_row(log, seen) for log in rows.open_logs],
            "webhooks": webhooks,
            "parked": rows.parked,
            "unconfirmed": sum(_is_unconfirmed(agent) for agent in rows.agents),
            "provider": asdict(tenant.telephony.health.vitals()) if tenant else None,
        }

    def _audio_of(self, agent: Agent) -> Report:
        """The audio quality of a talk in the browser; nothing for other phones."""
        quality = self.quality_of(agent.key) if agent.phase is Phase.BRIDGED else None
        return {"audio": quality} if quality else {}


def _party_name(call: Call) -> str | None:
    """The other party's name: the call's record's, else the caller's."""
    name = call.facts.name
    return (call.record.name if call.record else "") or (name.value if name else None)


def _row_of(agent: Agent, ended: dict[str, int], online: bool, region: str) -> Report:
    call = next((c for phase in FOREGROUND for c in agent.calls if c.phase is phase), None)
    if agent.phase is Phase.IDLE:
        call = None
    wish = agent.availability
    chosen = online and not call and wish.status is not Status.AVAILABLE
    since = ended.get(agent.key.user_id)
    return {
        "user_id": agent.key.user_id,
        "name": agent.name or agent.key.user_id,
        "state": _state_of(agent, online=online or call is not None, chosen=chosen),
        "since": call.stage.since if call else wish.since if chosen else since,
        "reason": wish.reason if chosen else "",
        "direction": call.direction.value if call else None,
        "number": call.number if call else None,
        "display": display(call.number, region) if call else None,
        "with": _party_name(call) if call else None,
        "more_calls": max(len(agent.calls) - 1, 0),
        "online": online,
        "surface": agent.surface,
    }


def _last_page(agent: Agent, present: set[str], signed_in: dict[str, int]) -> Report:
    """For an agent in a call without an open softphone: when one was last used (None: unknown).

    Only the provider's events and CDRs change such an agent's state.
    """
    user_id = agent.key.user_id
    if user_id in present or agent.phase is Phase.IDLE:
        return {}
    return {"last_page": signed_in.get(user_id)}


def _state_of(agent: Agent, *, online: bool, chosen: bool) -> str:
    """The agent's state; an idle agent who wants no calls is in the chosen state."""
    if not online:
        return "offline"
    return agent.availability.status.value if chosen else agent.phase.value


def _by_urgency(person: Report) -> tuple[int, int, str]:
    order = [phase.value for phase in FOREGROUND]
    state = person["state"]
    order += [Phase.IDLE.value, *(status.value for status in Status), "offline"]
    rank = order.index(state)
    return rank, person["since"] or 0, person["name"]


def _is_unconfirmed(agent: Agent) -> bool:
    return any(
        isinstance(call.stage, Placing) and call.stage.acceptance is Acceptance.UNCONFIRMED
        for call in agent.calls
    )


def _unlogged_row(log: CallLog, agents: dict[AgentKey, Agent]) -> Report:
    agent, wanted = agents.get(log.agent), log.wanted
    match log.state:
        case Tray(reason, _, errors):
            why, messages = reason.value, [error.message or error.code for error in errors]
        case Pending():
            why, messages = "waiting", []
        case Attempting():
            why, messages = "saving", []
        case _:
            why, messages = "verifying", []
    return {
        "log_id": log.log_id,
        "agent": (agent.name if agent else "") or log.agent.user_id,
        "started_at": wanted.started_at,
        "outcome": wanted.outcome.value,
        "update": log.saved is not None,
        "why": why,
        "errors": messages,
    }
