"""Commits a verified delivery of the provider: dedupe, route, decide, one transaction.

Law of this file: when `take` returns, the delivery and all its changes are durable. When it raises
StorageError, nothing is stored, and the provider must send it again.
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
from adapter.core.facts import Direction
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
    """The outcome of a delivery, for the store and the counters."""

    APPLIED = "applied"
    PARKED = "parked"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"


TimedUpdate: TypeAlias = tuple[int, CallUpdate, int | None]
"""When it arrived, the update, and when the provider first sent it, if known (Unix ms)."""

Reader = Callable[[str, bytes, int], CallUpdate | None]
"""Reads a parked body of an account again; the last argument is its arrival in Unix ms."""


class Intake:
    """Takes the deliveries of all provider accounts."""

    def __init__(self, agents: Agents, store: Store, clock: Clock, read: Reader) -> None:
        self._agents = agents
        self._store = store
        self._clock = clock
        self._read = read

    async def take(self, delivery: IncomingDelivery) -> DeliveryOutcome:
        """Commit a delivery and return its outcome. Raises StorageError."""
        return await outcome_of(partial(self.begin, delivery))

    def begin(self, delivery: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
        """Like `take`, but calls `done`.

        If everything needed is in memory, it is decided and staged before this returns.
        """
        if delivery.update is not None:
            self._route(delivery, delivery.update, done, 0)
            return
        fate = DeliveryOutcome.IGNORED if delivery.readable else DeliveryOutcome.QUARANTINED
        commit = _commit_of(delivery, fate, self._clock.now())
        self._agents.change({}, lambda outcome: done(_outcome_of(outcome, fate)), commit)

    def _route(
        self, delivery: IncomingDelivery, update: CallUpdate, done: Done[DeliveryOutcome], race: int
    ) -> None:
        """Route by memory, which the commit checks; else by the store."""
        line = None if update.user_id is None else TelephonyUser(delivery.account, update.user_id)
        agents, route = self._agents, None
        if race == 0 and delivery.parkable:
            route = agents.routes.remembered(delivery.account, update.provider_call_id, line)
        if route is None or not agents.know(route.agents):
            reading = self._read_route(delivery, update, done, race, line)
            agents.tasks.start(f"route {delivery.event_id}", reading)
        else:
            self._apply_route(delivery, update, route, done, race)

    async def _read_route(
        self,
        delivery: IncomingDelivery,
        update: CallUpdate,
        done: Done[DeliveryOutcome],
        race: int,
        line: TelephonyUser | None,
    ) -> None:
        try:
            routes, call_id = self._agents.routes, update.provider_call_id
            route = await routes.read(self._store, delivery.account, call_id, line)
            # While one agent is read, another may be dropped from memory.
            while absent := [key for key in route.agents if self._agents.cached(key) is None]:
                for key in absent:
                    await self._agents.snapshot(key)
            self._apply_route(delivery, update, route, done, race)
        except asyncio.CancelledError:
            done(StorageError("the process is stopping"))
            raise
        except Exception as error:
            done(error)

    def _apply_route(
        self,
        delivery: IncomingDelivery,
        update: CallUpdate,
        route: Route,
        done: Done[DeliveryOutcome],
        race: int,
    ) -> None:
        """Decide and commit; after a conflict, route again."""
        plan, fate, commit = self._plan_commit(delivery, update, route)
        if commit is None:
            done(fate)
            return

        def committed(outcome: Turns | Exception) -> None:
            if isinstance(outcome, Conflict):
                if race + 1 < RACES:
                    self._route(delivery, update, done, race + 1)
                else:
                    done(StorageError(f"delivery {delivery.event_id}: lost {RACES} races in a row"))
                return
            if not isinstance(outcome, Exception):
                _log_applied(delivery, update, plan, outcome)
            done(_outcome_of(outcome, fate))

        self._agents.change(plan, committed, commit)

    def _plan_commit(
        self, delivery: IncomingDelivery, update: CallUpdate, route: Route
    ) -> tuple[dict[AgentKey, list[Report]], DeliveryOutcome, Commit | None]:
        """The agents' events, the delivery's outcome, and the commit (None: nothing to store)."""
        at = self._clock.now()
        sent_at = None if delivery.signed_at is None else round(delivery.signed_at * 1000)
        unpark, waited = self._read_parked(route)
        plan = self._plan(route, [*waited, (at, update, sent_at)])
        if plan:
            fate = DeliveryOutcome.APPLIED
            return plan, fate, _commit_of(delivery, fate, at, route.read, unpark=unpark)
        if not delivery.parkable:
            return plan, DeliveryOutcome.IGNORED, None
        # The other parked deliveries of the call are not affected.
        read = replace(route.read, parked=None)
        park: tuple[Parked, ...] = ()
        # If the call has agents, waiting would change nothing, and the store does not park
        # deliveries of such a call.
        fate = DeliveryOutcome.IGNORED if route.owners else DeliveryOutcome.PARKED
        if fate is DeliveryOutcome.PARKED:
            call_id, due = update.provider_call_id, at + PARKED_MS
            park = (Parked(delivery.account, call_id, delivery.event_id, delivery.body, at, due),)
        return plan, fate, _commit_of(delivery, fate, at, read, park=park)

    def _plan(self, route: Route, updates: list[TimedUpdate]) -> dict[AgentKey, list[Report]]:
        """The events of each agent who has the call or is named by it."""
        plan: dict[AgentKey, list[Report]] = {}
        for key in route.agents:
            snapshot, known = self._agents.cached(key), key in route.owners
            line = None if snapshot is None else snapshot.agent.line
            user = None if line is None else line.user
            shared = known and len(route.owners) > 1
            call_id = route.owners[key] if known else self._clock.fresh_id("call")
            hears = partial(event_for, call_id=call_id, known=known, shared=shared)
            for when, update, sent in updates:
                # Who began the call has its moments under their own name.
                callers = None
                if shared and update.user_id != user and not self._began(route, user, update):
                    callers = self._began(route, update.user_id, update)
                event = hears(update, user, at=when, sent_at=sent, callers=callers)
                if event is not None:
                    plan.setdefault(key, []).append(event)
        return plan

    def _began(self, route: Route, user: str | None, update: CallUpdate) -> bool | None:
        """Whether this user began the internal call; None if that is unknown, or it is another."""
        for key in route.owners:
            snapshot = self._agents.cached(key)
            agent = None if snapshot is None else snapshot.agent
            if agent is None or agent.line is None or agent.line.user != user:
                continue
            for call in agent.calls:
                is_internal = update.is_internal or call.direction is Direction.INTERNAL
                if call.provider_call_id == update.provider_call_id and is_internal:
                    return call.request_id != "" or call.facts.picked_up is not None
        return None

    def _read_parked(self, route: Route) -> tuple[tuple[Parked, ...], list[TimedUpdate]]:
        """The parked deliveries that can be applied now, and their updates.

        One that cannot be read stays parked until the call's next delivery; another replica or the
        next release may read it.
        """
        read: list[Parked] = []
        updates: list[TimedUpdate] = []
        for parked in route.parked:
            try:
                update = self._read(parked.account, parked.body, parked.at)
            except Exception as bug:  # otherwise no delivery of this call could be applied
                log.error("parked.not_read", delivery=parked.event_id, exc_info=bug)
                continue
            read.append(parked)
            if update is not None:
                updates.append((parked.at, update, None))
        return tuple(read), updates


def _commit_of(
    delivery: IncomingDelivery,
    fate: DeliveryOutcome,
    at: int,
    route: RouteRead | None = None,
    *,
    park: tuple[Parked, ...] = (),
    unpark: tuple[Parked, ...] = (),
) -> Commit:
    """The commit of the delivery itself, without the agents' changes."""
    row = Delivery(
        delivery.account, delivery.event_id, delivery.type, delivery.body, at, fate.value
    )
    states = tuple([driver_row(delivery.account, state, at) for state in delivery.states])
    return Commit((), row, park, unpark, route, states)


