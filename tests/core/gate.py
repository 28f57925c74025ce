"""A fake Salesforce and fake pages around one call log, driven by a seeded random source.

Pages behave as the page does: they journal before they save, and
refuse a go that is more than 5 s older than their own accept. Salesforce commits late, refuses,
loses callbacks; tabs crash; the server restarts with nothing but the stored log.
"""

from dataclasses import dataclass, field
from random import Random

from adapter.core.facts import Facts, Known, Source
from adapter.core.logs.decision import LogDecision
from adapter.core.logs.events import (
    FactsLearned,
    GrantSave,
    LogAccepted,
    LogEvent,
    LogExpired,
    LogRefused,
    LogSaved,
    LogTimePassed,
    PageLost,
    PageProved,
    ProbePage,
    ReadBack,
    RecordPicked,
    RecordsFound,
    SendSettled,
    TrayDecided,
)
from adapter.core.logs.gate import decide_log, may_be_offered, newly_opened
from adapter.core.logs.model import Attempt, CallLog, LogFields, SaveError, Tray, TrayReason
from adapter.core.policy import SavePolicy
from tests.core.people import KEY, NUMBER, RECORD, T0

SLOWEST_COMMIT_MS = 250_000
"""Salesforce cuts its own transactions off long before the last read-back (330 s)."""


def new_log(at: int = T0, policy: SavePolicy | None = None) -> CallLog:
    """A log of a call that has just ended."""
    over = Facts(ended=Known(at, Source.EVENT))
    state = newly_opened(at, 0, policy or SavePolicy())
    return CallLog("c1", KEY, at, NUMBER, over, None, "UTC", state)


@dataclass
class FakePage:
    """One load of the softphone's page; `inbox` are goes on their way to it."""

    page_id: str
    alive: bool = True
    inbox: list[tuple[int, Attempt]] = field(default_factory=list)
    journal: dict[int, str] = field(default_factory=dict)
    """Attempt number to task id; empty while the outcome is open."""


