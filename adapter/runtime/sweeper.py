"""The one clock hand: what is due becomes an event, so that nobody waits for ever.

A restart, a lost effect or a lost webhook can only delay: the deadline is in the store.
Law of this file: one agent's trouble delays no other agent, and a provider's no other account.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

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
"""After a turn that failed: those that always fail must not take the place of others, nor fill the
log."""

GRACE_MS = 1_000
"""So long the replica that has the agent's pages goes first: what a deadline asks for (a read-back,
a probe) can only be done by them, and replicas that all try at once only race."""

ASKED_AT_ONCE = 20
"""So many questions to an account's call log at a time: others need it too."""

ASK_AGAIN_MS = (5_000, 15_000, 45_000, 120_000, 240_000)
"""After a question that was not answered: a delivery waits ten minutes for its call at most."""

UNANSWERED_KEPT = 1_000
"""Of an account so many are asked again; of further ones no more is asked, as of those that were
answered."""

PATIENCE_SECONDS = 15.0
"""For one agent, or one question: whatever hangs must not stop the clock hand for all others."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The call log was asked in vain, for the first time or so many times again.

    It is asked again at `ask_at`; at `until` the delivery is given up.
    """

    tries: int
    ask_at: int
    until: int


@dataclass(slots=True)
class Account:
    """What is under way at one account's call log, and what it did not answer, by delivery.

    `over` are the questions under way that have ended since the store was last read.
    """

    asked: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    unanswered: dict[str, Unanswered] = field(default_factory=dict)

    def waiting(self, now: int) -> int:
        """How many the store will tell that are asked about, or wait for their next question."""
        self.asked, self.over = self.asked - self.over, set()
        self.unanswered = {k: one for k, one in self.unanswered.items() if one.until > now}
        return len(self.asked) + len(self.unanswered)

    def choose(self, due: list[Parked], now: int) -> list[Parked]:
        """What to do next of all that is due; what was never asked goes first."""
        ready = [one for one in due if self._is_ready(one, now)]
        ready.sort(key=lambda one: one.event_id in self.unanswered)
        return ready[: max(0, ASKED_AT_ONCE - len(self.asked))]

    def _is_ready(self, one: Parked, now: int) -> bool:
        before = self.unanswered.get(one.event_id)
        is_time = one.due <= now or before is None or before.ask_at <= now
        return is_time and one.event_id not in self.asked


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
        """Every agent that is due now, once; how many there were."""
        now = self.clock.now()
        # Not longer than that, should the self.clock have stepped back.
        waiting = {key: at for key, at in self._failed.items() if 0 < at - now <= FAILED_MS}
        self._failed = waiting
        keys = [key for key in await self._due(now) if key not in waiting]
        # All at once, so that the self.store can write them in one transaction.
        await asyncio.gather(*(self._wake(key, now) for key in keys))
        return len(keys)

    async def _due(self, now: int) -> tuple[AgentKey, ...]:
        """Our own at once; others a little later, for theirs may be gone or have none."""
        limit = AT_ONCE + len(self._failed)
        due = await self.store.due(now, limit)
        ours = tuple(key for key in due if self.is_here(key))
        if len(ours) == len(due):
            return ours
        left = await self.store.due(now - GRACE_MS, limit)
        return tuple(dict.fromkeys((*ours, *left)))

    async def _wake(self, key: AgentKey, now: int) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await outcome_of(partial(self.agents.change, {key: [TimePassed(now)]}))
        except Conflict:
            log.debug("sweep.raced", agent=str(key))  # somebody else was faster: next time
        except StorageError as error:
            self._failed[key] = now + FAILED_MS
            log.error("sweep.agent_failed", agent=str(key), reason=str(error))
        except Exception as error:
            self._failed[key] = now + FAILED_MS
            log.error("sweep.agent_failed", agent=str(key), exc_info=error)

    async def unpark(self) -> int:
        """Begin with what is due, so many of each account at a time; how many."""
        now, due, begun = self.clock.now(), defaultdict[str, list[Parked]](list), 0
        # Those that wait for their next question must not keep others from their first.
        waiting = max((one.waiting(now) for one in self._accounts.values()), default=0)
        for parked in await self.store.due_parked(now, ASKED_AT_ONCE + waiting):
            due[parked.account].append(parked)
        for name, those in due.items():
            account = self._accounts[name]
            chosen = account.choose(those, now)
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
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._unpark(parked, now)
        except (ProviderError, TimeoutError) as error:
            reason = error.text if isinstance(error, ProviderError) else "no answer"
            log.warning("cdr.unavailable", **_about(parked), reason=reason)
            await self._ask_again(parked, now)
        except Exception as error:
            log.error("sweep.parked_failed", **_about(parked), exc_info=error)
            await self._ask_again(parked, now)

    async def _unpark(self, parked: Parked, now: int) -> None:
        """Ask the call log whose call it is; given up when it has waited too long.

        It counts as asked when the answer is safe: a question that failed, or that died with its
        process, is asked again.
        """
        if parked.due <= now:
            log.warning("delivery.dropped", **_about(parked))
            await self.store.drop_parked(parked)
            return
        tenant = self.tenants.of_account(parked.account)
        cdr = tenant and await tenant.telephony.driver.fetch_cdr(parked.provider_call_id)
        if cdr and cdr.update.user_id is not None:
            await self.intake.take(_found(parked, cdr))
        await self.store.mark_asked(parked)
        self._accounts[parked.account].unanswered.pop(parked.event_id, None)

    async def _ask_again(self, parked: Parked, now: int) -> None:
        """Later, and ever later."""
        unanswered = self._accounts[parked.account].unanswered
        before = unanswered.get(parked.event_id)
        if before is None and len(unanswered) >= UNANSWERED_KEPT:
            await self.store.mark_asked(parked)
            return
        tries = before.tries + 1 if before else 0
        wait = ASK_AGAIN_MS[min(tries, len(ASK_AGAIN_MS) - 1)]
        unanswered[parked.event_id] = Unanswered(tries, now + wait, parked.due)


def _about(parked: Parked) -> dict[str, str]:
    """What lines are joined by; no agent has the call yet."""
    return {"delivery": parked.event_id, "provider_call": parked.provider_call_id}


def _found(parked: Parked, cdr: Cdr) -> IncomingDelivery:
    """What the CDR tells, under an id of its own: it binds the call, and replays the parked.

    It must not be parked in turn, or a stranger's call would be asked about for ever.
    """
    return IncomingDelivery(
        account=parked.account,
        event_id=f"record-{parked.event_id}",
        type="call.record",
        body=b"",
        update=cdr.update,
        parkable=False,
    )
