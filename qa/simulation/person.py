"""An agent at work: clicks, picks up, writes, looks into the tray, and sees what was committed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.core.dialing import may_dial
from adapter.core.logs.model import CallLog, Tray, TrayReason
from adapter.core.model import Agent, AgentKey, Bridged, Wrapup
from adapter.core.policy import Policy
from adapter.storage.port import Snapshot
from qa.checker.history import Word
from qa.simulation.disk import Disk
from qa.simulation.provider import FakeProvider
from qa.simulation.tab import Browser, Surroundings, Tab

NUMBERS = tuple(f"+1415555{n:04d}" for n in range(100, 160))
STRANGERS = tuple(f"+1212555{n:04d}" for n in range(200, 230))
CHOICES = ("Interested", "Call back", "Not now")

Said = dict[str, Any]


def who_of(number: str) -> str:
    """The contact with this number."""
    return f"003{NUMBERS.index(number):012d}"


def _crash(tab: Tab) -> None:
    """Crash a tab unless it is already gone."""
    if tab.page_id:
        tab.crash()


class Person:
    """One agent with one to three tabs, sometimes in two browsers."""

    def __init__(
        self,
        key: AgentKey,
        world: Surroundings,
        disk: Disk,
        provider: FakeProvider,
        policy: Policy,
    ) -> None:
        self.key = key
        self.said: dict[str, Said] = {}
        self.unsaid = 0
        self.left = 0
        self._world = world
        self._dice = world.dice
        self._disk = disk
        self._provider = provider
        self._policy = policy
        self._seen: set[tuple[str, str]] = set()
        self._written: dict[str, Said] = {}
        self._kept: set[str] = set()
        self._notes: dict[str, str] = {}
        self._next = self._dice.random.randrange(len(NUMBERS))
        first = Browser()
        second = Browser() if self._dice.hits(0.2) else first
        browsers = [first, second, first][: self._dice.random.choice((1, 1, 2, 3))]
        self.tabs = [Tab(world, key, browser) for browser in browsers]
        self._loop = world.loop

    @property
    def user(self) -> str:
        """Their user name at the provider: the same."""
        return self.key.user_id

    def tab(self) -> Tab | None:
        """A usable tab, or None."""
        usable = [tab for tab in self.tabs if tab.is_usable]
        return self._dice.random.choice(usable) if usable else None

    # --- dialing --------------------------------------------------------------------------------

    def work(self, calls: int) -> None:
        """Make a number of calls, mostly one after the other."""
        self.left = calls
        self._pause()

    def _pause(self) -> None:
        if self.left > 0:
            idle = may_dial(self._snapshot().agent, self._policy)
            seconds = self._dice.between(1, 12) if idle else self._dice.between(5, 40)
            self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self.left -= self._call()
        self._pause()

    def _call(self) -> int:
        """Do one thing that makes a call, or nothing if this is not the moment."""
        dice, roll = self._dice, self._dice.random.random()
        agent = self._snapshot().agent
        if roll < 0.02:
            self._click(twice=False)  # whatever the page shows, the only result is an answer
            return 0
        if not may_dial(agent, self._policy):
            if roll > 0.985:
                self._provider.inbound(self.user, dice.random.choice(STRANGERS))
                return 1
            return 0
        if roll < 0.1:
            self._provider.inbound(self.user, dice.random.choice(STRANGERS))
            return 1
        if roll < 0.18:
            self._provider.desk_call(self.user, dice.random.choice(STRANGERS))
            return 1
        return self._click(twice=roll < 0.25)

    def _click(self, *, twice: bool) -> int:
        tab = self.tab()
        if tab is None:
            return 0
        if self._world.surface:
            self._troubles(tab)
        self._next = (self._next + 1) % len(NUMBERS)
        number = NUMBERS[self._next]
        dial = (self.user, number)
        self._provider.dials[dial] = self._provider.dials.get(dial, 0) + 1
        record = {"id": who_of(number), "name": "Ann", "object_type": "Contact"}
        request: Said = {
            "type": "dial",
            "request_id": self._world.fresh_id("req"),
            "number": number,
            "clicked_at": 1,
            "record": record,
        }
        tab.say(**request)
        if twice:
            # The same click again, from this tab or another one, must not make a second call.
            self._dice.fault("click-repeated")
            (self.tab() or tab).say(**request)
        return 1

    def _troubles(self, tab: Tab) -> None:
        """Break pages that save nothing as often as others: here around a click."""
        odds, after = self._dice.odds, self._dice.between(0, 60)
        if self._dice.hits(odds.page_crash):
            self._loop.call_later(after, _crash, tab)
        elif self._dice.hits(odds.page_frozen):
            self._loop.call_later(after, tab.freeze)
        elif self._dice.hits(odds.socket_lost):
            self._loop.call_later(after, tab.lose_socket)

    # --- what they see ---------------------------------------------------------------------------

    def _snapshot(self) -> Snapshot:
        """The agent as last committed, or a new one before the first greeting."""
        return self._disk.agents.get(self.key) or Snapshot(Agent(self.key), 0, ())

    def sees(self, snapshot: Snapshot, logs: Iterable[CallLog]) -> None:
        """React to a new version and to the logs committed with it."""
        for log in logs:
            self._sees_words(log.log_id, log.draft.notes)
        for call in snapshot.agent.calls:
            self._sees_words(call.call_id, call.draft.notes)
        for call in snapshot.agent.calls:
            if isinstance(call.stage, Wrapup) and self._is_new(call.call_id, "wrapup"):
                self._wraps_up(call.call_id)
            elif isinstance(call.stage, Bridged) and self._is_new(call.call_id, "bridged"):
                self._may_write(0.1, call.call_id, 0.1, 20, done=False)
        for log in snapshot.logs:
            if isinstance(log.state, Tray) and self._is_new(log.log_id, f"tray {log.state.since}"):
                self._sees_tray(log, log.state)

    def _sees_words(self, call_id: str, notes: str | None) -> None:
        """Record that their words were stored (the notes show it), in the order of storage."""
        if notes is not None and self._notes.get(call_id) != notes:
            self._notes[call_id] = notes
            self._kept.add(notes)
            self.said.setdefault(call_id, {}).update(self._written[notes])

    def _is_new(self, call_id: str, kind: str) -> bool:
        if (call_id, kind) in self._seen:
            return False
        self._seen.add((call_id, kind))
        return True

    def _wraps_up(self, call_id: str) -> None:
        self._may_write(0.3, call_id, 0.1, 30, done=False)
        self._may_write(0.5, call_id, 1, 40, done=True)
        self._may_write(0.03, call_id, 100, 600, done=True)
        if self._dice.breaks(self._dice.odds.wavering, "wavering", call_id):
            self._wavers(call_id)

    # --- writing ---------------------------------------------------------------------------------

    def _may_write(self, odds: float, call_id: str, low: float, high: float, *, done: bool) -> None:
        if self._dice.hits(odds):
            words = self._words()
            self.unsaid += 1
            after = self._dice.between(low, high)
            self._loop.call_later(after, self._write, call_id, words, done)

    def _wavers(self, call_id: str) -> None:
        """Change the disposition and the notes, and change them back."""
        first = {"notes": self._world.fresh_id("note"), "disposition": CHOICES[0]}
        other = {"notes": self._world.fresh_id("note"), "disposition": CHOICES[1]}
        for after, words in ((45, first), (70, other), (self._dice.between(80, 500), first)):
            self._written[words["notes"]] = words
            self.unsaid += 1
            self._loop.call_later(after, self._write, call_id, words, True)

    def _words(self) -> Said:
        """What they enter: only the fields that are checked in the end, and notes."""
        dice = self._dice
        notes = self._world.fresh_id("note")
        words: Said = {"notes": notes}
        self._written[notes] = words
        if dice.hits(0.3):
            words["disposition"] = dice.random.choice(CHOICES)
        if dice.hits(0.1):
            words["who"] = {"id": f"003{dice.random.randrange(10**6):012d}", "name": "Bo"}
        return words

    def _write(self, call_id: str, words: Said, done: bool) -> None:
        """Send words through a tab, and again if the server did not store them."""
        tab = self.tab()
        if tab is None or tab.link is None:
            self._loop.call_later(2.0, self._write, call_id, words, done)
            return
        request = self._world.fresh_id("write")
        tab.say(type="wrapup", call_id=call_id, done=done, request_id=request, **words)
        self._loop.call_later(5.0, self._look, call_id, words, done)
        if done:
            self._word(tab, call_id, "mended")

    def _look(self, call_id: str, words: Said, done: bool) -> None:
        """Check that the page shows the words; a call without a log keeps none."""
        log = self._disk.logs.get((self.key, call_id))
        is_gone = log is None and self._snapshot().agent.call(call_id) is None
        if words["notes"] in self._kept or is_gone:
            self.unsaid -= 1
            return
        self._dice.fault("words-repeated", call_id)
        self._write(call_id, words, done)

    # --- the tray --------------------------------------------------------------------------------

    def _sees_tray(self, log: CallLog, tray: Tray) -> None:
        """Deal with half of the items, after a look into Salesforce that is late enough."""
        if self._dice.hits(0.5):
            after = self._dice.between(400, 900)
            self._loop.call_later(after, self._deals_with, log.log_id, tray)

    def _deals_with(self, log_id: str, tray: Tray) -> None:
        now = self._disk.logs[self.key, log_id]
        tab = self.tab()
        if tab is None or now.state != tray:
            return
        there = self._world.salesforce.tasks_of(log_id)
        action, task_id = "save_again", ""
        if self._dice.hits(0.1):
            action = "dismiss"
        elif there and tray.reason is TrayReason.NOT_CONFIRMED:
            action, task_id = "already_there", there[0]
        tab.say(type="tray", log_id=log_id, action=action, task_id=task_id)
        self._word(tab, log_id, action)

    def _word(self, tab: Tab, log_id: str, outcome: str) -> None:
        word = Word(self._world.now(), "tray", tab.page_id, log_id, outcome=outcome)
        self._world.salesforce.words.append(word)
