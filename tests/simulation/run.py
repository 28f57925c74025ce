"""One seed, one history: the world is built, lives through its calls, comes to rest, is told."""

from __future__ import annotations

import asyncio
import gc
import math
import time
from functools import partial

from adapter.core.logmodel import CallLog, Closed, Tray
from adapter.core.model import AgentKey
from adapter.runtime.intake import Heard
from adapter.storage.port import Commit, Snapshot
from adapter.telephony.dialstack.meaning import report_from_event
from adapter.telephony.news import CallNews
from tests.checker.history import Acked, History, StoredAgent, StoredLog, TrueCall
from tests.simulation.dice import Dice, Odds
from tests.simulation.disk import Disk
from tests.simulation.person import Person, who_of
from tests.simulation.provider import ACCOUNT, FakeProvider, Letter, Ring
from tests.simulation.replica import Hints, Replica, policy_of
from tests.simulation.salesforce import FakeSalesforce
from tests.simulation.tab import Surroundings
from tests.simulation.virtual import VirtualClock, VirtualLoop

AGENTS = 8
SWEEP_SECONDS = 0.25
REST_SECONDS = 4 * 3600
"""How long a history may take to come to rest; what is not settled then never will be."""

RETRY_SECONDS = (1, 5, 30, 60, 60, 60, 300)


def simulate(seed: int, calls: int, odds: Odds | None = None) -> History:
    """The history of this seed with about so many calls."""
    loop = VirtualLoop()
    began = time.perf_counter()
    gc.disable()  # a history is small; what goes round in circles goes when it is over
    try:
        asyncio.set_event_loop(loop)
        history = loop.run_until_complete(_live(seed, calls, odds or Odds(), loop))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        gc.enable()
    history.seconds = time.perf_counter() - began
    return history


async def _live(seed: int, calls: int, odds: Odds, loop: VirtualLoop) -> History:
    world = World(seed, odds, loop)
    await world.live(calls)
    return world.history(seed)


