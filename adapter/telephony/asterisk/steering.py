"""Steers all calls at one Asterisk by its events: stores updates, then sends commands.

Law of this file: a call's updates are stored, in order, before the commands that follow from them
are sent; only hanging up does not wait. One call's trouble delays no other call. After every
connection all calls are compared with Asterisk's channels. The process that first reported a call
calls its destination, because a replaced process may still be about to do so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from msgspec.structs import replace

from adapter.telephony.asterisk import ids, wire
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.board import CallBoard, Step
from adapter.telephony.asterisk.client import AriClient, ConnectionLost
from adapter.telephony.asterisk.commands import (
    Command,
    Connect,
    DropBridge,
    GoOn,
    Release,
    lost_leg,
)
from adapter.telephony.asterisk.executor import CommandExecutor
from adapter.telephony.asterisk.pulse import Pulse
from adapter.telephony.port import ProviderError
from adapter.telephony.updates import CallUpdate

log = structlog.get_logger(__name__)

Tell: TypeAlias = Callable[[CallUpdate], Awaitable[bool]]
"""Stores an update durably; True if the call was not reported before. Repeated if it raises."""

Lost: TypeAlias = Callable[[Collection[str]], Iterable[CallUpdate]]
"""Given the live calls, gives end updates for reported calls that are gone."""

QUEUED = 20_000
"""Events that may wait, some seconds of a busy PBX; beyond this, reconnect and start over."""

AGAIN_SECONDS = (0.05, 0.2, 1.0, 3.0)
STEADY_SECONDS = 10.0
"""After a connection that lasted this long, reconnect at once; each one reads all state."""

REPLACED_SECONDS = (0.0, 5.0, 15.0, 30.0)
"""How long not to connect again after another program took our application, if it goes on so.

