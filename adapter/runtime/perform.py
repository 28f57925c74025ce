"""Effects become calls to the provider; what comes of them comes back as events.

Law of this file: **PlaceCall is performed at most once.** It is started only by the process that
committed it; if that process dies, the deadline says "unconfirmed", and nobody tries again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, Protocol, TypeAlias, assert_never

import structlog

from adapter.core.effects import (
    AskCall,
    ControlCall,
    Effect,
    FindCall,
    OpenRecord,
    PlaceCall,
    PopScreen,
    SetAvailability,
)
from adapter.core.events import (
    CallPlaced,
    CdrMissing,
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
from adapter.core.phone import same_number
from adapter.metrics import Metrics
from adapter.runtime.agents import Agents
from adapter.runtime.availability import set_availability
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks
from adapter.runtime.turn import Turn
from adapter.storage.port import StorageError, Store
from adapter.telephony.port import (
    Action,
    Cdr,
    Driver,
    PresenceDriver,
    ProviderError,
    Rejected,
    Unknown,
    Unsupported,
)
from adapter.telephony.updates import CallUpdate, IncomingDelivery, event_for, found_talk
from adapter.tenants import Tenants

log = structlog.get_logger(__name__)

CallEffect: TypeAlias = PlaceCall | AskCall | FindCall | ControlCall


class PageEffects(Protocol):
    """Who carries out what is done in Salesforce, by a page or for one; must only start things."""

    def pop(self, key: AgentKey, effect: PopScreen) -> None:
        """Have a page pop the caller's record."""

    def open_record(self, key: AgentKey, effect: OpenRecord) -> None:
        """Have Salesforce make the record of a call that rings."""

    def perform(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        """Send what a log's decision asked for to the page that it is for."""


LOOK_BACK_MS = 5_000
"""The provider's clock may run behind ours."""

LOG_ROWS = 20


class Performer:
    """Carries out what decisions asked for."""

    def __init__(
        self,
        *,
        agents: Agents,
        store: Store,
        tenants: Tenants[Any],
        pages: PageEffects,
        tasks: Tasks,
        clock: Clock,
        deliver: Callable[[IncomingDelivery], Awaitable[object]],
        metrics: Metrics | None = None,
    ) -> None:
        """`deliver` takes what a CDR tells of another agent's call, as a delivery of its own."""
        self._deliver = deliver
        self._metrics = metrics or Metrics()
        self._agents = agents
        self._store = store
        self._tenants = tenants
        drivers = {one.telephony.account: one.telephony.driver for one in tenants.all}
        self._presence = {
            account: driver
            for account, driver in drivers.items()
            if isinstance(driver, PresenceDriver)
        }
        self._pages = pages
        self._tasks = tasks
        self._clock = clock

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
                self._pages.perform(key, turn.logs, log_effect)
            except Exception as bug:
                self._not_started(key, log_effect, bug)

    def _start(self, key: AgentKey, effect: Effect) -> None:
        if isinstance(effect, PopScreen):
            self._pages.pop(key, effect)
        elif isinstance(effect, OpenRecord):
            self._pages.open_record(key, effect)
        elif isinstance(effect, SetAvailability):
            name = f"SetAvailability {key}"
            self._tasks.start(name, self._set_availability(key, effect))
        else:
            name = f"{type(effect).__name__} {effect.call_id}"
            self._tasks.start(name, self._carry_out(key, effect))

    def _not_started(self, key: AgentKey, effect: Effect | LogEffect, bug: Exception) -> None:
        """Its deadline asks again, where it is not to be done at most once."""
        name = type(effect).__name__
        self._metrics.provider.count(name, "NotStarted")
        log.error("effect.not_started", **_about(key, effect), effect=name, exc_info=bug)

    async def _carry_out(self, key: AgentKey, effect: CallEffect) -> None:
        began, name = perf_counter(), type(effect).__name__
        try:
            event = await self._outcome(key, effect)
        except Exception as bug:  # a driver's fault must not leave anybody without an answer
            log.error("effect.failed", **_about(key, effect), effect=name, exc_info=bug)
            event = self._unknown(effect)
        self._metrics.answered(name, type(event).__name__, perf_counter() - began)
        try:
            await self._agents.handle(key, event)
        except StorageError as error:
            # The deadline that every effect has will ask again.
            reason = str(error)
            log.error("effect.outcome_lost", **_about(key, effect), effect=name, reason=reason)
        if isinstance(effect, PlaceCall) and isinstance(event, CallPlaced):
            await self._look_for_silence(key, effect)

    async def _outcome(self, key: AgentKey, effect: CallEffect) -> Event:
        match effect:
            case PlaceCall():
                return await self._place(key, effect)
            case AskCall():
                return await self._ask(key, effect)
            case FindCall():
                return await self._find(key, effect)
            case ControlCall():
                return await self._control(effect)
            case _ as never:
                assert_never(never)

    def _unknown(self, effect: CallEffect) -> Event:
        now, text = self._clock.now(), "Nobody knows what came of it. Tell your admin."
        match effect:
            case PlaceCall(call_id=call_id):
                return PlacingUnknown(now, call_id, text)
            case ControlCall(request_id=asked, call_id=call_id, action=action):
                return ControlAnswered(now, asked, "unknown-outcome", text, call_id, action)
            case _:
                return CdrUnavailable(now, effect.call_id)

    async def _set_availability(self, key: AgentKey, effect: SetAvailability) -> None:
        tenant = self._tenants.of_account(effect.line.account)
        driver = tenant.telephony.driver if tenant else None
        event = await set_availability(driver, key, effect, self._clock.now)
        try:
            await self._agents.handle(key, event)
        except StorageError as error:
            # Its deadline says that nobody knows.
            log.error("availability.outcome_lost", agent=str(key), reason=str(error))

    def _of(self, effect: CallEffect) -> Driver:
        """The agent's own account, and no other: a line whose account is gone has none.

        Raises Unsupported.
        """
        tenant = self._tenants.of_account(effect.line.account)
        if tenant is None:
            raise Unsupported("Your phone account is no longer set up here. Tell your admin.")
        return tenant.telephony.driver

    async def _place(self, key: AgentKey, effect: PlaceCall) -> Event:
        self._metrics.placing()
        about = {"agent": str(key), "call": effect.call_id}
        try:
            placed = await self._of(effect).place(
                effect.call_id,
                effect.line.user,
                effect.dial_string,
                ring_profile=effect.ring_profile or None,
                caller_id=effect.caller_id or None,
            )
        except (Rejected, Unsupported) as error:
            log.warning("call.rejected", **about, reason=error.text)
            return PlacingRejected(self._clock.now(), effect.call_id, error.text)
        except ProviderError as error:
            log.error("call.unknown", **about, reason=error.text)
            named = error.provider_call_id if isinstance(error, Unknown) else None
            return PlacingUnknown(self._clock.now(), effect.call_id, error.text, named)
        called = placed.provider_call_id
        log.info("call.placed", **about, provider_call=called, request=placed.request_id)
        return CallPlaced(self._clock.now(), effect.call_id, called)

    async def _look_for_silence(self, key: AgentKey, effect: PlaceCall) -> None:
        """Tell the agent now whose phone will not ring; where that cannot be known, nothing."""
        driver = self._presence.get(effect.line.account)
        if driver is None:
            return
        try:
            silence = await driver.silence(effect.line.user)
            if silence is not None:
                event = PhoneSilent(self._clock.now(), effect.call_id, silence.value)
                await self._agents.handle(key, event)
        except (ProviderError, StorageError) as error:
            log.info("presence.unknown", call=effect.call_id, reason=str(error))

    async def _ask(self, key: AgentKey, effect: AskCall) -> Event:
        try:
            cdr = await self._of(effect).fetch_cdr(effect.provider_call_id)
        except ProviderError as error:
            return self._unavailable(key, effect.call_id, error.text)
        return await self._told(key, effect, cdr)

    async def _find(self, key: AgentKey, effect: FindCall) -> Event:
        since = effect.since - LOOK_BACK_MS
        try:
            cdrs = await self._of(effect).list_cdrs(effect.line.user, since, LOG_ROWS)
        except ProviderError as error:
            return self._unavailable(key, effect.call_id, error.text)
        for cdr in reversed(cdrs):
            if _fits(cdr, effect, since) and not await self._is_known(effect, cdr):
                return await self._told(key, effect, cdr)
        return CdrMissing(self._clock.now(), effect.call_id)

    async def _is_known(self, effect: FindCall, cdr: Cdr) -> bool:
        route = await self._store.route(effect.line.account, cdr.update.provider_call_id)
        return bool(route.owners)

    async def _told(self, key: AgentKey, effect: AskCall | FindCall, cdr: Cdr | None) -> Event:
        """What the CDR means for this agent, by the same rule as a webhook."""
        now, update = self._clock.now(), cdr.update if cdr else None
        if update is None:
            return CdrMissing(now, effect.call_id)
        shared = (
            update.user_id is None and update.is_inbound and await self._is_shared(effect, update)
        )
        if update.is_elsewhere(effect.line.user):
            # Somebody else talked: they have heard of it, who may have heard nothing else.
            try:
                await self._hand_on(effect.line.account, update)
            except StorageError as error:
                return self._unavailable(key, effect.call_id, str(error))
        event = event_for(
            update, effect.line.user, at=now, call_id=effect.call_id, known=True, shared=shared
        )
        return event or CdrMissing(now, effect.call_id)

    async def _hand_on(self, account: str, update: CallUpdate) -> None:
        delivery = found_talk(account, update)
        if delivery is not None:
            await self._deliver(delivery)

    async def _is_shared(self, effect: AskCall | FindCall, update: CallUpdate) -> bool:
        """Whether several agents have the call: it rang at each of them."""
        route = await self._store.route(effect.line.account, update.provider_call_id)
        return len(route.owners) > 1

    def _unavailable(self, key: AgentKey, call_id: str, reason: str) -> Event:
        log.warning("cdr.unavailable", agent=str(key), call=call_id, reason=reason)
        return CdrUnavailable(self._clock.now(), call_id)

    async def _control(self, effect: ControlCall) -> Event:
        code, text = "done", ""
        try:
            provider = self._of(effect)
            if effect.action == "transfer":
                await provider.transfer(effect.provider_call_id, effect.value)
            else:
                action = Action(effect.action)
                await provider.control(effect.provider_call_id, action, effect.value)
            if effect.action in {"transfer", Action.COMPLETE}:
                code, text = "transferred", "The call was handed over."
        except Unsupported as error:
            code, text = "unsupported", error.text
        except Rejected as error:
            code, text = "provider-refused", error.text
        except ProviderError as error:
            code, text = "unknown-outcome", error.text
        now, asked = self._clock.now(), effect.request_id
        return ControlAnswered(now, asked, code, text, effect.call_id, effect.action)


def _fits(cdr: Cdr, effect: FindCall, since: int) -> bool:
    """Whether a call may be our placement: an unknown filter is ignored by the provider."""
    update, started = cdr.update, cdr.update.facts.started
    if update.user_id not in (None, effect.line.user) or update.is_inbound:
        return False
    if started is not None and started.value < since:
        return False
    return same_number(cdr.dialed or "", effect.number)


def _about(key: AgentKey, effect: Effect | LogEffect) -> dict[str, str | None]:
    """Whose it is, and of which call, if of one."""
    call = getattr(effect, "call_id", None) or getattr(effect, "log_id", None)
    return {"agent": str(key), "call": call}
