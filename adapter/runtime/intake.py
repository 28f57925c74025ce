"""From a genuine delivery of the provider to a commit: dedupe, route, decide, one transaction.

Law of this file: when `take` returns, the delivery is durable, with everything that it changed;
when it raises StorageError, nothing is, and the provider must send it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import structlog
from msgspec.structs import replace

from adapter.core.events import Report
from adapter.core.model import AgentKey, TelephonyUser
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.routes import Route
from adapter.runtime.turn import Turn
from adapter.storage.port import (
    Conflict,
    Delivery,
    DriverRow,
    Duplicate,
    Parked,
    StorageError,
    Store,
)
from adapter.telephony.updates import CallUpdate, DriverState, IncomingDelivery, event_for

log = structlog.get_logger(__name__)

PARKED_MS = 600_000
RACES = 50


class DeliveryOutcome(StrEnum):
    """What became of a delivery, for the record and the counters."""

    APPLIED = "applied"
    PARKED = "parked"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"


Reader = Callable[[str, bytes, int], CallUpdate | None]
"""Reads a body of an account again that came in at so many Unix ms: parked ones wait for it."""


class Intake:
    """Takes the deliveries of all provider accounts."""

    def __init__(self, agents: Agents, store: Store, clock: Clock, read: Reader) -> None:
        self._agents = agents
        self._store = store
        self._clock = clock
        self._read = read

    async def take(self, heard: IncomingDelivery) -> DeliveryOutcome:
        """Durable when it returns. Raises StorageError."""
        try:
            if heard.update is None:
                fate = DeliveryOutcome.IGNORED if heard.readable else DeliveryOutcome.QUARANTINED
                states = self._states(heard)
                await self._agents.change({}, delivery=self._delivery(heard, fate), states=states)
                return fate
            return await self._apply(heard, heard.update)
        except Duplicate:
            return DeliveryOutcome.DUPLICATE

    async def _apply(self, heard: IncomingDelivery, update: CallUpdate) -> DeliveryOutcome:
        for race in range(RACES):
            way = await self._way(heard, update, use_cache=race == 0)
            try:
                return await self._go(heard, update, way)
            except Conflict:
                continue
        raise StorageError(f"delivery {heard.event_id}: lost {RACES} races in a row")

    async def _way(self, heard: IncomingDelivery, update: CallUpdate, *, use_cache: bool) -> Route:
        """What is remembered, where a commit will check it; else what the store says."""
        routes, call_id = self._agents.routes, update.provider_call_id
        line = None if update.user_id is None else TelephonyUser(heard.account, update.user_id)
        guess = None
        if use_cache and heard.parkable:
            guess = routes.remembered(heard.account, call_id, line)
        return guess or await routes.read(self._store, heard.account, call_id, line)

    async def _go(self, heard: IncomingDelivery, update: CallUpdate, way: Route) -> DeliveryOutcome:
        """Decide and commit. Raises Conflict if the way is another one by now."""
        at = self._clock.now()
        plan, states = await self._plan(update, way, at), self._states(heard)
        if plan:
            delivery = self._delivery(heard, DeliveryOutcome.APPLIED)
            turns = await self._agents.change(
                plan, delivery=delivery, unpark=way.parked, route=way.read, states=states
            )
            _report(heard, update, plan, turns)
            return DeliveryOutcome.APPLIED
        if not heard.parkable:
            return DeliveryOutcome.IGNORED
        # Of others that wait for the same call it makes nothing.
        route = replace(way.read, parked=None)
        if way.owners:
            # Its agents have nothing to hear: waiting would not change that, and the store
            # parks nothing of a call that has an agent.
            delivery = self._delivery(heard, DeliveryOutcome.IGNORED)
            await self._agents.change({}, delivery=delivery, route=route, states=states)
            return DeliveryOutcome.IGNORED
        due = at + PARKED_MS
        call_id = update.provider_call_id
        parked = Parked(heard.account, call_id, heard.event_id, heard.body, at, due)
        delivery = self._delivery(heard, DeliveryOutcome.PARKED)
        await self._agents.change({}, delivery=delivery, park=(parked,), route=route, states=states)
        return DeliveryOutcome.PARKED

    async def _plan(self, update: CallUpdate, way: Route, at: int) -> dict[AgentKey, list[Report]]:
        """What each agent hears who knows the call, or whom it names; the parked updates first."""
        updates = [*self._waiting(way), (at, update)] if way.parked else [(at, update)]
        plan: dict[AgentKey, list[Report]] = {}
        for key in way.agents:
            snapshot = self._agents.cached(key) or await self._agents.snapshot(key)
            line, known = snapshot.agent.line, key in way.owners
            user = None if line is None else line.user
            shared = known and len(way.owners) > 1
            call_id = way.owners[key] if known else self._clock.fresh_id("call")
            for when, told in updates:
                event = event_for(told, user, at=when, call_id=call_id, known=known, shared=shared)
                if event is not None:
                    plan.setdefault(key, []).append(event)
        return plan

    def _waiting(self, way: Route) -> Iterator[tuple[int, CallUpdate]]:
        for parked in way.parked:
            told = self._read(parked.account, parked.body, parked.at)
            if told is not None:
                yield parked.at, told

    def _states(self, heard: IncomingDelivery) -> tuple[DriverRow, ...]:
        return tuple([driver_row(heard.account, one, self._clock.now()) for one in heard.states])

    def _delivery(self, heard: IncomingDelivery, fate: DeliveryOutcome) -> Delivery:
        now = self._clock.now()
        return Delivery(heard.account, heard.event_id, heard.type, heard.body, now, fate.value)


def driver_row(account: str, state: DriverState, at: int) -> DriverRow:
    """A driver's state as the store has it."""
    return DriverRow(account, state.call_id, state.value, state.version, state.over, at)


def _call_id(turn: Turn, update: CallUpdate) -> str | None:
    """Our id of the call, where the agent has it (still)."""
    provider_id = update.provider_call_id
    for call in turn.agent.calls:
        if call.provider_call_id == provider_id:
            return call.call_id
    logs = turn.logs.values()
    return next((log.log_id for log in logs if log.provider_call_id == provider_id), None)


def _report(
    heard: IncomingDelivery,
    update: CallUpdate,
    plan: dict[AgentKey, list[Report]],
    turns: dict[AgentKey, Turn],
) -> None:
    for key, turn in turns.items():
        log.info(
            "delivery.applied",
            delivery=heard.event_id,
            type=heard.type,
            agent=str(key),
            call=_call_id(turn, update) or plan[key][0].call_id,
            provider_call=update.provider_call_id,
            phase=turn.agent.phase.value,
            ignored=turn.ignored or None,
        )
