"""A history's world without its processes and their loop, and its record for the checker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from adapter.core.logs.model import CallLog, Closed, Tray
from adapter.core.model import AgentKey
from adapter.page.guests import VOICE
from adapter.storage.port import Commit, Snapshot
from adapter.telephony.dialstack.meaning import call_update_from_event
from adapter.telephony.dialstack.wire import parse_webhook
from adapter.telephony.updates import CallUpdate, IncomingDelivery
from adapter.voice.record import RecordRules
from qa.checker.history import Acked, History, StoredAgent, StoredLog, TrueCall
from qa.simulation.calls import Leg, Letter, Ring
from qa.simulation.dice import Dice, Odds
from qa.simulation.disk import Disk
from qa.simulation.keyed import LWC, MOVING, KeyedSalesforce
from qa.simulation.person import Person, who_of
from qa.simulation.provider import ACCOUNT, FakeProvider
from qa.simulation.replica import policy_of
from qa.simulation.salesforce import FakeSalesforce
from qa.simulation.tab import Connects, Surroundings
from qa.simulation.virtual import Timers, VirtualClock
from qa.simulation.voicecalls import CENTER, FakeVoiceCalls, incomplete

AGENTS = 8
SWEEP_SECONDS = 0.25
REST_SECONDS = 4 * 3600
"""The time limit in seconds for a history to settle."""

RETRY_SECONDS = (1, 5, 30, 60, 60, 60, 300)


class Process(Connects, Protocol):
    """A process of the adapter, for either engine."""

    @property
    def alive(self) -> bool:
        """Whether the process runs."""


class Scene:
    """Agents, their tabs, the provider, Salesforce and the disk; the engines add processes."""

    def __init__(self, seed: int, odds: Odds, loop: Timers, surface: str = "") -> None:
        self.loop = loop
        self.surface = surface
        self.clock = VirtualClock(loop)
        self.dice = Dice(seed, odds, self.clock.now)
        self.disk = _Watched(self)
        self.keyed = surface in {LWC, MOVING}
        kind = KeyedSalesforce if self.keyed else FakeSalesforce
        self.salesforce = kind(self.dice, self.clock.now, loop)
        self.provider = FakeProvider(
            self.dice, self.clock.now, loop, self.post, who_of=who_of, crew=self.crew
        )
        self.letters: dict[bytes, Letter] = {}
        self.acked: list[Acked] = []
        self.undelivered = 0
        self.policy = policy_of(self.dice.shape)
        rules = RecordRules(CENTER, self.policy.disposition)
        self.voice_calls = FakeVoiceCalls(self.dice, self.clock.now, loop, rules)
        self.people: dict[AgentKey, Person] = {}
        self.keys: dict[str, AgentKey] = {}

    def people_come(self) -> None:
        """Let everybody open their tabs."""
        surroundings = Surroundings(
            self.dice,
            self.clock.now,
            self.loop,
            self.clock.fresh_id,
            self.salesforce,
            self.a_replica,
            self.surface,
        )
        for number in range(AGENTS):
            key = AgentKey("00D", f"user_{number}")
            self.keys[key.user_id] = key
            self.people[key] = Person(key, surroundings, self.disk, self.provider, self.policy)

    def processes(self) -> Sequence[Process]:
        """All of them, dead or alive."""
        raise NotImplementedError

    def crew(self) -> list[str]:
        """The users whose pages have said hello; the provider can ring them in a group."""
        return [line.user for line, keys in self.disk.lines.items() if keys]

    def a_replica(self) -> Process | None:
        """A running replica."""
        living = [r for r in self.processes() if r.alive]
        return self.dice.random.choice(living) if living else None

    def arm(self) -> None:
        """Schedule the sweeper again, because a deadline may have changed."""
        raise NotImplementedError

    # --- webhooks --------------------------------------------------------------------------------

    def read(self, _account: str, body: bytes, at: int) -> CallUpdate | None:
        """Read a letter again."""
        letter = self.letters.get(body)
        if letter is not None and letter.body:
            return parse_webhook(letter.body, at).update
        return call_update_from_event(letter.record, letter.moment, at) if letter else None

    def post(self, letter: Letter) -> None:
        """Post a letter, and repeat it until a 2xx."""
        before = self.letters.get(letter.event_id.encode(), letter)
        letter = replace(letter, signed_at=before.signed_at or self.clock.now() / 1000)
        self.letters[letter.event_id.encode()] = letter
        self.undelivered += 1
        self.attempt(letter, 0)

    def attempt(self, letter: Letter, tries: int) -> None:
        """Post a letter once more."""
        raise NotImplementedError

    def heard(self, letter: Letter) -> IncomingDelivery:
        """The letter as a process reads it."""
        body = letter.event_id.encode()
        news = self.read(ACCOUNT, body, self.clock.now())
        return IncomingDelivery(
            ACCOUNT,
            letter.event_id,
            letter.moment.value,
            body,
            news,
            signed_at=letter.signed_at,
        )

    def refused(self, letter: Letter, tries: int) -> None:
        """No 2xx came: try again later."""
        wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
        self.loop.call_later(wait, self.attempt, letter, tries + 1)

    def taken(self, letter: Letter) -> None:
        """Record that the letter was acknowledged with 2xx."""
        self.undelivered -= 1
        self.acked.append(Acked(self.clock.now(), letter.event_id))

    def people_work(self, calls: int) -> None:
        """Let everybody work, with roughly so many calls in all."""
        for person in self.people.values():
            person.work(-(-calls // AGENTS))

    def works(self) -> bool:
        """Whether calls are still being placed."""
        return any(person.left > 0 for person in self.people.values())

    def rests(self) -> bool:
        """Whether nothing is pending."""
        busy = self.provider.under_way or self.salesforce.under_way or self.undelivered
        busy = busy or self.voice_calls.under_way
        unsaid = any(person.unsaid for person in self.people.values())
        live = any(s.agent.calls for s in self.disk.agents.values())
        return not (busy or unsaid or live or self.disk.next_due() is not None)

    # --- the history
    # ---------------------------------------------------------------------------------

    def history(self, seed: int) -> History:
        """The history: what everybody saw."""
        logs = self.disk.logs
        log_ids = {(log.provider_call_id, key): log_id for (key, log_id), log in logs.items()}
        calls = [
            self._true(call, leg, log_ids.get((call.id, self.keys[leg.user])))
            for call in self.provider.calls.values()
            for leg in call.parts
        ]
        agents = self.disk.agents.items()
        stored = [_stored(log) for log in logs.values()]
        book = self.voice_calls.book
        return History(
            seed=seed,
            every_attempt=self.surface == VOICE,
            never_in_doubt=self.surface == LWC,
            incomplete=incomplete(book, stored) if self.surface == VOICE else [],
            doubled=list(book.doubled),
            wrapup=self.policy.wrapup_ms > 0,
            calls=calls,
            posts=self.provider.posts,
            tasks=self.salesforce.writes + self.voice_calls.writes,
            words=self.salesforce.words,
            acked=self.acked,
            faults=self.dice.faults,
            trails=list(self.disk.trails.values()),
            logs=stored,
            agents=[StoredAgent(str(k), s.version, _ids(s)) for k, s in agents],
            deliveries=[event_id for _, event_id in self.disk.deliveries],
            parked=[p.event_id for parked in self.disk.parked.values() for p in parked],
        )

    def _true(self, call: Ring, leg: Leg, log_id: str | None) -> TrueCall:
        key = self.keys[leg.user]
        words = self.people[key].said.get(log_id, {}) if log_id else {}
        who = words["who"]["id"] if "who" in words else call.who
        return TrueCall(
            provider_call_id=call.id,
            agent=str(key),
            disposition=words.get("disposition") or call.disposition,
            who_id=who,
            connected_at=leg.connected_at,
            ended_at=leg.ended_at or call.ended_at,
            logged=not leg.taken and (call.direction == "inbound" or call.picked_up_at is not None),
            taken=leg.taken,
            named=call.spelling.named if call.spelling else "",
        )


class _Watched(Disk):
    """The disk; each commit is shown to people and schedules the sweeper."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene

    def apply(self, commit: Commit) -> None:
        """Apply a commit, then show it."""
        super().apply(commit)
        for change in commit.changes:
            key = change.agent.key
            self._scene.people[key].sees(self.agents[key], change.logs)
        self._scene.arm()


def _ids(snapshot: Snapshot) -> list[str]:
    return [call.call_id for call in snapshot.agent.calls]


def _stored(log: CallLog) -> StoredLog:
    state = log.state
    reason = state.reason.value if isinstance(state, Tray) else ""
    return StoredLog(
        log_id=log.log_id,
        agent=str(log.agent),
        provider_call_id=log.provider_call_id,
        state=type(state).__name__.lower(),
        task_id=log.saved.record_id if log.saved else "",
        reason=state.by.value if isinstance(state, Closed) else reason,
    )