@dataclass
class Gate:
    """One log, its pages, Salesforce; `tasks` maps a Task's id to what it says and since when."""

    rng: Random
    policy: SavePolicy
    at: int = T0
    log: CallLog = field(default_factory=new_log)
    pages: list[FakePage] = field(default_factory=list)
    tasks: dict[str, tuple[int, LogFields]] = field(default_factory=dict)
    callbacks: list[tuple[int, FakePage, LogEvent]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    faults: bool = True
    premature: list[str] = field(default_factory=list)

    def handle(self, event: LogEvent) -> LogDecision:
        """Decide, keep, perform."""
        decision = decide_log(self.log, event, self.policy)
        self.log = decision.log
        for effect in decision.effects:
            match effect:
                case GrantSave(_, attempt):
                    self._go(attempt)
                case ReadBack():
                    if not self.chance(0.2):
                        self.answers.append(self.at + self.rng.randrange(12_000))
                case ProbePage(page_id):
                    page, asked = self.page(page_id), self.log.attempt
                    if page is not None and asked is not None and not self.chance(0.4):
                        self.handle(PageProved(self.at, page_id, asked.number))
                case SendSettled():
                    pass
                case _:
                    self.premature.append(f"alarm {effect}")
        return decision

    def chance(self, probability: float) -> bool:
        """Whether this fault happens now."""
        return self.faults and self.rng.random() < probability

    def page(self, page_id: str) -> FakePage | None:
        """The page of that id, if it lives."""
        return next((p for p in self.pages if p.page_id == page_id and p.alive), None)

    def _go(self, attempt: Attempt) -> None:
        """The law: no create while another create may have been, or may still be, fired."""
        fireable = [p for p in self.pages if p.alive and any(not a.record_id for _, a in p.inbox)]
        if not attempt.record_id and (self.tasks or self._can_fire(fireable)):
            self.premature.append(f"go {attempt.number} with {list(self.tasks)}")
        page = self.page(attempt.page_id)
        if page is None:
            return
        page.inbox.append((self.at + self.rng.choice([0, 10, 3_000, 8_000]), attempt))

    def _can_fire(self, pages: list[FakePage]) -> bool:
        return any(self.at - a.at <= 5_000 for p in pages for _, a in p.inbox)

    def _receive(self, page: FakePage, attempt: Attempt) -> None:
        """The page has the go: refuse what is old, else journal, then save."""
        if self.at - attempt.at > 5_000:
            late = LogExpired(self.at, page.page_id, attempt.number, attempt.nonce)
            self.callbacks.append((self.at, page, late))
            return
        page.journal[attempt.number] = ""
        if self.chance(0.1):
            page.alive = False  # crashed between the journal and Salesforce
            return
        if self.chance(0.15):
            errors = (SaveError("UNABLE_TO_LOCK_ROW", "locked", transient=True),)
            told = LogRefused(self.at, page.page_id, attempt.number, attempt.nonce, errors)
            self.callbacks.append((self.at + 500, page, told))
            return
        self._save(page, attempt)

    def _save(self, page: FakePage, attempt: Attempt) -> None:
        slow = self.rng.choice([100, 100, 2_000, 40_000, SLOWEST_COMMIT_MS])
        commit = self.at + (slow if self.faults else 100)
        task_id = attempt.record_id or f"00T{len(self.tasks)}"
        self.tasks[task_id] = (commit, attempt.fields)
        page.journal[attempt.number] = task_id
        saved = LogSaved(commit, page.page_id, attempt.number, attempt.nonce, task_id)
        if not self.chance(0.25):
            self.callbacks.append((commit + 50, page, saved))

    def step(self) -> None:
        """Something happens, and a little time passes."""
        self.at += self.rng.choice([50, 1_000, 4_000, 9_000, 31_000])
        for page in [p for p in self.pages if p.alive]:
            due = [(at, a) for at, a in page.inbox if at <= self.at]
            page.inbox = [(at, a) for at, a in page.inbox if at > self.at]
            for _, attempt in due:
                self._receive(page, attempt)
        self._callbacks()
        self._read_back()
        if self.log.next_due is not None and self.log.next_due <= self.at:
            self.handle(LogTimePassed(self.at))
        self._page_troubles()
        self._offer()

    def _callbacks(self) -> None:
        due = [c for c in self.callbacks if c[0] <= self.at]
        self.callbacks = [c for c in self.callbacks if c[0] > self.at]
        for _, page, event in due:
            if page.alive:
                self.handle(event)

    def _read_back(self) -> None:
        due = [at for at in self.answers if at <= self.at]
        self.answers = [at for at in self.answers if at > self.at]
        for _ in due:
            there = tuple(i for i, (commit, _) in self.tasks.items() if commit <= self.at)
            self.handle(RecordsFound(self.at, there))

    def _page_troubles(self) -> None:
        attempt = self.log.attempt
        for page in [p for p in self.pages if p.alive]:
            if self.chance(0.05):
                page.alive = False
                self.handle(PageLost(self.at, page.page_id))
            elif self.chance(0.1):
                page.inbox = []  # its socket broke: what was under way is gone with it
                self.handle(PageLost(self.at, page.page_id))
                self._greet(page, attempt)
            elif self.chance(0.05):
                self._greet(page, attempt)  # a second hello, while a go may still be under way
        if self.chance(0.05):
            self.restart()

    def _greet(self, page: FakePage, attempt: Attempt | None) -> None:
        """Its journal first, then what it says of the attempt that was waited for."""
        for number, task_id in page.journal.items():
            known = [a for a in self.log.attempts if a.number == number]
            if task_id and known and self.tasks[task_id][0] <= self.at:
                nonce = known[0].nonce
                self.handle(LogSaved(self.at, page.page_id, number, nonce, task_id))
        if attempt is not None:
            never = attempt.number not in page.journal
            self.handle(PageProved(self.at, page.page_id, attempt.number, never))

    def restart(self) -> None:
        """Nothing in memory: sockets break, questions are forgotten, the stored log stays."""
        self.answers = []
        for page in self.pages:
            page.inbox = []

    def _offer(self) -> None:
        if self.chance(0.1):
            more = Facts(connected=Known(self.rng.randrange(T0), Source.OBSERVED))
            self.handle(FactsLearned(self.at, more))
        if self.chance(0.1):
            self.handle(RecordPicked(self.at, self.rng.choice([None, RECORD])))
        if self.rng.random() < 0.3 and sum(p.alive for p in self.pages) < 3:
            self.pages.append(FakePage(f"page{len(self.pages)}"))
        alive = [p for p in self.pages if p.alive]
        if alive and may_be_offered(self.log, self.at):
            page = self.rng.choice(alive)
            self.handle(LogAccepted(self.at, page.page_id, f"n{self.at}", self.log.route))
        if isinstance(self.log.state, Tray) and self.log.state.reason is not TrayReason.DOUBLED:
            self._agent_decides()

    def _agent_decides(self) -> None:
        """The agent looks into Salesforce, once everything there has come to rest."""
        if any(commit > self.at for commit, _ in self.tasks.values()):
            return
        if any(p.inbox for p in self.pages if p.alive):
            return
        there = next(iter(self.tasks), "")
        refused = isinstance(self.log.state, Tray) and self.log.state.reason is TrayReason.REFUSED
        action = "already_there" if there and not refused else "save_again"
        self.handle(TrayDecided(self.at, action, there))