class World:
    """Everything of one history."""

    def __init__(self, seed: int, odds: Odds, loop: VirtualLoop) -> None:
        self.loop = loop
        self.clock = VirtualClock(loop)
        self.dice = Dice(seed, odds, self.clock.now)
        self.disk = _Watched(self)
        self.salesforce = FakeSalesforce(self.dice, self.clock.now, loop)
        self.provider = FakeProvider(self.dice, self.clock.now, loop, self.post, who_of)
        self.letters: dict[bytes, Letter] = {}
        self.acked: list[Acked] = []
        self.undelivered = 0
        self.policy = policy_of(self.dice.shape)
        self.replicas: list[Replica] = [self._replica() for _ in range(self.dice.shape.replicas)]
        self._hand: asyncio.TimerHandle | None = None
        self._hand_at = math.inf
        surroundings = Surroundings(
            self.dice, self.clock.now, loop, self.clock.fresh_id, self.salesforce, self.a_replica
        )
        self.people: dict[AgentKey, Person] = {}
        for number in range(AGENTS):
            key = AgentKey("00D", f"user_{number}")
            self.people[key] = Person(key, surroundings, self.disk, self.provider, self.policy)

    # --- processes -------------------------------------------------------------------------------

    def _replica(self) -> Replica:
        return Replica(
            dice=self.dice,
            clock=self.clock,
            disk=self.disk,
            provider=self.provider,
            salesforce=self.salesforce,
            read=self.read,
            others=self._other_hints,
            died=self._died,
        )

    def _other_hints(self, hints: Hints) -> list[Hints]:
        return [r.hints for r in self.replicas if r.alive and r.hints is not hints]

    def _died(self, replica: Replica) -> None:
        self.loop.call_later(self.dice.between(0.5, 20), self._start_again, replica)

    def _start_again(self, dead: Replica) -> None:
        self.replicas[self.replicas.index(dead)] = self._replica()
        self.arm()

    def a_replica(self) -> Replica | None:
        """One that lives."""
        living = [r for r in self.replicas if r.alive]
        return self.dice.random.choice(living) if living else None

    # --- the clock hand --------------------------------------------------------------------------

    def arm(self) -> None:
        """The sweeper looks four times a second: the look that finds something is enough."""
        due = self.disk.next_due()
        if due is None:
            return
        ahead = max(0.0, (due - self.clock.now()) / 1000)
        at = (math.floor((self.loop.time() + ahead) / SWEEP_SECONDS) + 1) * SWEEP_SECONDS
        if at >= self._hand_at:
            return
        if self._hand is not None:
            self._hand.cancel()
        self._hand_at = at
        self._hand = self.loop.call_at(at, self._sweep)

    def _sweep(self) -> None:
        self._hand_at = math.inf
        for replica in self.replicas:
            if replica.alive:
                replica.sweep()
        self.arm()

    # --- webhooks --------------------------------------------------------------------------------

    def read(self, body: bytes, at: int) -> CallNews | None:
        """A letter, read again."""
        letter = self.letters.get(body)
        return report_from_event(letter.record, letter.moment, at) if letter else None

    def post(self, letter: Letter) -> None:
        """The provider posts it, and again until somebody says 2xx."""
        self.letters[letter.event_id.encode()] = letter
        self.undelivered += 1
        self._try(letter, 0)

    def _try(self, letter: Letter, tries: int) -> None:
        replica = self.a_replica()
        if replica is None:
            self._later(letter, tries)
            return
        body = letter.event_id.encode()
        heard = Heard(letter.event_id, letter.moment.value, ACCOUNT, body, self.read_now(body))
        task = replica.tasks.start("webhook", replica.take(heard))
        task.add_done_callback(partial(self._answered, letter, tries))

    def read_now(self, body: bytes) -> CallNews | None:
        """The letter as of now."""
        return self.read(body, self.clock.now())

    def _answered(self, letter: Letter, tries: int, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._later(letter, tries)
            return
        self.undelivered -= 1
        self.acked.append(Acked(self.clock.now(), letter.event_id))

    def _later(self, letter: Letter, tries: int) -> None:
        wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
        self.loop.call_later(wait, self._try, letter, tries + 1)

    # --- life and rest ---------------------------------------------------------------------------

    async def live(self, calls: int) -> None:
        """All calls, then until nothing is left to happen."""
        await asyncio.sleep(1)
        share = -(-calls // AGENTS)
        work = [asyncio.create_task(person.work(share)) for person in self.people.values()]
        await asyncio.gather(*work)
        end = self.loop.time() + REST_SECONDS
        while not self._rests() and self.loop.time() < end:  # noqa: ASYNC110 - time is virtual
            await asyncio.sleep(20)
        for replica in self.replicas:
            replica.die()

    def _rests(self) -> bool:
        busy = self.provider.under_way or self.salesforce.under_way or self.undelivered
        unsaid = any(person.unsaid for person in self.people.values())
        live = any(s.agent.calls for s in self.disk.agents.values())
        return not (busy or unsaid or live or self.disk.next_due() is not None)

    # --- telling ---------------------------------------------------------------------------------

    def history(self, seed: int) -> History:
        """What everybody saw."""
        logs = self.disk.logs
        said = {log.provider_call_id: key for key, log in logs.items()}
        calls = [self._true(call, said.get(call.id)) for call in self.provider.calls.values()]
        agents = self.disk.agents.items()
        return History(
            seed=seed,
            wrapup=self.policy.wrapup_ms > 0,
            calls=calls,
            posts=self.provider.posts,
            tasks=self.salesforce.writes,
            words=self.salesforce.words,
            acked=self.acked,
            faults=self.dice.faults,
            trails=list(self.disk.trails.values()),
            logs=[_stored(log) for log in logs.values()],
            agents=[StoredAgent(str(k), s.version, _ids(s)) for k, s in agents],
            deliveries=[event_id for _, event_id in self.disk.deliveries],
            parked=[p.event_id for parked in self.disk.parked.values() for p in parked],
        )

    def _true(self, call: Ring, log: tuple[AgentKey, str] | None) -> TrueCall:
        key = AgentKey("00D", call.user)
        words = self.people[key].said.get(log[1], {}) if log else {}
        who = words["who"]["id"] if "who" in words else call.who
        return TrueCall(
            provider_call_id=call.id,
            agent=str(key),
            disposition=words.get("disposition") or call.disposition,
            who_id=who,
            connected_at=call.connected_at,
            ended_at=call.ended_at,
            logged=call.direction == "inbound" or call.picked_up_at is not None,
        )


class _Watched(Disk):
    """The disk, with people who see what was committed and a clock hand that is set."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def apply(self, commit: Commit) -> None:
        """Durable, then seen."""
        super().apply(commit)
        for change in commit.changes:
            key = change.agent.key
            self._world.people[key].sees(self.agents[key], change.logs)
        self._world.arm()


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
        task_id=log.saved.task_id if log.saved else "",
        reason=state.by.value if isinstance(state, Closed) else reason,
    )
