"""How one process handles webhooks and CDRs on the heap, as the intake does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from adapter.core.model import AgentKey, TelephonyUser
from adapter.runtime.intake import PARKED_MS
from adapter.runtime.sweeper import ASK_AGAIN_MS, AT_ONCE
from adapter.runtime.turn import Turn
from adapter.storage.port import Commit, Conflict, Delivery, Duplicate, Parked, Snapshot
from adapter.telephony.dialstack.meaning import cdr_from_row
from adapter.telephony.updates import IncomingDelivery, event_for
from qa.simulation.core.commits import Job, Wish, nothing
from qa.simulation.provider import ACCOUNT

if TYPE_CHECKING:
    from qa.simulation.core.process import CoreProcess


class Deliveries:
    """The deliveries posted to one process, and those that it parked."""

    def __init__(self, process: CoreProcess) -> None:
        self._process = process
        self._world = process.world
        self._disk = process.world.disk
        self._now = process.world.clock.now
        self._asks_at: dict[str, int] = {}

    def take(
        self, heard: IncomingDelivery, taken: Callable[[], None], failed: Callable[[], None]
    ) -> None:
        """Route, decide and commit a delivery; it is durable when `taken` is called."""
        assert heard.update is not None
        call = (ACCOUNT, heard.update.provider_call_id)
        keys = set(self._disk.owners.get(call, ()))
        if heard.update.user_id is not None:
            keys |= self._disk.lines.get(TelephonyUser(ACCOUNT, heard.update.user_id), set())
        if not keys:
            self._park(heard, taken, failed)
            return
        if (ACCOUNT, heard.event_id) in self._disk.deliveries:
            taken()
            return
        self._tell_each(heard, sorted(keys), taken, failed)

    def _tell_each(
        self,
        heard: IncomingDelivery,
        keys: list[AgentKey],
        taken: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        """Update one agent after the other, the last one together with the delivery.

        The runtime has one commit for all of them, which the runtime engine plays.
        """
        key, *other_keys = keys

        def plan(snapshot: Snapshot) -> Wish:
            wish = self._plan(heard, snapshot)
            return replace(wish, delivery=None, unpark=()) if other_keys else wish

        def then(_: Turn) -> None:
            if other_keys:
                self._tell_each(heard, other_keys, taken, failed)
            else:
                taken()

        self._process.commits.add(Job(key, plan, then, failed))

    def _plan(self, heard: IncomingDelivery, snapshot: Snapshot) -> Wish:
        news, now = heard.update, self._now()
        assert news is not None
        call, key = (ACCOUNT, news.provider_call_id), snapshot.agent.key
        owners = self._disk.owners.get(call, {})
        known = key in owners
        shared = known and len(owners) > 1
        parked = tuple(self._disk.parked.get(call, ()))
        user = snapshot.agent.line.user if snapshot.agent.line else None
        call_id = owners[key] if known else self._world.clock.fresh_id("call")
        waiting = [(p.at, self._world.read(p.account, p.body, p.at)) for p in parked]
        dated = [(at, update) for at, update in [*waiting, (now, news)] if update is not None]
        sent_at = None if heard.signed_at is None else round(heard.signed_at * 1000)
        hears = partial(event_for, call_id=call_id, known=known, shared=shared)
        events = [
            hears(update, user, at=at, sent_at=sent_at if update is news else None)
            for at, update in dated
        ]
        steps = [event for event in events if event is not None]
        return Wish(steps, delivery=self._delivery(heard, "applied"), unpark=parked)

    def _delivery(self, heard: IncomingDelivery, fate: str) -> Delivery:
        return Delivery(ACCOUNT, heard.event_id, heard.type, heard.body, self._now(), fate)

    def _park(
        self, heard: IncomingDelivery, taken: Callable[[], None], failed: Callable[[], None]
    ) -> None:
        if not heard.parkable or heard.update is None:
            taken()
            return
        now, call = self._now(), heard.update.provider_call_id
        parked = Parked(ACCOUNT, call, heard.event_id, heard.body, now, now + PARKED_MS)
        try:
            self._disk.apply(Commit(delivery=self._delivery(heard, "parked"), park=(parked,)))
        except Conflict:
            failed()
            return
        except Duplicate:
            self._world.dice.fault("parked-twice", heard.event_id)
        taken()

    def unpark(self, now: int) -> None:
        """Look up parked deliveries that nobody has claimed, or drop them."""
        for parked in self._disk.due_parked(now, AT_ONCE) if self._disk.parked else ():
            if parked.due <= now:
                self._disk.drop(parked)
            elif self._asks_at.get(parked.event_id, 0) <= now:
                self._asks_at[parked.event_id] = now + ASK_AGAIN_MS[0]
                self._process.later(self._world.dice.between(0.01, 0.3), self._look_for, parked)

    def _look_for(self, parked: Parked) -> None:
        provider = self._world.provider
        if provider.is_down():
            return  # it is looked up again

        def answered() -> None:
            self._disk.mark_asked(parked)

        record = provider.row(parked.provider_call_id)
        if record is None or record.user_id is None:
            answered()
            return
        news, event_id = cdr_from_row(record).update, f"record-{parked.event_id}"
        heard = IncomingDelivery(ACCOUNT, event_id, "call.record", b"", news, parkable=False)
        self.take(heard, answered, nothing)
