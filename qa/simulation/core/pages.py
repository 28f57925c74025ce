"""Does on the heap what the bridge does for a process's pages: greeting, frames, proofs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapter.core.events import PageGreeted
from adapter.core.logs.events import LogAccepted, PageLost, PageProved, RecordsFound
from adapter.core.logs.model import Attempting, CallLog, Unknown, Verifying
from adapter.core.model import AgentKey, TelephonyUser
from adapter.opencti.surface import OpenCti
from adapter.page import frames
from adapter.page.messages import Dial, Result, TrayChoice, WrapupIn
from adapter.page.parts import JournalEntry
from adapter.runtime.turn import ForLog, Turn
from qa.simulation.core.wire import Wire
from qa.simulation.provider import ACCOUNT
from qa.simulation.tab import Gone, Hear, Message

if TYPE_CHECKING:
    from qa.simulation.core.process import CoreProcess

FRESH_AGAIN_SECONDS = 0.05


class ProcessPages:
    """The sockets that one process serves."""

    def __init__(self, process: CoreProcess) -> None:
        self._process = process
        self._world = process.world
        self._now = process.world.clock.now
        self._save = process.world.policy.save
        self._host = process.host
        self._joining: set[Wire] = set()

    def cut(self) -> None:
        """Cut all sockets, because the process is dead."""
        served = self._process.offers.wires.values()
        wires = [wire for by_page in served for wire in by_page.values()]
        for wire in dict.fromkeys([*wires, *sorted(self._joining, key=lambda w: w.page_id)]):
            if wire.up:
                wire.cut()

    def connect(
        self, key: AgentKey, hello: Message, seconds: float, hear: Hear, gone: Gone
    ) -> Wire:
        """Accept a page's socket."""
        wire = Wire(self._process, key, hello, seconds, hear, gone)
        self._joining.add(wire)
        self._process.later(seconds, self._welcome, wire, hello)
        return wire

    def _welcome(self, wire: Wire, hello: Message) -> None:
        """Apply the directory, the journal and its proofs, in this order; then it may save."""
        if not wire.up:
            return
        self._process.commits.cache.pop(wire.key, None)  # a hello reads the store
        line = TelephonyUser(ACCOUNT, wire.key.user_id)
        greeted = PageGreeted(self._now(), line, wire.key.user_id, "UTC", wire.surface, wire.route)
        entries = [JournalEntry.model_validate(entry) for entry in hello["journal"]]

        def close() -> None:
            wire.close(1001, "gone")

        def journal(_: Turn) -> None:
            self._joining.discard(wire)
            if not wire.up:
                return
            wires = self._process.offers.wires.setdefault(wire.key, {})
            old, wires[wire.page_id] = wires.get(wire.page_id), wire
            if old is not None:
                old.close(4001, "this page has connected again")
            now, read = self._now(), self._host.save_errors
            events = [(e.log_id, frames.journal_event(e, wire.page_id, now, read)) for e in entries]
            steps = [ForLog(log_id, event) for log_id, event in events if event is not None]
            self._process.commits.tell(wire.key, steps, returned, close)

        def returned(_: Turn) -> None:
            wire.journal = frozenset((e.log_id, e.attempt) for e in entries)
            self._returned(wire, close)

        self._process.commits.tell(wire.key, [greeted], journal, close)

    def _returned(self, wire: Wire, close: Callable[[], None]) -> None:
        """Settle goes by the page's journal: a go that is not in it was never carried out."""
        steps: list[ForLog] = []
        for log in self._process.commits.snapshot(wire.key).logs:
            if log.attempt is None or log.attempt.page_id != wire.page_id:
                continue
            go = (log.log_id, log.attempt.number)
            steps.append(self._proof(wire, go))
            wait_ms = log.attempt.at + self._save.fresh_ms - self._now()
            if wait_ms >= 0:
                seconds = wait_ms / 1000 + FRESH_AGAIN_SECONDS
                self._process.later(seconds, self._prove_again, wire, go)

        def ready(_: Turn) -> None:
            if wire.up:
                wire.welcomed()
                self._process.show(wire.key, self._process.commits.snapshot(wire.key))

        self._process.commits.tell(wire.key, steps, ready, close)

    def _proof(self, wire: Wire, go: tuple[str, int]) -> ForLog:
        never_sent = go not in wire.journal and go not in wire.goes
        return ForLog(go[0], PageProved(self._now(), wire.page_id, go[1], never_sent))

    def _prove_again(self, wire: Wire, go: tuple[str, int]) -> None:
        if self._process.offers.wires.get(wire.key, {}).get(wire.page_id) is not wire:
            return
        for log in self._process.commits.snapshot(wire.key).logs:
            if log.attempt is not None and (log.log_id, log.attempt.number) == go:
                self._process.commits.tell(wire.key, [self._proof(wire, go)])

    def lost(self, wire: Wire) -> None:
        """A socket is gone: the outcome of its page's saves is unknown."""
        self._joining.discard(wire)
        wires = self._process.offers.wires.get(wire.key, {})
        if not self._process.alive or wires.get(wire.page_id) is not wire:
            return
        del wires[wire.page_id]
        if not wires:
            del self._process.offers.wires[wire.key]
        self._process.offers.withdraw(wire)
        for log in self._process.commits.snapshot(wire.key).logs:
            if isinstance(log.state, Attempting) and _had_go(log, wire):
                event = PageLost(self._now(), wire.page_id)
                self._process.later(
                    0.0, self._process.commits.tell, wire.key, [ForLog(log.log_id, event)]
                )

    def hears(self, wire: Wire, message: Message) -> None:
        """Handle one frame, with the Open CTI package's own conversions."""
        now, key = self._now(), wire.key
        match message["type"]:
            case "dial":
                wire.active_at = now
                call_id = self._world.clock.fresh_id("call")
                click = frames.dial_event(Dial.model_validate(message), now, call_id)
                self._process.commits.tell(key, [click])
            case "wrapup":
                wire.active_at = now
                event = frames.agent_event(WrapupIn.model_validate(message), now)
                if event is not None:
                    self._process.commits.tell(key, [event])
            case "accept":
                self._accept(wire, message["log_id"])
            case "result":
                result = Result.model_validate(message)
                step = ForLog(
                    result.log_id,
                    frames.result_event(result, wire.page_id, now, self._host.save_errors),
                )
                self._process.commits.tell(key, [step], failed=lambda: wire.close(1013, "again"))
            case "tray":
                choice = TrayChoice.model_validate(message)
                self._process.tell_log(key, choice.log_id, frames.tray_event(choice, now))
            case "probe":
                self._proved(wire, message["nonce"])
            case "answer":
                records = OpenCti().found_records(message["value"])
                if records is not None:
                    self._process.tell_log(key, message["ask_id"], RecordsFound(now, records))
            case _:
                raise AssertionError(message)

    def _accept(self, wire: Wire, log_id: str) -> None:
        def answer(turn: Turn) -> None:
            if turn.ignored:
                wire.send({"type": "taken", "log_id": log_id})

        event = LogAccepted(self._now(), wire.page_id, self._world.clock.nonce(), wire.route)
        self._process.commits.tell(wire.key, [ForLog(log_id, event)], answer)

    def _proved(self, wire: Wire, nonce: str) -> None:
        """As in `Proofs.answered`, an old probe proves nothing about a later go."""
        sent_at, goes_before = wire.probes.pop(nonce, (-1, frozenset()))
        for log in self._process.commits.snapshot(wire.key).logs:
            if not isinstance(log.state, Unknown | Verifying) or log.attempt is None:
                continue
            go = (log.log_id, log.attempt.number)
            is_behind = go in wire.goes - goes_before
            if _had_go(log, wire) and log.attempt.at <= sent_at and not is_behind:
                self._process.commits.tell(wire.key, [self._proof(wire, go)])


def _had_go(log: CallLog, wire: Wire) -> bool:
    return log.attempt is not None and log.attempt.page_id == wire.page_id
