"""Performs effects as requests to the provider; their outcomes become events.

Law of this file: **PlaceCall is performed at most once**, only by the process that committed it. If
that process dies, the deadline makes the call "unconfirmed", and nobody retries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol, TypeAlias, assert_never

import structlog
from msgspec.structs import replace
from structlog.contextvars import bind_contextvars

from adapter.core.availability import Applied, AvailabilityAnswered, Status
from adapter.core.effects import (
    ControlCall,
    Effect,
    FetchCdr,
    FindCdr,
    OpenRecord,
    PlaceCall,
    PopScreen,
    SetAvailability,
)
from adapter.core.events import (
    CallPlaced,
    CdrUnavailable,
    ControlAnswered,
    Event,
    PhoneSilent,
    PlacingRejected,
    PlacingUnknown,
)
from adapter.core.logs.events import LogEffect
from adapter.core.logs.model import CallLog
from adapter.core.model import AgentKey
from adapter.metrics import Metrics
from adapter.runtime.agents import Agents
from adapter.runtime.cdrlookup import CdrLookup, driver_of
from adapter.runtime.clock import Clock
from adapter.runtime.retries import handle_with_retries
from adapter.runtime.tasks import Tasks
from adapter.runtime.turn import Turn
from adapter.storage.port import StorageError, Store
from adapter.telephony.port import (
    Action,
    Driver,
    PausingDriver,
    PresenceDriver,
    ProviderError,
    Rejected,
    Unknown,
    Unsupported,
)
from adapter.telephony.updates import IncomingDelivery
from adapter.tenants import Tenants

log = structlog.get_logger(__name__)

CallEffect: TypeAlias = PlaceCall | FetchCdr | FindCdr | ControlCall


class PageEffects(Protocol):
    """Performs effects in Salesforce, by a page or for one; must only start them."""

    def pop(self, key: AgentKey, effect: PopScreen) -> None:
        """Have a page pop the caller's record."""

    def open_record(self, key: AgentKey, effect: OpenRecord) -> None:
        """Create the Salesforce record of a ringing call."""

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        """Perform an effect of a log's decision."""


