"""The page's side of the protocol, as in web/softphone/savelog.js, in tabs that misbehave.

Tabs of a browser share its journal. A tab crashes before, during or after saveLog, freezes and
thaws with everything that arrived meanwhile, loses its socket and reconnects as the same load, or
is reloaded as another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapter.core.model import AgentKey
from qa.checker.history import Word
from qa.simulation.dice import Dice
from qa.simulation.keyed import LWC, MOVING
from qa.simulation.salesforce import FakeSalesforce
from qa.simulation.virtual import Timers

FRESH_SECONDS = 5.0

Journal = dict[tuple[str, int], dict[str, Any]]


Message = dict[str, Any]


class Socket(Protocol):
    """A page's end of its socket, for either engine."""

    up: bool

    def say(self, message: Message) -> None:
        """Send a frame from the page to the server."""

    def close(self, code: int, reason: str) -> None:
        """The server has noticed that it is over."""


Hear = Callable[[Any, Message], None]
Gone = Callable[[Any], None]


class Connects(Protocol):
    """A process that accepts sockets."""

    def connect(
        self, key: AgentKey, hello: Message, seconds: float, hear: Hear, gone: Gone
    ) -> Socket:
        """Open a socket whose first frame is this hello; each frame takes so many seconds."""


@dataclass(slots=True)
class Surroundings:
    """What every tab needs from its world."""

    dice: Dice
    now: Callable[[], int]
    loop: Timers
    fresh_id: Callable[[str], str]
    salesforce: FakeSalesforce
    a_replica: Callable[[], Connects | None]
    surface: str = ""


@dataclass(slots=True)
class Browser:
    """One browser of one agent; its tabs share its journal."""

    journal: Journal = field(default_factory=dict)


