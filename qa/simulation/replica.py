"""One process of the adapter: the real runtime and the real bridge on fake edges.

Real parts: adapter.core, adapter.runtime (agents, turn, intake, pages, perform, sweeper, tasks),
adapter.opencti, adapter.web.sockets.bridge from the greeting on. Fake parts: sockets, HTTP and
signatures, and the store's files (qa/simulation/disk.py). Few versions' views are rendered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from msgspec.structs import replace

from adapter.core.model import AgentKey, TelephonyUser
from adapter.core.policy import Policy, SavePolicy
from adapter.fanout.port import Learner, Listener, Topic, Value
from adapter.lwc.surface import lwc
from adapter.metrics import Metrics
from adapter.opencti.surface import open_cti
from adapter.orgs import Org, TelephonyAccount
from adapter.page.messages import Hello
from adapter.page.pages import Pages
from adapter.page.port import SalesforceOrg
from adapter.runtime.agents import Agents
from adapter.runtime.intake import Intake, Reader
from adapter.runtime.orgrate import OrgRate
from adapter.runtime.perform import Performer
from adapter.runtime.sweeper import Sweeper
from adapter.runtime.tasks import Tasks
from adapter.salesforce.tasklog import TaskRules
from adapter.storage.port import Session, Snapshot
from adapter.telephony.health import Health
from adapter.telephony.updates import IncomingDelivery
from adapter.tenants import Telephony, Tenant, Tenants
from adapter.voice.record import RecordRules, VoiceWriter
from adapter.voice.setup import SURFACE
from adapter.web.signin.salesforceuser import SalesforceUserCheck
from adapter.web.sockets.clicks import Clicks
from adapter.web.sockets.framehandler import FrameHandler
from adapter.web.sockets.reception import Reception
from qa.simulation.dice import Dice, Shape
from qa.simulation.disk import Disk, MemoryStore
from qa.simulation.provider import ACCOUNT, FakeProvider
from qa.simulation.salesforce import FakeSalesforce
from qa.simulation.tab import Gone, Hear, Message
from qa.simulation.virtual import VirtualClock
from qa.simulation.voicecalls import CENTER, FakeClient, FakeVoiceCalls

SHOWN = 0.02
"""The share of views that are rendered, because rendering is a third of all work."""


def policy_of(shape: Shape) -> Policy:
    """The deployment's policy in this kind of history."""
    save = SavePolicy(read_back=shape.read_back)
    return replace(Policy(), wrapup_ms=shape.wrapup_ms, save=save, per_hour=10_000, repeat_ms=0)


class Hints:
    """The fan-out between replicas: immediate within one, delayed or lost between two."""

    def __init__(self, peers: Callable[[Hints], list[Hints]], dice: Dice) -> None:
        self.listeners: list[Listener] = []
        self._learn: Learner = lambda *_: None
        self._others = peers
        self._dice = dice

    def publish(
        self,
        key: AgentKey,
        version: int = 0,
        value: Value | None = None,
        topic: Topic = Topic.VERSION,
    ) -> None:
        """Publish a hint to everybody; not every value fits. Only versions are simulated."""
        assert topic is Topic.VERSION
        self.heard(key, version)
        text = value() if value is not None and self._dice.hits(0.9) else None
        for other in self._others(self):
            if self._dice.hits(0.98):
                loop = asyncio.get_running_loop()
                loop.call_later(self._dice.between(0.001, 0.05), other.heard, key, version, text)
            else:
                self._dice.fault("hint-lost")

    def heard(self, key: AgentKey, version: int, text: bytes | None = None) -> None:
        """Pass a hint to the listeners here."""
        if text is not None:
            self._learn(key, version, text)
        for listener in self.listeners:
            listener(key, version)

    def listen(self, listener: Listener, topic: Topic = Topic.VERSION) -> None:
        """Subscribe to hints."""
        assert topic is Topic.VERSION
        self.listeners.append(listener)

    def learn_with(self, learners: Mapping[Topic, Learner], epoch: str) -> None:
        """Subscribe to the values of other replicas."""
        self._learn = learners[Topic.VERSION]

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to close."""


class _QuietPages(Pages):
    """Pages that render few views; offers and pops are real."""

    dice: Dice

    def show(self, key: AgentKey, snapshot: Snapshot) -> None:
        """Show it to the pages, mostly without rendering the view."""
        if self.dice.hits(SHOWN):
            super().show(key, snapshot)
            return
        for page in self._pages.get(key, {}).values():
            page.shown = max(page.shown, snapshot.version)
        self.follow_up(key, snapshot)

    def cut(self) -> None:
        """Remove all pages: timers of the dead process find none."""
        self._pages.clear()


class _Everybody:
    """The directory: user ids are the same on both sides."""

    async def line(self, key: AgentKey, email: str) -> TelephonyUser:
        """The agent's telephony user."""
        return TelephonyUser(ACCOUNT, key.user_id)

    def surface(self, _key: AgentKey, _email: str) -> str:
        """No surface is set: the page that says hello decides."""
        return ""

    def ring_profiles(self, _line: TelephonyUser) -> tuple[str, ...]:
        """No ring profiles."""
        return ()