def _outcome_of(outcome: Turns | Exception, fate: DeliveryOutcome) -> DeliveryOutcome | Exception:
    """The answer to the sender; a repeated delivery is acknowledged without changes."""
    if isinstance(outcome, Duplicate):
        return DeliveryOutcome.DUPLICATE
    return outcome if isinstance(outcome, Exception) else fate


def driver_row(account: str, state: DriverState, at: int) -> DriverRow:
    """A driver's state as a row."""
    return DriverRow(account, state.call_id, state.value, state.version, state.over, at)


def _call_id(turn: Turn, update: CallUpdate) -> str | None:
    """Our id of the call; None if the agent no longer has it."""
    provider_id = update.provider_call_id
    for call in turn.agent.calls:
        if call.provider_call_id == provider_id:
            return call.call_id
    logs = turn.logs.values()
    return next((log.log_id for log in logs if log.provider_call_id == provider_id), None)


def _log_applied(
    delivery: IncomingDelivery,
    update: CallUpdate,
    plan: dict[AgentKey, list[Report]],
    turns: Turns,
) -> None:
    """Log at debug level what the delivery did to each agent."""
    if not log.is_enabled_for(DEBUG):
        return
    for key, turn in turns.items():
        log.debug(
            "delivery.applied",
            delivery=delivery.event_id,
            type=delivery.type,
            agent=str(key),
            call=_call_id(turn, update) or plan[key][0].call_id,
            provider_call=update.provider_call_id,
            phase=turn.agent.phase.value,
            ignored=turn.ignored or None,
        )
