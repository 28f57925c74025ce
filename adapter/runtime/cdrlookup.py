"""What the provider's call log is asked about a call, and what its answer means to the agent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from adapter.core.effects import FetchCdr, FindCdr
from adapter.core.events import CdrMissing, CdrUnavailable, Event
from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.phone import same_number
from adapter.runtime.clock import Clock
from adapter.storage.port import StorageError, Store
from adapter.telephony.port import Cdr, Driver, ProviderError, Unsupported
from adapter.telephony.updates import CallUpdate, IncomingDelivery, event_for, found_talk
from adapter.tenants import Tenants

log = structlog.get_logger(__name__)

LOOK_BACK_MS = 5_000
"""The provider's clock may run behind ours."""

LOG_ROWS = 20


@dataclass(eq=False, repr=False)
class CdrLookup:
    """Asks for CDRs; another agent's talk that one tells of is taken as a delivery (`deliver`)."""

    store: Store
    tenants: Tenants[Any]
    clock: Clock
    deliver: Callable[[IncomingDelivery], Awaitable[object]]

    async def ask(self, key: AgentKey, effect: FetchCdr) -> Event:
        """By the provider's id of the call."""
        try:
            cdr = await driver_of(self.tenants, effect.line).fetch_cdr(effect.provider_call_id)
        except ProviderError as error:
            return self._unavailable(key, effect.call_id, error.text)
        return await self._told(key, effect, cdr)

    async def find(self, key: AgentKey, effect: FindCdr) -> Event:
        """By the number that was to be called, where the provider never said an id."""
        since = effect.since - LOOK_BACK_MS
        try:
            cdrs = await driver_of(self.tenants, effect.line).list_cdrs(
                effect.line.user, since, LOG_ROWS
            )
        except ProviderError as error:
            return self._unavailable(key, effect.call_id, error.text)
        for cdr in reversed(cdrs):
            if fits(cdr, effect, since) and not await self._owners(effect, cdr.update):
                return await self._told(key, effect, cdr)
        return CdrMissing(self.clock.now(), effect.call_id)

    async def _owners(self, effect: FetchCdr | FindCdr, update: CallUpdate) -> int:
        """How many agents have the call: it rang at each of them."""
        route = await self.store.route(effect.line.account, update.provider_call_id)
        return len(route.owners)

    async def _told(self, key: AgentKey, effect: FetchCdr | FindCdr, cdr: Cdr | None) -> Event:
        """What the CDR means for this agent, by the same rule as a webhook."""
        now, update = self.clock.now(), cdr.update if cdr else None
        if update is None:
            return CdrMissing(now, effect.call_id)
        is_groups = update.user_id is None and update.is_inbound
        shared = is_groups and await self._owners(effect, update) > 1
        talk = found_talk(effect.line.account, update)
        if talk is not None and update.is_elsewhere(effect.line.user):
            # Somebody else talked: they have heard of it, who may have heard nothing else.
            try:
                await self.deliver(talk)
            except StorageError as error:
                return self._unavailable(key, effect.call_id, str(error))
        event = event_for(
            update, effect.line.user, at=now, call_id=effect.call_id, known=True, shared=shared
        )
        return event or CdrMissing(now, effect.call_id)

    def _unavailable(self, key: AgentKey, call_id: str, reason: str) -> Event:
        log.warning("cdr.unavailable", agent=str(key), call=call_id, reason=reason)
        return CdrUnavailable(self.clock.now(), call_id)


def driver_of(tenants: Tenants[Any], line: TelephonyUser) -> Driver:
    """The agent's own account, and no other: a line whose account is gone has none.

    Raises Unsupported.
    """
    tenant = tenants.of_account(line.account)
    if tenant is None:
        raise Unsupported("Your phone account is no longer set up here. Tell your admin.")
    return tenant.telephony.driver


def fits(cdr: Cdr, effect: FindCdr, since: int) -> bool:
    """Whether a call may be our placement: an unknown filter is ignored by the provider."""
    update, started = cdr.update, cdr.update.facts.started
    if update.user_id not in (None, effect.line.user) or update.is_inbound:
        return False
    if started is not None and started.value < since:
        return False
    return same_number(cdr.dialed or "", effect.number)
