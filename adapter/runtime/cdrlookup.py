"""Fetches CDRs from the provider and turns them into events for the agent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from adapter.core.effects import FetchCdr, FindCdr
from adapter.core.events import CdrMissing, CdrUnavailable, Event
from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.numbers.phone import same_number
from adapter.runtime.clock import Clock
from adapter.storage.port import StorageError, Store
from adapter.telephony.port import Cdr, Driver, ProviderError, Unsupported
from adapter.telephony.updates import CallUpdate, IncomingDelivery, event_for, found_talk
from adapter.tenants import Tenants

log = structlog.get_logger(__name__)

LOOK_BACK_MS = 5_000
"""Tolerance for a provider's clock that runs behind ours."""

LOG_ROWS = 20


@dataclass(eq=False, repr=False)
class CdrLookup:
    """Fetches CDRs; another agent's talk in one is passed on as a delivery (`deliver`)."""

    store: Store
    tenants: Tenants[Any]
    clock: Clock
    deliver: Callable[[IncomingDelivery], Awaitable[object]]

    async def ask(self, key: AgentKey, effect: FetchCdr) -> Event:
        """Fetch the CDR by the provider's call id."""
        try:
            cdr = await driver_of(self.tenants, effect.line).fetch_cdr(effect.provider_call_id)
        except ProviderError as error:
            return self._unavailable(key, effect.call_id, error.text)
        return await self._event_of(key, effect, cdr)

    async def find(self, key: AgentKey, effect: FindCdr) -> Event:
        """Find the CDR by the dialed number, if the provider never sent a call id."""
        since = effect.since - LOOK_BACK_MS
        try:
            cdrs = await driver_of(self.tenants, effect.line).list_cdrs(
                effect.line.user, since, LOG_ROWS
            )
        except ProviderError as error:
            return self._unavailable(key, effect.call_id, error.text)
        for cdr in reversed(cdrs):
            if fits(cdr, effect, since) and not await self._owners(effect, cdr.update):
                return await self._event_of(key, effect, cdr)
        return CdrMissing(self.clock.now(), effect.call_id)

    async def _owners(self, effect: FetchCdr | FindCdr, update: CallUpdate) -> int:
        """The number of agents who have the call, because it rang at each of them."""
        route = await self.store.route(effect.line.account, update.provider_call_id)
        return len(route.owners)

    async def _event_of(self, key: AgentKey, effect: FetchCdr | FindCdr, cdr: Cdr | None) -> Event:
        """The agent's event for the CDR, by the same rules as for a webhook."""
        now, update = self.clock.now(), cdr.update if cdr else None
        if update is None:
            return CdrMissing(now, effect.call_id)
        is_groups = update.user_id is None and update.is_inbound
        shared = is_groups and await self._owners(effect, update) > 1
        talk = found_talk(effect.line.account, update)
        if talk is not None and update.is_elsewhere(effect.line.user):
            # Another user talked, and may have received no other event of the call.
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
    """The driver of the agent's account. Raises Unsupported if the account no longer exists."""
    tenant = tenants.of_account(line.account)
    if tenant is None:
        raise Unsupported("Your phone account is no longer set up here. Tell your admin.")
    return tenant.telephony.driver


def fits(cdr: Cdr, effect: FindCdr, since: int) -> bool:
    """Whether the CDR may be our placement; providers may ignore our filters."""
    update, started = cdr.update, cdr.update.facts.started
    if update.user_id not in (None, effect.line.user) or update.is_inbound:
        return False
    if started is not None and started.value < since:
        return False
    return same_number(cdr.dialed or "", effect.number)