class Tab:
    """One tab; `page_id` names its current load."""

    def __init__(self, world: Surroundings, key: AgentKey, browser: Browser) -> None:
        self.key = key
        self.page_id = ""
        self.link: Socket | None = None
        self._world = world
        self._dice = world.dice
        self._browser = browser
        self._frozen = False
        self._backlog: list[Callable[[], None]] = []
        self._accepted: dict[str, float] = {}
        self._concerned: set[str] = set()
        self._surface = ""
        self._loop = world.loop
        self._load()

    @property
    def is_usable(self) -> bool:
        """Whether its agent can use it."""
        return self.link is not None and self.link.up and not self._frozen

    # --- loads and sockets -----------------------------------------------------------------------

    def _load(self) -> None:
        """Load the page: it knows only the journal."""
        self.page_id = self._world.fresh_id("page")
        self._frozen = False
        self._backlog.clear()
        self._accepted = {}
        self._concerned = set()
        self._surface = self._world.surface
        if self._surface == MOVING:
            self._surface = self._dice.random.choice(("lightning", LWC))
            self._loop.call_later(self._dice.between(200, 900), self._move, self.page_id)
        self._connect(self.page_id)

    def _move(self, page_id: str) -> None:
        """Open the other app: a new load, perhaps in another surface."""
        if page_id == self.page_id:
            self._dice.fault("moved")
            self._fault("page-crash", "")
            if self.link is not None:
                self._break(self.link)
            self._load()

    def _connect(self, page_id: str) -> None:
        if page_id != self.page_id or (self.link is not None and self.link.up):
            return
        if self._frozen:
            self._backlog.append(lambda: self._connect(page_id))
            return
        replica = self._world.a_replica()
        if replica is None:
            self._loop.call_later(self._dice.between(0.2, 2), self._connect, page_id)
            return
        hello = {
            "type": "hello",
            "ticket": "ticket",
            "page_id": page_id,
            "focused": self._dice.hits(0.5),
            "journal": [dict(entry) for entry in self._browser.journal.values()],
        }
        if self._world.surface:
            hello["surface"] = self._surface
        self._word("alive")
        seconds = self._dice.between(0.001, 0.05)
        self.link = replica.connect(self.key, hello, seconds, self._arrived, self._lost)

    def _lost(self, link: Socket) -> None:
        """Handle that the other side closed the socket."""
        if link is self.link:
            self.link = None
            page_id = self.page_id
            self._loop.call_later(self._dice.between(0.1, 2), self._connect, page_id)

    def lose_socket(self, subject: str = "") -> None:
        """Break the network: the page notices first, the server later."""
        link = self.link
        if link is None or not link.up:
            return
        self._fault("socket-lost", subject)
        self._break(link)
        self._loop.call_later(self._dice.between(0.1, 2), self._connect, self.page_id)

    def crash(self, subject: str = "") -> None:
        """Crash the tab with all its state; a new load comes soon, or much later."""
        self._fault("page-crash", subject)
        if self.link is not None:
            self._break(self.link)
        self.page_id = ""
        away = self._dice.between(1, 30) if self._dice.hits(0.85) else self._dice.between(300, 900)
        self._loop.call_later(away, self._load)

    def _fault(self, kind: str, subject: str) -> None:
        """Record a fault for every log that this tab is handling."""
        for log_id in self._concerned | {subject}:
            self._dice.fault(kind, log_id)

    def _break(self, link: Socket) -> None:
        """Break the connection; the server will notice later."""
        self.link = None
        self._loop.call_later(self._dice.between(0, 20), link.close, 1006, "gone")

    def freeze(self, subject: str = "") -> None:
        """Freeze the tab: its socket stays, and messages wait."""
        if self._frozen or not self.page_id:
            return
        self._fault("page-frozen", subject)
        self._frozen = True
        long = self._dice.hits(0.5)
        seconds = self._dice.between(30, 500) if long else self._dice.between(0.5, 10)
        self._loop.call_later(seconds, self._thaw, self.page_id)

    def _thaw(self, page_id: str) -> None:
        if page_id != self.page_id:
            return
        self._frozen = False
        while self._backlog and page_id == self.page_id and not self._frozen:
            self._backlog.pop(0)()

    def _awake(self, page_id: str, act: Callable[[], None]) -> None:
        """Act in this load, now or when it thaws, but in no other load."""
        if page_id != self.page_id:
            return
        if self._frozen:
            self._backlog.append(act)
        else:
            act()

    # --- frames ----------------------------------------------------------------------------------

    def say(self, **message: Any) -> None:
        """Send one frame to the server, if there is a socket."""
        if self.link is not None:
            self.link.say(message)

    def _arrived(self, link: Socket, message: Message) -> None:
        if link is self.link:
            self._awake(self.page_id, lambda: self._hear(message))

    def _hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "offer":
                self._offered(message["log_id"])
            case "go":
                self._go(message)
            case "taken":
                self._accepted.pop(message["log_id"], None)
            case "settled":
                self._concerned.discard(message["log_id"])
                self._browser.journal.pop((message["log_id"], message["attempt"]), None)
            case "probe":
                self._word("alive")
                self.say(type="probe", nonce=message["nonce"])
            case "ask":
                answer = self._world.salesforce.run_apex(message["call"]["args"])
                value = {"runApex": answer}
                self.say(type="answer", ask_id=message["ask_id"], outcome="ok", value=value)
            case _:
                pass

    def _offered(self, log_id: str) -> None:
        # A frozen tab may have received the same offer many times.
        is_new = log_id not in self._accepted or not self._surface
        self._accepted.setdefault(log_id, self._loop.time())
        self._concerned.add(log_id)
        self.say(type="accept", log_id=log_id)
        # Offers read together after a thaw are one moment: otherwise a page with many waiting logs
        # would freeze again each time, before the server can answer.
        if is_new and self._dice.hits(self._dice.odds.page_frozen) and not self._backlog:
            self.freeze(log_id)

    def _go(self, go: dict[str, Any]) -> None:
        """As in savelog.js: carry out a go once, only after a recent accept of its own."""
        log_id, attempt = go["log_id"], go["attempt"]
        # A create by key may be repeated, so the rule does not apply to it.
        create = not {"Id", "callId"} & go["call"]["args"].keys()
        self._word("go", log_id, attempt, create=create)
        known = self._browser.journal.get((log_id, attempt))
        if known is not None:
            if known["state"] != "sent":
                self._report(known)
            return
        named = {k: go[k] for k in ("log_id", "attempt", "nonce")}
        since = self._accepted.pop(log_id, None)
        if since is None or self._loop.time() - since > FRESH_SECONDS:
            self._word("result", log_id, attempt, outcome="expired")
            self.say(type="result", **named, outcome="expired")
            return
        self._save(named, go["call"]["args"])

    def _save(self, named: dict[str, Any], args: dict[str, Any]) -> None:
        dice, log_id = self._dice, named["log_id"]
        crash = dice.hits(dice.odds.page_crash)
        moment = dice.random.choice(("before", "during", "after")) if crash else ""
        if moment == "before":
            self.crash(log_id)
            return
        entry = {**named, "state": "sent"}
        self._browser.journal[log_id, named["attempt"]] = entry
        page_id = self.page_id
        final: bool | None = None

        def called_back(answer: dict[str, Any]) -> None:
            self._awake(page_id, lambda: self._concluded(entry, answer, final, moment))

        final = self._world.salesforce.save_log(args, log_id, called_back)
        if moment == "during":
            self._loop.call_later(dice.between(0, 0.5), self._awake, page_id, self._crasher(log_id))
        elif dice.hits(dice.odds.page_frozen):
            self.freeze(log_id)
        elif dice.hits(dice.odds.socket_lost):
            self._loop.call_later(dice.between(0, 1), self.lose_socket, log_id)

    def _crasher(self, log_id: str) -> Callable[[], None]:
        return lambda: self.crash(log_id)

    def _concluded(
        self, entry: dict[str, Any], answer: dict[str, Any], final: bool | None, moment: str
    ) -> None:
        log_id, attempt = entry["log_id"], entry["attempt"]
        if answer["success"]:
            entry.update(state="ok", task_id=answer["returnValue"]["recordId"])
        else:
            entry.update(state="refused", errors=answer["errors"])
        outcome = entry["state"]
        self._word("result", log_id, attempt, outcome=outcome, final=bool(final))
        if moment == "after":
            self.crash(log_id)
            return
        self._report(entry)

    def _report(self, entry: dict[str, Any]) -> None:
        fields = {k: v for k, v in entry.items() if k != "state"}
        self.say(type="result", outcome=entry["state"], **fields)

    def _word(self, kind: str, log_id: str = "", attempt: int = 0, **more: Any) -> None:
        word = Word(self._world.now(), kind, self.page_id, log_id, attempt, **more)
        self._world.salesforce.words.append(word)
