"""One process of the adapter without asyncio: the real turn between fake edges.

Real parts: `take_turn` (and so `decide` and `decide_log`), the routing of updates, the call rows,
the Open CTI package's conversions. What the runtime does around them is written again here, in
short.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from adapter.core.effects import FetchCdr, FindCdr, OpenRecord, PlaceCall, PopScreen
from adapter.core.events import (
    CallPlaced,
    CdrMissing,
    CdrUnavailable,
    Event,
    PlacingRejected,
    PlacingUnknown,
    PopClaimed,
    TimePassed,
)
from adapter.core.logs.events import (
    GrantSave,
    LogEffect,
    LogEvent,
    LogExpired,
    ProbePage,
    ReadBack,
    RecordsFound,
    SendSettled,
    WriteRecord,
)
from adapter.core.logs.model import Attempt, CallLog
from adapter.core.model import AgentKey, RingingInbound
from adapter.core.route import Route
from adapter.lwc.surface import HostCalls
from adapter.opencti.surface import OpenCti
from adapter.runtime.cdrlookup import LOG_ROWS, LOOK_BACK_MS, fits
from adapter.runtime.sweeper import AT_ONCE, GRACE_MS
from adapter.runtime.turn import ForLog, Turn
from adapter.salesforce.pagecalls import TaskCalls
from adapter.salesforce.tasklog import TaskRules
from adapter.storage.port import Snapshot
from adapter.telephony.dialstack.meaning import cdr_from_row
from adapter.telephony.port import Cdr, Placed, Rejected
from adapter.telephony.updates import as_event, found_talk
from qa.simulation.core.commits import Commits, nothing
from qa.simulation.core.deliveries import Deliveries
from qa.simulation.core.heap import HeapLoop
from qa.simulation.core.offers import Offers
from qa.simulation.core.pages import ProcessPages
from qa.simulation.core.records import Records
from qa.simulation.core.wire import Wire
from qa.simulation.provider import ACCOUNT
from qa.simulation.tab import Gone, Hear, Message

if TYPE_CHECKING:
    from qa.simulation.core.run import CoreWorld


class CoreProcess:
    """A running process; `die` is its SIGKILL."""

    def __init__(self, world: CoreWorld, loop: HeapLoop, *, shared: bool) -> None:
        self.alive = True
        self.loop = loop
        self.world = world
        self._dice = world.dice
        self._disk = world.disk
        self._now = world.clock.now
        self._rules = TaskRules(disposition=world.policy.disposition)
        self.host = HostCalls(self._rules)
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
        self.offers = Offers(loop, self._now, self.commits.snapshot, world.policy.save)
        self.records = Records(self, world.voice_calls, self._now)
        self.pages = ProcessPages(self)
        self.deliveries = Deliveries(self)

    def connect(
        self, key: AgentKey, hello: Message, seconds: float, hear: Hear, gone: Gone
    ) -> Wire:
        """A page has opened a socket to this process."""
        return self.pages.connect(key, hello, seconds, hear, gone)

    def later(self, seconds: float, act: Callable[..., None], *args: Any) -> None:
        """Call it later unless the process is dead by then."""
        self.loop.call_later(seconds, self._if_alive, act, args)

    def _if_alive(self, act: Callable[..., None], args: tuple[Any, ...]) -> None:
        if self.alive:
            act(*args)

    def die(self) -> None:
        """Die at once: nothing is finished, nobody is notified."""
        if not self.alive:
            return
        self.alive = False
        self.commits.dead = self.offers.dead = True
        self.pages.cut()
        self.world.died(self)

    # --- versions --------------------------------------------------------------------------------

    def _committed(self, key: AgentKey, snapshot: Snapshot) -> None:
        self.world.hint_others(self, key, snapshot)
        self.records.claim(key, snapshot)
        self.show(key, snapshot)

    def hinted(self, key: AgentKey, version: int, value: Snapshot | None) -> None:
        """Another process has committed this version."""
        if not self.alive:
            return
        known = self.commits.cache.get(key)
        if known is not None and known.version < version:
            if value is None:
                del self.commits.cache[key]
            else:
                self.commits.cache[key] = value
        if key in self.offers.wires:
            self.show(key, self.commits.snapshot(key))

    def show(self, key: AgentKey, snapshot: Snapshot) -> None:
        """Offer the logs to save, and claim the pops."""
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

    # --- effects ---------------------------------------------------------------------------------

    def _perform(self, key: AgentKey, turn: Turn) -> None:
        between = self._dice.between
        for effect in turn.effects:
            match effect:
                case PlaceCall():
                    self.later(between(0.01, 0.2), self._place, key, effect)
                case FetchCdr():
                    self.later(between(0.01, 0.3), self._ask, key, effect)
                case FindCdr():
                    self.later(between(0.01, 0.3), self._find, key, effect)
                case PopScreen():
                    self._send(key, effect.page_id, TaskCalls().pop(effect))
                case OpenRecord():
                    self.records.open(key, effect)
                case _:
                    raise AssertionError(effect)
        for log_effect in turn.log_effects:
            self._perform_log(key, turn.logs, log_effect)

    def _tell(self, key: AgentKey, event: Event) -> None:
        self.commits.tell(key, [event])

    def tell_log(self, key: AgentKey, log_id: str, event: LogEvent) -> None:
        """Handle an event of one of the agent's logs."""
        self.commits.tell(key, [ForLog(log_id, event)])

    def _place(self, key: AgentKey, effect: PlaceCall) -> None:
        answer, wait = self.world.provider.order(effect.line.user, effect.dial_string)
        self.later(wait, self._placed, key, effect.call_id, answer)

    def _placed(self, key: AgentKey, call_id: str, answer: Placed | Exception) -> None:
        now = self._now()
        if isinstance(answer, Placed):
            self._tell(key, CallPlaced(now, call_id, answer.provider_call_id))
        elif isinstance(answer, Rejected):
            self._tell(key, PlacingRejected(now, call_id, answer.text))
        else:
            self._tell(key, PlacingUnknown(now, call_id, str(answer)))

    def _ask(self, key: AgentKey, effect: FetchCdr) -> None:
        if self.world.provider.is_down():
            self._tell(key, CdrUnavailable(self._now(), effect.call_id))
            return
        row = self.world.provider.row(effect.provider_call_id)
        self._told(key, effect.call_id, None if row is None else cdr_from_row(row))

    def _find(self, key: AgentKey, effect: FindCdr) -> None:
        provider, since = self.world.provider, effect.since - LOOK_BACK_MS
        if provider.is_down():
            self._tell(key, CdrUnavailable(self._now(), effect.call_id))
            return
        for row in reversed(provider.rows(effect.line.user, since, LOG_ROWS)):
            known = self._disk.owners.get((ACCOUNT, row.provider_call_id))
            cdr = cdr_from_row(row)
            if fits(cdr, effect, since) and not known:
                self._told(key, effect.call_id, cdr)
                return
        self._told(key, effect.call_id, None)

    def _told(self, key: AgentKey, call_id: str, cdr: Cdr | None) -> None:
        now = self._now()
        if cdr is None:
            self._tell(key, CdrMissing(now, call_id))
            return
        talk = found_talk(ACCOUNT, cdr.update) if cdr.update.is_elsewhere(key.user_id) else None
        if talk is not None:
            self.deliveries.take(talk, nothing, nothing)
        elsewhere = cdr.update.is_elsewhere(key.user_id)
        event = as_event(cdr.update, at=now, call_id=call_id, known=True, elsewhere=elsewhere)
        self._tell(key, event)

    def _perform_log(self, key: AgentKey, logs: dict[str, CallLog], effect: LogEffect) -> None:
        match effect:
            case GrantSave():
                self._send_go(key, logs[effect.log_id], effect)
            case SendSettled():
                settled = {"type": "settled", "log_id": effect.log_id, "attempt": effect.attempt}
                self._send(key, effect.page_id, settled)
            case ProbePage():
                nonce = self.world.clock.nonce()
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
        self.later(0.0, self.tell_log, key, log.log_id, unsent)

    def _go(self, log: CallLog, attempt: Attempt) -> Message:
        if log.route is Route.KEYED:
            return self.host.save(log, attempt)
        return OpenCti(self._rules).save(log, attempt)

    def _read_back(self, key: AgentKey, log_id: str) -> None:
        """Ask Salesforce from the server if set up, otherwise through the agent's best page."""
        if self._dice.shape.finder:
            self.later(self._dice.between(0.05, 0.5), self._found, key, log_id)
            return
        best = next(iter(self.offers.of(key)), None)
        if best is not None:
            best.send(OpenCti(apex_class="SoftphoneTasks").read_back(log_id))

    def _found(self, key: AgentKey, log_id: str) -> None:
        tasks = tuple(self.world.salesforce.found(log_id))
        self.tell_log(key, log_id, RecordsFound(self._now(), tasks))

    # --- deadlines -------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Handle due deadlines (our agents' at once, others' a little later), then parked ones."""
        now = self._now()
        for key in self._disk.due(now, AT_ONCE):
            due = self._disk.agent_due(key)
            if key in self.offers.wires or (due is not None and due <= now - GRACE_MS):
                self.commits.tell(key, [TimePassed(now)])
        self.deliveries.unpark(now)
