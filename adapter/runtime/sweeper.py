"""Turns passed deadlines into events, so that nothing waits forever.

Deadlines are in the store, so a restart, a lost effect or a lost webhook only causes a delay.
Law of this file: one agent's trouble delays no other agent, and one account's no other account.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars

from adapter.core.events import TimePassed
from adapter.core.model import AgentKey
from adapter.runtime.agents import Agents
from adapter.runtime.clock import Clock
from adapter.runtime.intake import Intake
from adapter.runtime.outages import Outages
from adapter.storage.port import Conflict, Parked, StorageError, Store
from adapter.storage.threadbridge import outcome_of
from adapter.telephony.port import Cdr, ProviderError
from adapter.telephony.updates import IncomingDelivery
from adapter.tenants import Tenants

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 0.25
AT_ONCE = 200
FAILED_MS = 5_000
"""The pause after a failed turn, so that agents that always fail do not block others or fill the
log."""

GRACE_MS = 1_000
"""How long the replica with the agent's pages goes first. Only pages can do what deadlines ask for
(a read-back, a probe), and replicas that all try at once only race."""

ASKED_AT_ONCE = 20
"""The most CDR requests to an account at a time."""

ASK_AGAIN_MS = (5_000, 15_000, 45_000, 120_000, 240_000)
"""The pauses after failed CDR requests; a delivery is parked for at most ten minutes."""

UNANSWERED_KEPT = 1_000
"""The most deliveries of an account whose CDR request is retried; the others are treated as
answered."""

PATIENCE_SECONDS = 15.0
"""The time limit of one agent's turn or one CDR request, so that a hang stops nothing else."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A CDR request failed `tries` times after the first.

    It is repeated at `ask_at`; at `until` the delivery is dropped (Unix ms).
    """

    tries: int
    ask_at: int
    until: int


@dataclass(slots=True)
class Account:
    """One account's CDR requests: the running ones, and the failed ones by delivery.

    `over` are the requests in `asked` that have ended since the store was last read.
    """

    asked: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    unanswered: dict[str, Unanswered] = field(default_factory=dict)

    def waiting(self, now: int) -> int:
        """The number of due deliveries with a running request, or waiting for a retry."""
        self.asked, self.over = self.asked - self.over, set()
        self.unanswered = {k: v for k, v in self.unanswered.items() if v.until > now}
        return len(self.asked) + len(self.unanswered)

    def choose(self, due: list[Parked], now: int) -> list[Parked]:
        """The next deliveries to handle; those never asked about come first."""
        ready = [parked for parked in due if self._is_ready(parked, now)]
        ready.sort(key=lambda parked: parked.event_id in self.unanswered)
        return ready[: max(0, ASKED_AT_ONCE - len(self.asked))]

    def _is_ready(self, parked: Parked, now: int) -> bool:
        before = self.unanswered.get(parked.event_id)
        is_time = parked.due <= now or before is None or before.ask_at <= now
        return is_time and parked.event_id not in self.asked


@dataclass(eq=False, repr=False, kw_only=True)
class Sweeper:
    """Looks at the store several times a second, for agents and for parked deliveries.

    `is_here`: whether the agent has a page here; without other replicas all are ours.
    """

    agents: Agents
    store: Store
    intake: Intake
    tenants: Tenants[Any]
    clock: Clock
    seconds: float = SWEEP_SECONDS
    is_here: Callable[[AgentKey], bool] = lambda key: True

    def __post_init__(self) -> None:
        self._failed: dict[AgentKey, int] = {}
        self._accounts = defaultdict[str, Account](Account)

    async def run(self) -> None:
        """Sweep until cancelled."""
        await asyncio.gather(self._repeat(self.sweep), self._repeat(self.unpark))

    async def _repeat(self, work: Callable[[], Awaitable[int]]) -> None:
        outages = Outages("sweep")
        while True:
            with outages.survived():
                await work()
            await asyncio.sleep(self.seconds)

    async def sweep(self) -> int:
        """Handle every agent that is due now; returns their number."""
        now = self.clock.now()
        # Not longer than that, in case the clock was set back.
        waiting = {key: at for key, at in self._failed.items() if 0 < at - now <= FAILED_MS}
        self._failed = waiting
        keys = [key for key in await self._due_agents(now) if key not in waiting]
        # All at once, so that the store can write them in one transaction.
        await asyncio.gather(*(self._pass_time(key, now) for key in keys))
        return len(keys)

    async def _due_agents(self, now: int) -> tuple[AgentKey, ...]:
        """Our agents at once; others a little later, in case their replica is gone."""
        limit = AT_ONCE + len(self._failed)
        due = await self.store.due(now, limit)
        ours = tuple(key for key in due if self.is_here(key))
        if len(ours) == len(due):
            return ours
        left = await self.store.due(now - GRACE_MS, limit)
        return tuple(dict.fromkeys((*ours, *left)))

    async def _pass_time(self, key: AgentKey, now: int) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await outcome_of(partial(self.agents.change, {key: [TimePassed(now)]}))
        except Conflict:
            log.debug("sweep.raced", agent=str(key))  # another change was faster
        except StorageError as error:
            self._failed[key] = now + FAILED_MS
            log.error("sweep.agent_failed", agent=str(key), reason=str(error))
        except Exception as error:
            self._failed[key] = now + FAILED_MS
            log.error("sweep.agent_failed", agent=str(key), exc_info=error)

    async def unpark(self) -> int:
        """Start on due deliveries, a few per account at a time; returns their number."""
        now, due, begun = self.clock.now(), defaultdict[str, list[Parked]](list), 0
        # Deliveries that wait for a retry must not keep others from their first request.
        waiting = max((account.waiting(now) for account in self._accounts.values()), default=0)
        for parked in await self.store.due_parked(now, ASKED_AT_ONCE + waiting):
            due[parked.account].append(parked)
        for name, deliveries in due.items():
            account = self._accounts[name]
            chosen = account.choose(deliveries, now)
            for parked in chosen:
                account.asked.add(parked.event_id)
                self.agents.tasks.start(
                    f"unpark {parked.event_id}", self._ask(account, parked, now)
                )
            begun += len(chosen)
        return begun

    async def _ask(self, account: Account, parked: Parked, now: int) -> None:
        try:
            await self._look_for(parked, now)
        finally:
            account.over.add(parked.event_id)

    async def _look_for(self, parked: Parked, now: int) -> None:
        bind_contextvars(**_log_fields(parked))  # of this task, for the retries' lines
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._unpark(parked, now)
        except (ProviderError, TimeoutError) as error:
            reason = error.text if isinstance(error, ProviderError) else "no answer"
            log.warning("cdr.unavailable", **_log_fields(parked), reason=reason)
            await self._ask_again(parked, now)
        except Exception as error:
            log.error("sweep.parked_failed", **_log_fields(parked), exc_info=error)
            await self._ask_again(parked, now)

    async def _unpark(self, parked: Parked, now: int) -> None:
        """Fetch the CDR to find the call's user; drop the delivery when its time is up.

        It is marked as asked only after the answer is stored, so a request that failed or died with
        its process is repeated.
        """
        if parked.due <= now:
            log.warning("delivery.dropped", **_log_fields(parked))
            await self.store.drop_parked(parked)
            return
        tenant = self.tenants.of_account(parked.account)
        cdr = tenant and await tenant.telephony.driver.fetch_cdr(parked.provider_call_id)
        if cdr and cdr.update.user_id is not None:
            await self.intake.take(_delivery_of(parked, cdr))
        await self.store.mark_asked(parked)
        self._accounts[parked.account].unanswered.pop(parked.event_id, None)

    async def _ask_again(self, parked: Parked, now: int) -> None:
        """Schedule a retry with growing pauses."""
        unanswered = self._accounts[parked.account].unanswered
        before = unanswered.get(parked.event_id)
        if before is None and len(unanswered) >= UNANSWERED_KEPT:
            await self.store.mark_asked(parked)
            return
        tries = before.tries + 1 if before else 0
        wait = ASK_AGAIN_MS[min(tries, len(ASK_AGAIN_MS) - 1)]
        unanswered[parked.event_id] = Unanswered(tries, now + wait, parked.due)


def _log_fields(parked: Parked) -> dict[str, str]:
    """Fields to correlate log lines; no agent has the call yet."""
    return {"delivery": parked.event_id, "provider_call": parked.provider_call_id}


def _delivery_of(parked: Parked, cdr: Cdr) -> IncomingDelivery:
    """The CDR as a delivery with its own id; it binds the call and replays parked deliveries.

    It must not be parked itself, or an unknown user's call would be requested forever.
    """
    return IncomingDelivery(
        account=parked.account,
        event_id=f"record-{parked.event_id}",
        type="call.record",
        body=b"",
        update=cdr.update,
        parkable=False,
    )