class _OneOrg(Tenants[SalesforceOrg]):
    """The one org in which everybody works, whatever the org's id."""

    def __init__(self, provider: FakeProvider, salesforce: SalesforceOrg, rules: Policy) -> None:
        telephony = Telephony(ACCOUNT, provider, Health(lambda: 0))
        org = Org("", (), telephony=TelephonyAccount(account=ACCOUNT))
        self._only = Tenant(org, telephony, salesforce, _Everybody(), rules)
        super().__init__([self._only])

    def of_agent(self, key: AgentKey) -> Tenant[SalesforceOrg]:
        """The only org."""
        return self._only


def _org(
    shape: Shape, policy: Policy, salesforce: FakeSalesforce, voice_calls: FakeVoiceCalls
) -> SalesforceOrg:
    """All three surfaces, each with its own package's conversions."""
    rules = TaskRules(disposition=policy.disposition)
    finder = cast("Any", salesforce) if shape.finder and shape.read_back else None
    org = open_cti(rules, finder, "SoftphoneTasks").with_surface(lwc(rules))
    client = FakeClient(voice_calls, asyncio.get_running_loop())
    writer = VoiceWriter(client, RecordRules(CENTER, policy.disposition))
    return org.with_surface(SalesforceOrg((SURFACE,), writer=writer))


