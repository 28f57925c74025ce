"""From a genuine delivery of the provider to a commit: dedupe, route, decide, one transaction.

Law of this file: when `take` returns, the delivery is durable, with everything that it changed;
when it raises StorageError, nothing is, and the provider must send it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from logging import DEBUG
from typing import TypeAlias

import structlog
from msgspec.structs import replace

from adapter.core.events import Report
from adapter.core.model import AgentKey, TelephonyUser
from adapter.runtime.agents import Agents, Turns
from adapter.runtime.clock import Clock
from adapter.runtime.routes import Route
from adapter.runtime.turn import Turn
from adapter.storage.port import (
    Commit,
    Conflict,
    Delivery,
    Done,
    DriverRow,
    Duplicate,
    Parked,
    RouteRead,
    StorageError,
    Store,
)
from adapter.storage.threadbridge import outcome_of
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


News: TypeAlias = tuple[int, CallUpdate, int | None]
"""When we heard what, and when the provider told it first, if known: Unix ms."""

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
        return await outcome_of(partial(self.begin, heard))

    def begin(self, heard: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
        """The same, told by a call.

        Where what it needs is in memory, it is decided and staged before this returns.
        """
        if heard.update is not None:
            self._route(heard, heard.update, done, 0)
            return
        fate = DeliveryOutcome.IGNORED if heard.readable else DeliveryOutcome.QUARANTINED
        commit = _commit(heard, fate, self._clock.now())
        self._agents.change({}, lambda outcome: done(_fate(outcome, fate)), commit)

    def _route(
        self, heard: IncomingDelivery, update: CallUpdate, done: Done[DeliveryOutcome], race: int
    ) -> None:
        """By what is remembered, which a commit will check; else by what the store says."""
        line = None if update.user_id is None else TelephonyUser(heard.account, update.user_id)
        agents, way = self._agents, None
        if race == 0 and heard.parkable:
            way = agents.routes.remembered(heard.account, update.provider_call_id, line)
        if way is None or not agents.know(way.agents):
            reading = self._read_route(heard, update, done, race, line)
            agents.tasks.start(f"route {heard.event_id}", reading)
        else:
            self._go(heard, update, way, done, race)

    async def _read_route(
        self,
        heard: IncomingDelivery,
        update: CallUpdate,
        done: Done[DeliveryOutcome],
        race: int,
        line: TelephonyUser | None,
    ) -> None:
        try:
            routes, call_id = self._agents.routes, update.provider_call_id
            way = await routes.read(self._store, heard.account, call_id, line)
            # While one is read another may be forgotten: a page's greeting has it read anew.
            while absent := [key for key in way.agents if self._agents.cached(key) is None]:
                for key in absent:
                    await self._agents.snapshot(key)
            self._go(heard, update, way, done, race)
        except asyncio.CancelledError:
            done(StorageError("the process is stopping"))
            raise
        except Exception as error:
            done(error)

    def _go(
        self,
        heard: IncomingDelivery,
        update: CallUpdate,
        way: Route,
        done: Done[DeliveryOutcome],
        race: int,
    ) -> None:
        """Decide and commit; where the way is another one by now, once more."""
        plan, fate, commit = self._decided(heard, update, way)
        if commit is None:
            done(fate)
            return

        def committed(outcome: Turns | Exception) -> None:
            if isinstance(outcome, Conflict):
                if race + 1 < RACES:
                    self._route(heard, update, done, race + 1)
                else:
                    done(StorageError(f"delivery {heard.event_id}: lost {RACES} races in a row"))
                return
            if not isinstance(outcome, Exception):
                _report(heard, update, plan, outcome)
            done(_fate(outcome, fate))

        self._agents.change(plan, committed, commit)

    def _decided(
        self, heard: IncomingDelivery, update: CallUpdate, way: Route
    ) -> tuple[dict[AgentKey, list[Report]], DeliveryOutcome, Commit | None]:
        """Who hears what, what that makes of the delivery, and what is committed beside it."""
        at = self._clock.now()
        sent_at = None if heard.signed_at is None else round(heard.signed_at * 1000)
        unpark, waited = self._waiting(way)
        plan = self._plan(way, [*waited, (at, update, sent_at)])
        if plan:
            fate = DeliveryOutcome.APPLIED
            return plan, fate, _commit(heard, fate, at, way.read, unpark=unpark)
        if not heard.parkable:
            return plan, DeliveryOutcome.IGNORED, None
        # Of others that wait for the same call it makes nothing.
        route = replace(way.read, parked=None)
        park: tuple[Parked, ...] = ()
        # Its agents have nothing to hear: waiting would not change that, and the store parks
        # nothing of a call that has an agent.
        fate = DeliveryOutcome.IGNORED if way.owners else DeliveryOutcome.PARKED
        if fate is DeliveryOutcome.PARKED:
            call_id, due = update.provider_call_id, at + PARKED_MS
            park = (Parked(heard.account, call_id, heard.event_id, heard.body, at, due),)
        return plan, fate, _commit(heard, fate, at, route, park=park)

    def _plan(self, way: Route, updates: list[News]) -> dict[AgentKey, list[Report]]:
        """What each agent hears who knows the call, or whom it names."""
        plan: dict[AgentKey, list[Report]] = {}
        for key in way.agents:
            snapshot, known = self._agents.cached(key), key in way.owners
            line = None if snapshot is None else snapshot.agent.line
            user = None if line is None else line.user
            shared = known and len(way.owners) > 1
            call_id = way.owners[key] if known else self._clock.fresh_id("call")
            hears = partial(event_for, call_id=call_id, known=known, shared=shared)
            for when, told, sent in updates:
                event = hears(told, user, at=when, sent_at=sent)
                if event is not None:
                    plan.setdefault(key, []).append(event)
        return plan

    def _waiting(self, way: Route) -> tuple[tuple[Parked, ...], list[News]]:
        """What waits no more, and what it tells.

        What its reader stumbles over stays, for the next delivery of its call: another replica, or
        the next release, may read it.
        """
        read: list[Parked] = []
        news: list[News] = []
        for parked in way.parked:
            try:
                told = self._read(parked.account, parked.body, parked.at)
            except Exception as bug:  # else nothing could be taken of this call any more
                log.error("parked.not_read", delivery=parked.event_id, exc_info=bug)
                continue
            read.append(parked)
            if told is not None:
                news.append((parked.at, told, None))
        return tuple(read), news


def _commit(
    heard: IncomingDelivery,
    fate: DeliveryOutcome,
    at: int,
    route: RouteRead | None = None,
    *,
    park: tuple[Parked, ...] = (),
    unpark: tuple[Parked, ...] = (),
) -> Commit:
    """What is committed of the delivery itself, beside what it changes."""
    delivery = Delivery(heard.account, heard.event_id, heard.type, heard.body, at, fate.value)
    states = tuple([driver_row(heard.account, one, at) for one in heard.states])
    return Commit((), delivery, park, unpark, route, states)


def _fate(outcome: Turns | Exception, fate: DeliveryOutcome) -> DeliveryOutcome | Exception:
    """What is answered: a repeated delivery changes nothing, and is acknowledged."""
    if isinstance(outcome, Duplicate):
        return DeliveryOutcome.DUPLICATE
    return outcome if isinstance(outcome, Exception) else fate


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
    turns: Turns,
) -> None:
    """What it did to each agent, for who looks closely: metrics count it, the store shows it."""
    if not log.is_enabled_for(DEBUG):
        return
    for key, turn in turns.items():
        log.debug(
            "delivery.applied",
            delivery=heard.event_id,
            type=heard.type,
            agent=str(key),
            call=_call_id(turn, update) or plan[key][0].call_id,
            provider_call=update.provider_call_id,
            phase=turn.agent.phase.value,
            ignored=turn.ignored or None,
        )
