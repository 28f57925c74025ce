"""One process of the adapter without asyncio: the real turn between fake edges.

Real: `take_turn` (hence `decide` and `decide_log`), the routing of news, the rows of calls, the
Open CTI room's conversions. Told again here, leanly: what the runtime does around them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from adapter.core.effects import AskCall, FindCall, OpenRecord, PlaceCall, PopScreen
from adapter.core.events import (
    CallPlaced,
    CdrMissing,
    CdrUnavailable,
    Event,
    PageGreeted,
    PlacingRejected,
    PlacingUnknown,
    PopClaimed,
    TimePassed,
)
from adapter.core.logevents import (
    GrantSave,
    LogAccepted,
    LogEffect,
    LogEvent,
    LogExpired,
    PageLost,
    PageProved,
    ProbePage,
    ReadBack,
    RecordsFound,
    SendSettled,
    WriteRecord,
)
from adapter.core.logmodel import Attempt, Attempting, CallLog, Unknown, Verifying
from adapter.core.model import AgentKey, RingingInbound, TelephonyUser
from adapter.core.route import Route
from adapter.lwc.surface import HostCalls
from adapter.opencti import surface
from adapter.page import frames
from adapter.page.messages import Dial, JournalEntry, Result, TrayChoice, WrapupIn
from adapter.runtime.intake import PARKED_MS
from adapter.runtime.perform import LOG_ROWS, LOOK_BACK_MS, _fits
from adapter.runtime.sweeper import ASK_AGAIN_MS, AT_ONCE, GRACE_MS
from adapter.runtime.turn import ForLog, Turn
from adapter.salesforce.pagecalls import pop
from adapter.salesforce.tasklog import TaskRules
from adapter.storage.port import Commit, Conflict, Delivery, Duplicate, Parked, Snapshot
from adapter.telephony.dialstack.meaning import cdr_from_row
from adapter.telephony.port import Cdr, Placed, Rejected
from adapter.telephony.updates import IncomingDelivery, as_event, event_for, found_talk
from qa.simulation.core.commits import Commits, Job, Wish, nothing
from qa.simulation.core.heap import HeapLoop
from qa.simulation.core.offers import Offers
from qa.simulation.core.records import Records
from qa.simulation.core.wire import Wire
from qa.simulation.provider import ACCOUNT
from qa.simulation.tab import Gone, Hear, Message

if TYPE_CHECKING:
    from qa.simulation.core.run import CoreWorld

FRESH_AGAIN_SECONDS = 0.05


class CoreProcess:
    """A running process; `die` is SIGKILL."""

    def __init__(self, world: CoreWorld, loop: HeapLoop, *, shared: bool) -> None:
        self.alive = True
        self.loop = loop
        self._world = world
        self._dice = world.dice
        self._disk = world.disk
        self._now = world.clock.now
        self._rules = TaskRules(disposition=world.policy.disposition)
        self._host = HostCalls(self._rules)
        self._save = world.policy.save
        self._joining: set[Wire] = set()
        self._asks_at: dict[str, int] = {}
        self.commits = Commits(
            loop=loop,
            dice=world.dice,
            disk=world.disk,
            policy=world.policy,
            shared=shared,
            committed=self._committed,
            perform=self._perform,
            die=self.die,
        )
        self.offers = Offers(loop, self._now, self.commits.snapshot, self._save)
        self.records = Records(self, world.voice_calls, self._now)

    def later(self, seconds: float, act: Callable[..., None], *args: Any) -> None:
        """Unless the process is dead by then."""
        self.loop.call_later(seconds, self._if_alive, act, args)

    def _if_alive(self, act: Callable[..., None], args: tuple[Any, ...]) -> None:
        if self.alive:
            act(*args)

    def die(self) -> None:
        """Gone, at once: nothing is finished, nobody is told."""
        if not self.alive:
            return
        self.alive = False
        self.commits.dead = self.offers.dead = True
        wires = [wire for wires in self.offers.wires.values() for wire in wires.values()]
        for wire in dict.fromkeys([*wires, *sorted(self._joining, key=lambda w: w.page_id)]):
            if wire.up:
                wire.cut()
        self._world.died(self)

    # --- versions --------------------------------------------------------------------------------

    def _committed(self, key: AgentKey, snapshot: Snapshot) -> None:
        self._world.hint_others(self, key, snapshot.version)
        self.records.claim(key, snapshot)
        self._show(key, snapshot)

    def hinted(self, key: AgentKey, version: int) -> None:
        """Another process has committed this version."""
        if not self.alive:
            return
        known = self.commits.cache.get(key)
        if known is not None and known.version < version:
            del self.commits.cache[key]
        if key in self.offers.wires:
            self._show(key, self.commits.snapshot(key))

    def _show(self, key: AgentKey, snapshot: Snapshot) -> None:
        if key not in self.offers.wires:
            return
        if snapshot.logs:
            self.offers.show(key, snapshot)
        if snapshot.agent.route is Route.BACKEND:
            return
        for call in snapshot.agent.calls:
            if isinstance(call.stage, RingingInbound) and not call.stage.popped:
                best = self.offers.of(key)[0]
                claim = PopClaimed(self._now(), call.call_id, best.page_id)
                self.later(0.0, self.commits.tell, key, [claim])

    # --- pages -----------------------------------------------------------------------------------

    def connect(
        self, key: AgentKey, hello: Message, seconds: float, hear: Hear, gone: Gone
    ) -> Wire:
        """A page has opened a socket to this process."""
        wire = Wire(self, key, hello, seconds, hear, gone)
        self._joining.add(wire)
        self.later(seconds, self._welcome, wire, hello)
        return wire

    def _welcome(self, wire: Wire, hello: Message) -> None:
        """The directory's word, then the journal, then what it proves; only then may it save."""
        if not wire.up:
            return
        self.commits.cache.pop(wire.key, None)  # a hello reads the store
        line = TelephonyUser(ACCOUNT, wire.key.user_id)
        greeted = PageGreeted(self._now(), line, wire.key.user_id, "UTC", wire.surface, wire.route)
        entries = [JournalEntry.model_validate(entry) for entry in hello["journal"]]

        def close() -> None:
            wire.close(1001, "gone")

        def journal(_: Turn) -> None:
            self._joining.discard(wire)
            if not wire.up:
                return
            wires = self.offers.wires.setdefault(wire.key, {})
            old, wires[wire.page_id] = wires.get(wire.page_id), wire
            if old is not None:
                old.close(4001, "this page has connected again")
            now, read = self._now(), self._host.save_errors
            told = [(e.log_id, frames.journal_event(e, wire.page_id, now, read)) for e in entries]
            steps = [ForLog(log_id, event) for log_id, event in told if event is not None]
            self.commits.tell(wire.key, steps, returned, close)

        def returned(_: Turn) -> None:
            goes = {(e.log_id, e.attempt) for e in entries}
            self._returned(wire, goes, close)

        self.commits.tell(wire.key, [greeted], journal, close)

    def _returned(
        self, wire: Wire, journal: set[tuple[str, int]], close: Callable[[], None]
    ) -> None:
        """What the page still knows of its goes: what it does not know, it never carried out."""
        steps: list[ForLog] = []
        for log in self.commits.snapshot(wire.key).logs:
            if log.attempt is None or log.attempt.page_id != wire.page_id:
                continue
            go = (log.log_id, log.attempt.number)
            steps.append(self._proof(wire, go, journal))
            wait_ms = log.attempt.at + self._save.fresh_ms - self._now()
            if wait_ms >= 0:
                seconds = wait_ms / 1000 + FRESH_AGAIN_SECONDS
                self.later(seconds, self._prove_again, wire, go, journal)

        def ready(_: Turn) -> None:
            if wire.up:
                wire.welcomed()
                self._show(wire.key, self.commits.snapshot(wire.key))

        self.commits.tell(wire.key, steps, ready, close)

    def _proof(self, wire: Wire, go: tuple[str, int], journal: set[tuple[str, int]]) -> ForLog:
        never_sent = go not in journal and go not in wire.goes
        return ForLog(go[0], PageProved(self._now(), wire.page_id, never_sent))

    def _prove_again(self, wire: Wire, go: tuple[str, int], journal: set[tuple[str, int]]) -> None:
        if self.offers.wires.get(wire.key, {}).get(wire.page_id) is not wire:
            return
        for log in self.commits.snapshot(wire.key).logs:
            if log.attempt is not None and (log.log_id, log.attempt.number) == go:
                self.commits.tell(wire.key, [self._proof(wire, go, journal)])

    def lost(self, wire: Wire) -> None:
        """A socket is gone; what its page was about to save has an unknown outcome."""
        self._joining.discard(wire)
        wires = self.offers.wires.get(wire.key, {})
        if not self.alive or wires.get(wire.page_id) is not wire:
            return
        del wires[wire.page_id]
        if not wires:
            del self.offers.wires[wire.key]
        self.offers.withdraw(wire)
        for log in self.commits.snapshot(wire.key).logs:
            if isinstance(log.state, Attempting) and _had_go(log, wire):
                event = PageLost(self._now(), wire.page_id)
                self.later(0.0, self.commits.tell, wire.key, [ForLog(log.log_id, event)])

    def hears(self, wire: Wire, message: Message) -> None:
        """One frame, by the Open CTI room's own conversions."""
        now, key = self._now(), wire.key
        match message["type"]:
            case "dial" | "wrapup" as kind:
                wire.active_at = now
                model = Dial if kind == "dial" else WrapupIn
                told = model.model_validate(message)
                event = frames.agent_event(told, now, self._world.clock.fresh_id("call"))
                if event is not None:
                    self.commits.tell(key, [event])
            case "accept":
                self._accept(wire, message["log_id"])
            case "result":
                result = Result.model_validate(message)
                step = ForLog(
                    result.log_id,
                    frames.result_event(result, wire.page_id, now, self._host.save_errors),
                )
                self.commits.tell(key, [step], failed=lambda: wire.close(1013, "again"))
            case "tray":
                choice = TrayChoice.model_validate(message)
                self._tell_log(key, choice.log_id, frames.tray_event(choice, now))
            case "probe":
                self._proved(wire, message["nonce"])
            case "answer":
                found = surface.found_tasks(message["value"])
                if found is not None:
                    self._tell_log(key, message["ask_id"], RecordsFound(now, found))
            case _:
                raise AssertionError(message)

    def _tell_log(self, key: AgentKey, log_id: str, event: LogEvent) -> None:
        self.commits.tell(key, [ForLog(log_id, event)])

    def _accept(self, wire: Wire, log_id: str) -> None:
        def answer(turn: Turn) -> None:
            if turn.ignored:
                wire.send({"type": "taken", "log_id": log_id})

        event = LogAccepted(self._now(), wire.page_id, self._world.clock.nonce(), wire.route)
        self.commits.tell(wire.key, [ForLog(log_id, event)], answer)

    def _proved(self, wire: Wire, nonce: str) -> None:
        """As `Proofs.answered`: an old probe proves nothing of a go behind it."""
        sent_at, goes_before = wire.probes.pop(nonce, (-1, frozenset()))
        for log in self.commits.snapshot(wire.key).logs:
            if not isinstance(log.state, Unknown | Verifying) or log.attempt is None:
                continue
            is_behind = (log.log_id, log.attempt.number) in wire.goes - goes_before
            if _had_go(log, wire) and log.attempt.at <= sent_at and not is_behind:
                self._tell_log(wire.key, log.log_id, PageProved(self._now(), wire.page_id))

    # --- effects ---------------------------------------------------------------------------------

    def _perform(self, key: AgentKey, turn: Turn) -> None:
        between = self._dice.between
        for effect in turn.effects:
            match effect:
                case PlaceCall():
                    self.later(between(0.01, 0.2), self._place, key, effect)
                case AskCall():
                    self.later(between(0.01, 0.3), self._ask, key, effect)
                case FindCall():
                    self.later(between(0.01, 0.3), self._find, key, effect)
                case PopScreen():
                    self._send(key, effect.page_id, pop(effect))
                case OpenRecord():
                    self.records.open(key, effect)
                case _:
                    raise AssertionError(effect)
        for log_effect in turn.log_effects:
            self._perform_log(key, turn.logs, log_effect)

    def _tell(self, key: AgentKey, event: Event) -> None:
        self.commits.tell(key, [event])

    def _place(self, key: AgentKey, effect: PlaceCall) -> None:
        answer, wait = self._world.provider.order(effect.line.user, effect.dial_string)
        self.later(wait, self._placed, key, effect.call_id, answer)

    def _placed(self, key: AgentKey, call_id: str, answer: Placed | Exception) -> None:
        now = self._now()
        if isinstance(answer, Placed):
            self._tell(key, CallPlaced(now, call_id, answer.provider_call_id))
        elif isinstance(answer, Rejected):
            self._tell(key, PlacingRejected(now, call_id, answer.text))
        else:
            self._tell(key, PlacingUnknown(now, call_id, str(answer)))

    def _ask(self, key: AgentKey, effect: AskCall) -> None:
        if self._world.provider.is_down():
            self._tell(key, CdrUnavailable(self._now(), effect.call_id))
            return
        row = self._world.provider.row(effect.provider_call_id)
        self._told(key, effect.call_id, None if row is None else cdr_from_row(row))

    def _find(self, key: AgentKey, effect: FindCall) -> None:
        provider, since = self._world.provider, effect.since - LOOK_BACK_MS
        if provider.is_down():
            self._tell(key, CdrUnavailable(self._now(), effect.call_id))
            return
        for row in reversed(provider.rows(effect.line.user, since, LOG_ROWS)):
            known = self._disk.owners.get((ACCOUNT, row.provider_call_id))
            cdr = cdr_from_row(row)
            if _fits(cdr, effect, since) and not known:
                self._told(key, effect.call_id, cdr)
                return
        self._told(key, effect.call_id, None)

    def _told(self, key: AgentKey, call_id: str, cdr: Cdr | None) -> None:
        now = self._now()
        if cdr is None:
            self._tell(key, CdrMissing(now, call_id))
            return
        found = found_talk(ACCOUNT, cdr.update) if cdr.update.is_elsewhere(key.user_id) else None
        if found is not None:
            self.take(found, nothing, nothing)
        elsewhere = cdr.update.is_elsewhere(key.user_id)
        told = as_event(cdr.update, at=now, call_id=call_id, known=True, elsewhere=elsewhere)
        self._tell(key, told)

    def _perform_log(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        match effect:
            case GrantSave():
                self._send_go(key, logs[effect.log_id], effect)
            case SendSettled():
                settled = {"type": "settled", "log_id": effect.log_id, "attempt": effect.attempt}
                self._send(key, effect.page_id, settled)
            case ProbePage():
                nonce = self._world.clock.nonce()
                wire = self._send(key, effect.page_id, {"type": "probe", "nonce": nonce})
                if wire is not None:
                    wire.probes[nonce] = self._now(), frozenset(wire.goes)
            case ReadBack():
                self._read_back(key, effect.log_id)
            case WriteRecord():
                self.records.write(key, logs[effect.log_id], effect)
            case _:
                self._dice.fault("doubled-alarm", effect.log_id)

    def _send(self, key: AgentKey, page_id: str, message: Message) -> Wire | None:
        wire = self.offers.wires.get(key, {}).get(page_id)
        if wire is not None:
            wire.send(message)
        return wire

    def _send_go(self, key: AgentKey, log: CallLog, effect: GrantSave) -> None:
        attempt = effect.attempt
        for page_id, other in self.offers.wires.get(key, {}).items():
            if page_id != attempt.page_id:
                other.send({"type": "taken", "log_id": log.log_id})
        wire = self._send(key, attempt.page_id, self._go(log, attempt))
        if wire is not None:
            wire.goes.add((log.log_id, attempt.number))
            return
        unsent = LogExpired(self._now(), attempt.page_id, attempt.number, attempt.nonce)
        self.later(0.0, self._tell_log, key, log.log_id, unsent)

    def _go(self, log: CallLog, attempt: Attempt) -> Message:
        if log.route is Route.KEYED:
            return self._host.save(log, attempt)
        return surface.save(log, attempt, self._rules)

    def _read_back(self, key: AgentKey, log_id: str) -> None:
        """From the server where that is set up, else through the agent's best page."""
        if self._dice.shape.finder:
            self.later(self._dice.between(0.05, 0.5), self._found, key, log_id)
            return
        best = next(iter(self.offers.of(key)), None)
        if best is not None:
            best.send(surface.read_back(log_id, log_id, "SoftphoneTasks"))

    def _found(self, key: AgentKey, log_id: str) -> None:
        tasks = tuple(self._world.salesforce.found(log_id))
        self._tell_log(key, log_id, RecordsFound(self._now(), tasks))

    # --- webhooks --------------------------------------------------------------------------------

    def take(
        self, heard: IncomingDelivery, taken: Callable[[], None], failed: Callable[[], None]
    ) -> None:
        """Route, decide, commit; durable when `taken` is called."""
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
        """One after the other, the delivery with the last: what is told again then is no news.

        The runtime has one commit for all of them, which its own engine plays.
        """
        key, *others = keys

        def plan(snapshot: Snapshot) -> Wish:
            wish = self._plan(heard, snapshot)
            return replace(wish, delivery=None, unpark=()) if others else wish

        def then(_: Turn) -> None:
            if others:
                self._tell_each(heard, others, taken, failed)
            else:
                taken()

        self.commits.add(Job(key, plan, then, failed))

    def _plan(self, heard: IncomingDelivery, snapshot: Snapshot) -> Wish:
        news, now = heard.update, self._now()
        assert news is not None
        call, key = (ACCOUNT, news.provider_call_id), snapshot.agent.key
        owners = self._disk.owners.get(call, {})
        owner, shared = owners.get(key), key in owners and len(owners) > 1
        parked = tuple(self._disk.parked.get(call, ()))
        user = snapshot.agent.line.user if snapshot.agent.line else None
        call_id = owner.call_id if owner else self._world.clock.fresh_id("call")
        waiting = [(p.at, self._world.read(p.account, p.body, p.at)) for p in parked]
        told = [(at, one) for at, one in [*waiting, (now, news)] if one is not None]
        known = owner is not None
        sent_at = None if heard.signed_at is None else round(heard.signed_at * 1000)
        hears = partial(event_for, call_id=call_id, known=known, shared=shared)
        events = [
            hears(one, user, at=at, sent_at=sent_at if one is news else None) for at, one in told
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
            self._dice.fault("parked-twice", heard.event_id)
        taken()

    # --- deadlines -------------------------------------------------------------------------------

    def sweep(self) -> None:
        """What is due: our own agents at once, others a little later; then what is parked."""
        now = self._now()
        for key in self._disk.due(now, AT_ONCE):
            due = self._disk.agent_due(key)
            if key in self.offers.wires or (due is not None and due <= now - GRACE_MS):
                self.commits.tell(key, [TimePassed(now)])
        for parked in self._disk.due_parked(now, AT_ONCE) if self._disk.parked else ():
            if parked.due <= now:
                self._disk.drop(parked)
            elif self._asks_at.get(parked.event_id, 0) <= now:
                self._asks_at[parked.event_id] = now + ASK_AGAIN_MS[0]
                self.later(self._dice.between(0.01, 0.3), self._look_for, parked)

    def _look_for(self, parked: Parked) -> None:
        provider = self._world.provider
        if provider.is_down():
            return  # it is asked again

        def answered() -> None:
            self._disk.mark_asked(parked)

        record = provider.row(parked.provider_call_id)
        if record is None or record.user_id is None:
            answered()
            return
        news, event_id = cdr_from_row(record).update, f"record-{parked.event_id}"
        heard = IncomingDelivery(ACCOUNT, event_id, "call.record", b"", news, parkable=False)
        self.take(heard, answered, nothing)


def _had_go(log: CallLog, wire: Wire) -> bool:
    return log.attempt is not None and log.attempt.page_id == wire.page_id
