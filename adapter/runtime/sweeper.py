"""The one clock hand: what is due becomes an event, so that nobody waits for ever.

A restart, a lost effect or a lost webhook can only delay: the deadline is in the store.
"""

from __future__ import annotations

import asyncio

import structlog

from adapter.core.events import TimePassed
from adapter.core.model import AgentKey
from adapter.fanout.port import Hints
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.intake import Heard, Intake
from adapter.runtime.perform import NewsOf
from adapter.storage.port import Conflict, Parked, StorageError, Store
from adapter.telephony.port import Provider, ProviderError

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 0.25
AT_ONCE = 200


class Sweeper:
    """Looks at the store several times a second, for agents and for parked deliveries."""

    def __init__(
        self,
        *,
        agents: Agents,
        store: Store,
        hints: Hints,
        intake: Intake,
        provider: Provider | None,
        news_of: NewsOf,
        clock: Clock,
    ) -> None:
        self._agents = agents
        self._store = store
        self._hints = hints
        self._intake = intake
        self._provider = provider
        self._news_of = news_of
        self._clock = clock

    async def run(self) -> None:
        """Sweep until cancelled; a store that fails is asked again."""
        while True:
            try:
                await self.sweep()
            except StorageError as error:
                log.error("sweep.failed", reason=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """Everything that is due now, once; how many agents that were."""
        now = self._clock.now()
        keys = await self._store.due(now, AT_ONCE)
        for key in keys:
            await self._wake(key, now)
        for parked in await self._store.due_parked(now, AT_ONCE):
            await self._unpark(parked, now)
        return len(keys)

    async def _wake(self, key: AgentKey, now: int) -> None:
        try:
            await self._agents.change({key: [TimePassed(now)]})
        except Conflict:
            log.debug("sweep.raced", agent=str(key))  # somebody else was faster: next time

    async def _unpark(self, parked: Parked, now: int) -> None:
        """Ask the call log whose call it is; given up when it has waited too long."""
        if parked.due <= now:
            log.warning("delivery.dropped", delivery=parked.event_id, call=parked.provider_call_id)
            await self._store.drop_parked(parked)
            return
        await self._store.mark_asked(parked)
        if self._provider is None:
            return
        try:
            record = await self._provider.record(parked.provider_call_id)
        except ProviderError as error:
            log.warning("call_log.unavailable", call=parked.provider_call_id, reason=error.text)
            return
        if record is None or record.user_id is None:
            return
        # The record's own news, under an id of its own: it binds the call and replays the parked.
        found = Heard(
            event_id=f"record-{parked.event_id}",
            type="call.record",
            account=parked.account,
            body=b"",
            news=self._news_of(record),
        )
        await self._intake.take(found)
