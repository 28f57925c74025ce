"""Effects become calls to the provider; what comes of them comes back as events.

Law of this file: **PlaceCall is performed at most once.** It is started only by the process that
committed it; if that process dies, the deadline says "unconfirmed", and nobody tries again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol, TypeAlias, assert_never

import structlog
from msgspec.structs import replace

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
from adapter.core.logevents import LogEffect
from adapter.core.logmodel import CallLog
from adapter.core.model import AgentKey
from adapter.metrics import Metrics
from adapter.runtime.agents import Agents
from adapter.runtime.availability import set_availability
from adapter.runtime.cdrlookup import CdrLookup, driver_of
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.runtime.telling import tell
from adapter.runtime.turn import Turn
from adapter.storage.port import StorageError, Store
from adapter.telephony.port import (
    Action,
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
    """Who carries out what is done in Salesforce, by a page or for one; must only start things."""

    def pop(self, key: AgentKey, effect: PopScreen) -> None:
        """Have a page pop the caller's record."""

    def open_record(self, key: AgentKey, effect: OpenRecord) -> None:
        """Have Salesforce make the record of a call that rings."""

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        """Send what a log's decision asked for to the page that it is for."""


@dataclass(eq=False, repr=False, kw_only=True)
class Performer:
    """Carries out what decisions asked for.

    `deliver` takes what a CDR tells of another agent's call, as a delivery of its own.
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
        drivers = {one.telephony.account: one.telephony.driver for one in self.tenants.all}
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
        """Start everything, each whatever becomes of the others; returns at once."""
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
        """Its deadline asks again, where it is not to be done at most once."""
        name = type(effect).__name__
        self.metrics.provider.count(name, "NotStarted")
        log.error("effect.not_started", **_about(key, effect), effect=name, exc_info=bug)

    async def _carry_out(self, key: AgentKey, effect: CallEffect) -> None:
        began, name = perf_counter(), type(effect).__name__
        try:
            event = await self._outcome(key, effect)
        except Exception as bug:  # a driver's fault must not leave anybody without an answer
            log.error("effect.failed", **_about(key, effect), effect=name, exc_info=bug)
            event = self._unknown(effect)
        self.metrics.answered(name, type(event).__name__, perf_counter() - began)
        await self._tell(key, effect, event)
        if isinstance(effect, PlaceCall) and isinstance(event, CallPlaced):
            await self._look_for_silence(key, effect)

    async def _tell(self, key: AgentKey, effect: Effect, event: Event) -> None:
        """What came of it, which nobody else knows."""

        def not_stored(error: StorageError, wait: float | None) -> None:
            said = {"effect": type(effect).__name__, "reason": str(error), "again_in": wait}
            log.error("effect.outcome_not_stored", **_about(key, effect), **said)

        await tell(self.agents, key, lambda: replace(event, at=self.clock.now()), not_stored)

    async def _outcome(self, key: AgentKey, effect: CallEffect) -> Event:
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
            case ControlCall(request_id=asked, call_id=call_id, action=action):
                return ControlAnswered(now, asked, "unknown-outcome", text, call_id, action)
            case _:
                return CdrUnavailable(now, effect.call_id)

    async def _set_availability(self, key: AgentKey, effect: SetAvailability) -> None:
        tenant = self.tenants.of_account(effect.line.account)
        driver = tenant.telephony.driver if tenant else None
        event = await set_availability(driver, key, effect, self.clock.now)
        await self._tell(key, effect, event)

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
        """Tell the agent now whose phone will not ring; where that cannot be known, nothing."""
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
        now, asked = self.clock.now(), effect.request_id
        return ControlAnswered(now, asked, code, text, effect.call_id, effect.action)


def _about(key: AgentKey, effect: Effect | LogEffect) -> dict[str, str | None]:
    """Whose it is, and of which call, if of one."""
    call = getattr(effect, "call_id", None) or getattr(effect, "log_id", None)
    return {"agent": str(key), "call": call}