@dataclass(eq=False, repr=False, kw_only=True)
class Performer:
    """Performs the effects of decisions.

    `deliver` takes another agent's part of a CDR as a delivery.
    """

    agents: Agents
    store: Store
    tenants: Tenants[Any]
    pages: PageEffects
    tasks: Tasks
    clock: Clock
    deliver: Callable[[IncomingDelivery], Awaitable[object]]
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self._cdrs = CdrLookup(self.store, self.tenants, self.clock, self.deliver)
        drivers = {tenant.telephony.account: tenant.telephony.driver for tenant in self.tenants.all}
        self._presence = {
            account: driver
            for account, driver in drivers.items()
            if isinstance(driver, PresenceDriver)
        }

    def perform(
        self,
        key: AgentKey,
        turn: Turn,
        effects: Sequence[Effect],
        log_effects: Sequence[LogEffect],
    ) -> None:
        """Start all effects, independent of each other; returns at once."""
        for effect in effects:
            try:
                self._start(key, effect)
            except Exception as bug:
                self._not_started(key, effect, bug)
        for log_effect in log_effects:
            try:
                self.pages.perform(key, turn.logs, log_effect)
            except Exception as bug:
                self._not_started(key, log_effect, bug)

    def _start(self, key: AgentKey, effect: Effect) -> None:
        if isinstance(effect, PopScreen):
            self.pages.pop(key, effect)
        elif isinstance(effect, OpenRecord):
            self.pages.open_record(key, effect)
        elif isinstance(effect, SetAvailability):
            name = f"SetAvailability {key}"
            self.tasks.start(name, self._set_availability(key, effect))
        else:
            name = f"{type(effect).__name__} {effect.call_id}"
            self.tasks.start(name, self._carry_out(key, effect))

    def _not_started(self, key: AgentKey, effect: Effect | LogEffect, bug: Exception) -> None:
        """Count and log it; a deadline repeats it unless it may happen only once."""
        name = type(effect).__name__
        self.metrics.provider.count(name, "NotStarted")
        log.error("effect.not_started", **_log_fields(key, effect), effect=name, exc_info=bug)

    async def _carry_out(self, key: AgentKey, effect: CallEffect) -> None:
        bind_contextvars(**_log_fields(key, effect))  # of this task, for the retries' lines
        began, name = perf_counter(), type(effect).__name__
        try:
            event = await self._perform_call_effect(key, effect)
        except Exception as bug:  # a driver's bug must not leave the agent without an answer
            log.error("effect.failed", **_log_fields(key, effect), effect=name, exc_info=bug)
            event = self._unknown(effect)
        self.metrics.answered(name, type(event).__name__, perf_counter() - began)
        await self._handle_outcome(key, effect, event)
        if isinstance(effect, PlaceCall) and isinstance(event, CallPlaced):
            await self._look_for_silence(key, effect)

    async def _handle_outcome(self, key: AgentKey, effect: Effect, event: Event) -> None:
        """Store the outcome, which only this process knows; retry while the store fails."""

        def not_stored(error: StorageError, wait: float | None) -> None:
            details = {"effect": type(effect).__name__, "reason": str(error), "again_in": wait}
            log.error("effect.outcome_not_stored", **_log_fields(key, effect), **details)

        await handle_with_retries(
            self.agents, key, lambda: replace(event, at=self.clock.now()), not_stored
        )

    async def _perform_call_effect(self, key: AgentKey, effect: CallEffect) -> Event:
        match effect:
            case PlaceCall():
                return await self._place(key, effect)
            case FetchCdr():
                return await self._cdrs.ask(key, effect)
            case FindCdr():
                return await self._cdrs.find(key, effect)
            case ControlCall():
                return await self._control(effect)
            case _ as never:
                assert_never(never)

    def _unknown(self, effect: CallEffect) -> Event:
        now, text = self.clock.now(), "The result is unknown. Tell your admin."
        match effect:
            case PlaceCall(call_id=call_id):
                return PlacingUnknown(now, call_id, text)
            case ControlCall(request_id=request_id, call_id=call_id, action=action):
                return ControlAnswered(now, request_id, "unknown-outcome", text, call_id, action)
            case _:
                return CdrUnavailable(now, effect.call_id)

    async def _set_availability(self, key: AgentKey, effect: SetAvailability) -> None:
        bind_contextvars(**_log_fields(key, effect))
        tenant = self.tenants.of_account(effect.line.account)
        driver = tenant.telephony.driver if tenant else None
        event = await set_availability(driver, key, effect, self.clock.now)
        await self._handle_outcome(key, effect, event)

    async def _place(self, key: AgentKey, effect: PlaceCall) -> Event:
        self.metrics.placing()
        about = {"agent": str(key), "call": effect.call_id}
        try:
            placed = await driver_of(self.tenants, effect.line).place(
                effect.call_id,
                effect.line.user,
                effect.dial_string,
                ring_profile=effect.ring_profile or None,
                caller_id=effect.caller_id or None,
            )
        except (Rejected, Unsupported) as error:
            log.warning("call.rejected", **about, reason=error.text)
            return PlacingRejected(self.clock.now(), effect.call_id, error.text)
        except ProviderError as error:
            log.error("call.unknown", **about, reason=error.text)
            named = error.provider_call_id if isinstance(error, Unknown) else None
            return PlacingUnknown(self.clock.now(), effect.call_id, error.text, named)
        called = placed.provider_call_id
        log.info("call.placed", **about, provider_call=called, request=placed.request_id)
        return CallPlaced(self.clock.now(), effect.call_id, called)

    async def _look_for_silence(self, key: AgentKey, effect: PlaceCall) -> None:
        """Tell the agent if their phone will not ring; do nothing if that is unknown."""
        driver = self._presence.get(effect.line.account)
        if driver is None:
            return
        try:
            silence = await driver.silence(effect.line.user)
            if silence is not None:
                event = PhoneSilent(self.clock.now(), effect.call_id, silence.value)
                await self.agents.handle(key, event)
        except (ProviderError, StorageError) as error:
            log.info("presence.unknown", call=effect.call_id, reason=str(error))

    async def _control(self, effect: ControlCall) -> Event:
        code, text = "done", ""
        try:
            provider = driver_of(self.tenants, effect.line)
            if effect.action == "transfer":
                await provider.transfer(effect.provider_call_id, effect.value)
            else:
                action = Action(effect.action)
                await provider.control(effect.provider_call_id, action, effect.value)
            if effect.action in {"transfer", Action.COMPLETE}:
                code, text = "transferred", "The call was transferred."
        except Unsupported as error:
            code, text = "unsupported", error.text
        except Rejected as error:
            code, text = "provider-refused", error.text
        except ProviderError as error:
            code, text = "unknown-outcome", error.text
        now, request_id = self.clock.now(), effect.request_id
        return ControlAnswered(now, request_id, code, text, effect.call_id, effect.action)


def _log_fields(key: AgentKey, effect: Effect | LogEffect) -> dict[str, str | None]:
    """The agent and the call, if any, for a log line."""
    call = getattr(effect, "call_id", None) or getattr(effect, "log_id", None)
    return {"agent": str(key), "call": call}


# --- an agent's availability at the phone system ------------------------------------------------


async def set_availability(
    driver: Driver | None, key: AgentKey, effect: SetAvailability, now: Callable[[], int]
) -> AvailabilityAnswered:
    """Undo old pauses, then set the new one; safe to repeat. Never raises."""
    try:
        applied = await _apply(driver, effect)
    except (Rejected, Unsupported) as error:
        log.warning("availability.refused", agent=str(key), reason=error.text)
        applied = Applied.REFUSED
    except ProviderError as error:
        log.warning("availability.unknown", agent=str(key), reason=error.text)
        applied = Applied.UNKNOWN
    except Exception as bug:
        log.error("availability.failed", agent=str(key), exc_info=bug)
        applied = Applied.UNKNOWN
    return AvailabilityAnswered(now(), effect.asked_at, effect.held, applied)


async def _apply(driver: Driver | None, effect: SetAvailability) -> Applied:
    if not isinstance(driver, PausingDriver):
        raise Unsupported("The phone system cannot hold back calls.")
    user = effect.line.user
    for status in effect.undo:
        await driver.pause(user, status, on=False)
    if effect.held is Status.AVAILABLE:
        return Applied.DONE
    is_held = await driver.pause(user, effect.held, on=True, reason=effect.reason)
    return Applied.DONE if is_held else Applied.SHOWN