Two adapters with one application and two databases would take it from each other all the time.
"""

UNDISTURBED_SECONDS = 120.0
"""After that long, the next replacement counts as the first."""

LET_GO_SECONDS = (0.2, 1.0, 3.0, 10.0)
OTHERS_SECONDS = 5.0
"""How long another process may take to call a destination after it reported the call."""

SPARED = ("ChannelVarset", "ChannelDialplan", "DeviceStateChanged", "PeerStatusChange")
ASKED_AT_ONCE = 10
ANSWERED = "CDR(answer,u)"
"""When a leg was picked up, in Unix seconds; known while the leg exists."""


class Replaced(Exception):
    """Another process serves our application now: stop steering."""


@dataclass(eq=False, repr=False)
class Steering:
    """Serves the application of one Asterisk, in one process at a time.

    `now` in Unix ms; `users` are the agents whose phones are watched.
    """

    client: AriClient
    executor: CommandExecutor
    account: AsteriskAccount
    now: Callable[[], int]
    users: Callable[[], Iterable[str]] = lambda: ()
    lost: Lost = lambda present: ()

    def __post_init__(self) -> None:
        self._work: dict[str, asyncio.Queue[Step]] = {}
        self.board = CallBoard(self.account.app)
        self.connected = False
        self._replaced = 0

    async def run(self, tell: Tell) -> None:
        """Serve until cancelled. Returns some time after another process has taken over."""
        always = self.account.recording == "always"
        self.board = CallBoard(self.account.app, self.endpoints(), records=always)
        self._work.clear()
        async with asyncio.TaskGroup() as group:
            tries, lasted, loop = 0, 0.0, asyncio.get_running_loop()
            while True:
                began = loop.time()
                try:
                    await self._serve(group, tell)
                except Replaced:
                    lasted = loop.time() - began
                    break
                except (ConnectionLost, ProviderError) as error:
                    log.warning("asterisk.connection_lost", why=str(error))
                self.connected = False
                tries = 0 if loop.time() - began > STEADY_SECONDS else tries
                await asyncio.sleep(AGAIN_SECONDS[min(tries, len(AGAIN_SECONDS) - 1)])
                tries += 1
            self.connected, self.board = False, CallBoard(self.account.app)
            for work in self._work.values():
                work.put_nowait(Step("", done=True))
        await self._stay_away(lasted)

    async def _stay_away(self, lasted: float) -> None:
        """Wait before the application is taken back; `lasted` is how long we had it (seconds)."""
        times = 0 if lasted > UNDISTURBED_SECONDS else self._replaced
        seconds = REPLACED_SECONDS[min(times, len(REPLACED_SECONDS) - 1)]
        self._replaced = times + 1
        why = "another program has connected as this application, and controls the calls now"
        log.error("asterisk.replaced", app=self.account.app, why=why, away_seconds=seconds)
        await asyncio.sleep(seconds)

    def endpoints(self) -> dict[str, str]:
        """The watched endpoints, each with its user."""
        return {
            endpoint: user for user in self.users() for endpoint in self.account.watched_of(user)
        }

    async def _serve(self, group: asyncio.TaskGroup, tell: Tell) -> None:
        """Serve one connection until it ends."""
        events: asyncio.Queue[wire.Event | None] = asyncio.Queue(QUEUED)
        async with self.client.events() as stream:
            reading = group.create_task(_read_events(events, stream))
            pulse = Pulse(self.client.request_event)
            watching = group.create_task(_end_without(pulse, events))
            try:
                await self._subscribe()
                for step in await self._sweep():
                    self._enqueue(group, tell, step)
                self.connected = True
                log.info("asterisk.connected", calls=len(self.board.calls))
                while (event := await events.get()) is not None:
                    pulse.beat()
                    if event.type == "ApplicationReplaced":
                        raise Replaced
                    self._take_event(group, tell, event)
            finally:
                reading.cancel()
                watching.cancel()
        raise ConnectionLost("closed")

    def _take_event(self, group: asyncio.TaskGroup, tell: Tell, event: wire.Event) -> None:
        try:
            step = self.board.take(replace(event, heard_at=self.now()))
        except Exception as bug:  # one odd event must not end the steering of other calls
            log.error("asterisk.event_failed", type=event.type, exc_info=bug)
            return
        if step is not None:
            self._enqueue(group, tell, step)

    async def _subscribe(self) -> None:
        """Subscribe to the calls at our agents' phones; skip endpoints that do not exist.

        Events about channel variables are filtered out; each channel sets dozens.
        """
        with contextlib.suppress(ProviderError):
            await self.client.be_spared(*SPARED)
        for endpoint in self.board.watched:
            try:
                await self.client.subscribe(f"endpoint:{endpoint}")
            except ProviderError as error:
                log.warning("asterisk.not_watched", endpoint=endpoint, why=error.text)

    async def _sweep(self) -> tuple[Step, ...]:
        channels = await self.client.channels()
        bridges = await self.client.bridges()
        answered = await self.answered(channels)
        recorded = await self._recorded_calls(bridges)
        steps = self.board.sweep(channels, bridges, answered, self.now(), recorded)
        present = ({step.root for step in steps} | self.board.roots) - self.board.unheard
        ends = self.lost(present)
        return (*steps, *(Step(end.provider_call_id, (end,), done=True) for end in ends))

    async def _recorded_calls(self, bridges: Iterable[wire.Bridge]) -> set[str]:
        """Our calls that are being recorded. Raises ProviderError."""
        if self.account.recording == "off":
            return set()
        roots = [root for bridge in bridges if (root := ids.call_of_bridge(bridge.id))]
        return {root for root in roots if await self.client.records(root)}

    async def answered(self, channels: Iterable[wire.Channel]) -> dict[str, int]:
        """When our answered legs were picked up, in Unix ms. Raises ProviderError.

        By the clock that their events have, which is ours where Asterisk's is wrong.
        """
        ours = [leg.id for leg in channels if leg.state == "Up" and ids.leg_name(leg.id)]
        gate = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(channel: str) -> int:
            async with gate:
                return _milliseconds(await self.client.variable(channel, ANSWERED))

        times = await asyncio.gather(*(ask(channel) for channel in ours))
        behind = wire.behind_ms(self.client.date, self.now())
        return {channel: at + behind for channel, at in zip(ours, times, strict=True) if at}

    # --- one call after the other --------------------------------------------------------

    def _enqueue(self, group: asyncio.TaskGroup, tell: Tell, step: Step) -> None:
        if not (step.updates or step.commands or step.done):
            return
        work = self._work.get(step.root)
        if work is None:
            work = self._work[step.root] = asyncio.Queue()
            group.create_task(self._carry_out(group, tell, step.root, work))
        work.put_nowait(step)

    async def _carry_out(
        self, group: asyncio.TaskGroup, tell: Tell, root: str, work: asyncio.Queue[Step]
    ) -> None:
        while True:
            step = await work.get()
            stored_first = [c for c in step.commands if not isinstance(c, Release | GoOn)]
            for command in step.commands:
                if command not in stored_first:
                    await self._perform(group, tell, root, command)
            is_first = all([await _store_update(tell, update) for update in step.updates])
            for command in stored_first:
                if isinstance(command, Connect) and not is_first:
                    group.create_task(self._left_to_another(group, tell, root))
                else:
                    await self._perform(group, tell, root, command)
            if step.done and work.empty():
                if self._work.get(root) is work:
                    del self._work[root]
                return

    async def _perform(
        self, group: asyncio.TaskGroup, tell: Tell, root: str, command: Command
    ) -> None:
        if await self.executor.perform(command):
            if isinstance(command, Connect):
                self.board.called(root)
            return
        lost = lost_leg(command)
        if lost is not None:
            # It may exist in part.
            await self._perform(group, tell, root, Release(lost))
            self._lose_leg(group, tell, root, lost)
        elif isinstance(command, Release | GoOn | DropBridge):
            group.create_task(self._let_go(command))

    async def _let_go(self, command: Command) -> None:
        """Repeat failed requests, because whoever is still on the line hears silence.

        After another connection all is compared again.
        """
        for seconds in LET_GO_SECONDS:
            await asyncio.sleep(seconds)
            if not self.connected or await self.executor.perform(command):
                return

    async def _left_to_another(self, group: asyncio.TaskGroup, tell: Tell, root: str) -> None:
        """Wait for the process that first reported the call; if it is dead, give the call up."""
        await asyncio.sleep(OTHERS_SECONDS)
        if not self.board.is_called(root):
            self._lose_leg(group, tell, root, ids.destination(root))

    def _lose_leg(self, group: asyncio.TaskGroup, tell: Tell, root: str, leg: str) -> None:
        step = self.board.lost(root, leg, self.now())
        if step is not None:
            self._enqueue(group, tell, step)


async def _read_events(
    events: asyncio.Queue[wire.Event | None], stream: AsyncIterator[wire.Event]
) -> None:
    """Queue events at once, because Asterisk closes an unread socket. None marks the end."""
    try:
        async for event in stream:
            events.put_nowait(event)
    except (ConnectionLost, asyncio.QueueFull) as error:
        log.warning("asterisk.events_end", why=str(error) or type(error).__name__)
    while events.full():
        events.get_nowait()
    events.put_nowait(None)


async def _end_without(pulse: Pulse, events: asyncio.Queue[wire.Event | None]) -> None:
    """End the connection when it brings no more events; None marks the end."""
    await pulse.stops()
    log.error("asterisk.events_end", why="none comes, though the connection stands")
    with contextlib.suppress(asyncio.QueueFull):  # then some have come
        events.put_nowait(None)


async def _store_update(tell: Tell, update: CallUpdate) -> bool:
    """Store an update, retrying while the store is unavailable; returns `tell`'s result."""
    tries = 0
    while True:
        try:
            return await tell(update)
        except Exception as error:  # the update must not be lost, whatever the error
            log.error("asterisk.not_stored", moment=update.moment.value, why=str(error))
            await asyncio.sleep(AGAIN_SECONDS[min(tries, len(AGAIN_SECONDS) - 1)])
            tries += 1


def _milliseconds(text: str) -> int:
    """Unix seconds as text (1795967613.653946) in Unix ms; 0 for anything else."""
    try:
        return round(float(text) * 1000)
    except (ValueError, OverflowError):
        return 0