class Replica:
    """A running process; `die` is SIGKILL."""

    def __init__(
        self,
        *,
        dice: Dice,
        clock: VirtualClock,
        disk: Disk,
        provider: FakeProvider,
        salesforce: FakeSalesforce,
        voice_calls: FakeVoiceCalls,
        read: Reader,
        peers: Callable[[Hints], list[Hints]],
        died: Callable[[Replica], None],
    ) -> None:
        self.alive = True
        self._died = died
        self.tasks = Tasks()
        self.store = MemoryStore(disk, dice, self.die)
        self.hints = Hints(peers, dice)
        policy = policy_of(dice.shape)
        org = _org(dice.shape, policy, salesforce, voice_calls)
        tenants = _OneOrg(provider, org, policy)
        shared = dice.shape.replicas > 1
        self.agents = Agents(self.store, self.hints, policy, shared=shared, tasks=self.tasks)
        self.hints.learn_with({Topic.VERSION: self.agents.learn}, "")
        self._runtime(dice, clock, tenants, read)
        self._edge(clock)
        self.links: set[Link] = set()

    def _runtime(
        self, dice: Dice, clock: VirtualClock, tenants: Tenants[SalesforceOrg], read: Reader
    ) -> None:
        """Build the parts that decide, store and perform."""
        agents, store = self.agents, self.store
        self.pages = _QuietPages(agents, self.tasks, clock, tenants)
        self.pages.dice = dice
        self.hints.listen(self.pages.hinted)
        self.intake = Intake(agents, store, clock, read)
        performer = Performer(
            agents=agents,
            store=store,
            tenants=tenants,
            pages=self.pages,
            tasks=self.tasks,
            clock=clock,
            deliver=self.intake.take,
        )
        agents.perform = performer.perform
        agents.follow = self.pages.pops.claims
        self.sweeper = Sweeper(
            agents=agents, store=store, intake=self.intake, tenants=tenants, clock=clock
        )

    def _edge(self, clock: VirtualClock) -> None:
        """Build what serves a page after its hello, as the bridge does."""
        agents, pages, sessions = self.agents, self.pages, cast("Any", None)
        same_user = SalesforceUserCheck(
            "", agents=agents, pages=pages, sessions=sessions, clock=clock
        )
        self.reception = Reception(
            agents=agents,
            pages=pages,
            sessions=sessions,
            directory=_Everybody(),
            same_user=same_user,
            clock=clock,
            build="",
        )
        clicks = Clicks(agents, OrgRate(clock), Metrics())
        self.frame_handler = FrameHandler(
            agents=agents, pages=pages, clicks=clicks, same_user=same_user, clock=clock
        )

    def connect(
        self, key: AgentKey, hello: Message, seconds: float, hear: Hear, gone: Gone
    ) -> Link:
        """A page has opened a socket to this process."""
        return Link(self, key, hello, seconds=seconds, hear=hear, gone=gone)

    async def take(self, heard: IncomingDelivery) -> None:
        """Take a webhook. Raises StorageError."""
        await self.intake.take(heard)

    def sweep(self) -> None:
        """Let the sweeper look once."""
        self.tasks.start("sweep", self.sweeper.sweep())
        self.tasks.start("unpark", self.sweeper.unpark())

    def die(self) -> None:
        """Gone, at once: nothing is finished, nobody is told."""
        if not self.alive:
            return
        self.alive = False
        self.store.dead = True
        for link in list(self.links):
            link.cut()
        self.pages.cut()
        for task in [*self.tasks._running, *self.store.under_way]:
            task.cancel()
        self._died(self)


class Link:
    """A socket between a page and a replica, with the replica's side.

    It stands for the bridge's outbox; frames arrive in order and with a delay.
    """

    def __init__(
        self,
        replica: Replica,
        key: AgentKey,
        hello: dict[str, Any],
        *,
        seconds: float,
        hear: Hear,
        gone: Gone,
    ) -> None:
        self.replica = replica
        self.up = True
        self.on_closing: Callable[[], None] = lambda: None
        self._seconds = seconds
        self._hear = hear
        self._gone = gone
        self._down_at = self._up_at = 0.0
        self._frames: asyncio.Queue[str] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        replica.links.add(self)
        session = Session("", key, key.user_id, "", 0, 0, 0)
        self._task = replica.tasks.start("socket", self._serve(hello, session))

    async def _serve(self, hello: dict[str, Any], session: Session) -> None:
        replica = self.replica
        await asyncio.sleep(self._seconds)
        try:
            outbox = cast("Any", self)
            page = await replica.reception.welcome(Hello.model_validate(hello), session, outbox)
            while True:
                await replica.frame_handler.handle(page, await self._frames.get())
        finally:
            self.close(1001, "gone")

    def say(self, message: Message) -> None:
        """Send a frame from the page to the server."""
        if self.up:
            self._up_at = max(self._loop.time() + self._seconds, self._up_at + 1e-5)
            self._loop.call_at(self._up_at, self._frames.put_nowait, json.dumps(message))

    def send(self, text: str) -> None:
        """Send a frame from the server to the page."""
        if self.up:
            self._down_at = max(self._loop.time() + self._seconds, self._down_at + 1e-5)
            self._loop.call_at(self._down_at, self._heard, text)

    def _heard(self, text: str) -> None:
        self._hear(self, json.loads(text))

    def close(self, code: int, reason: str) -> None:
        """The server closes the socket, or has noticed that it is gone."""
        if self.up:
            self.up = False
            self.on_closing()
            self._loop.call_later(self._seconds, self._gone, self)
        self.replica.links.discard(self)
        self._task.cancel()

    def cut(self) -> None:
        """Cut the socket of a dead process; none of its parts is called again."""
        self.up = False
        self._loop.call_later(self._seconds, self._gone, self)
