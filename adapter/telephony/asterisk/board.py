"""All steered and watched calls of one Asterisk; assigns each event to its call. Pure.

This state can be rebuilt at any time from Asterisk's channels.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from adapter.telephony.asterisk import callupdates, ids, legs, observing, recovery, watching, wire
from adapter.telephony.asterisk.commands import Command
from adapter.telephony.asterisk.leg import State
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.wire import Bridge, Channel, Event
from adapter.telephony.updates import CallUpdate

REMEMBERED = 4_000
"""Events remembered to detect copies; Asterisk sends both copies within milliseconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from an event for one call: first store the updates, then run the commands."""

    root: str
    updates: tuple[CallUpdate, ...] = ()
    commands: tuple[Command, ...] = ()
    done: bool = False


@dataclass(slots=True)
class CallBoard:
    """The current calls. `watched` maps the agents' endpoints to their users.

    `app` is our application's name; `records`: all talks are recorded.
    """

    app: str
    watched: dict[str, str] = field(default_factory=dict)
    records: bool = False
    calls: dict[str, Steered] = field(default_factory=dict)
    seen: dict[str, watching.Watched] = field(default_factory=dict)
    _roots: dict[str, str] = field(default_factory=dict)
    _copies: OrderedDict[tuple[str, ...], None] = field(default_factory=OrderedDict)

    @property
    def unheard(self) -> set[str]:
        """Calls that go on without the agent; no update will report their end."""
        return {call.root for call in self.calls.values() if call.handed and call.agent is None}

    @property
    def roots(self) -> set[str]:
        """The ids of all calls that are up."""
        return {*self.calls, *map(ids.call_of_channel, self.seen)}

    def take(self, event: Event) -> Step | None:
        """What follows from an event; None for a copy and for a foreign channel."""
        if self._is_copy(event):
            return None
        root = self._root_of(event)
        if root is not None:
            return self._step_steered(root, event)
        subject = event.subject
        if subject is not None and ids.leg_name(subject.id) is not None:
            return None  # another adapter's, or ours before it has entered our application
        return self._watched(event)

    def _is_copy(self, event: Event) -> bool:
        mark = event.fingerprint
        if not event.timestamp:
            return False  # nothing tells it from a later one
        if mark in self._copies:
            return True
        self._copies[mark] = None
        if len(self._copies) > REMEMBERED:
            self._copies.popitem(last=False)
        return False

    def _root_of(self, event: Event) -> str | None:
        """The call that the event is about: one of ours, or a caller's that enters our app."""
        if event.recording is not None:
            return event.recording.name if event.recording.name in self.calls else None
        subject = event.subject
        if subject is None:
            return None
        name = ids.leg_name(subject.id)
        if name is not None:
            return name.root if self._is_ours(subject) else None
        if event.replace_channel is not None:
            replaced = ids.leg_name(event.replace_channel.id)
            return replaced.root if replaced else None
        if event.type == "StasisStart" and event.args[:1] == (legs.INBOUND,):
            return ids.call_of_channel(subject.id)
        return self._roots.get(subject.id)

    def _is_ours(self, channel: Channel) -> bool:
        """Whether it is in our application, or belongs to a call of ours that is known.

        Events at a watched phone, and Asterisk's lists, also show the channels of other programs.
        One of them may be another adapter, whose channels have the same kind of name.
        """
        name = ids.leg_name(channel.id)
        return channel.app == self.app or (name is not None and name.root in self.calls)

    def _step_steered(self, root: str, event: Event) -> Step:
        before = self.calls.get(root)
        call = before or self._new_call(root, event)
        return self._plan_step(before, observing.observe(call, event))

    def _new_call(self, root: str, event: Event) -> Steered:
        subject = event.subject
        if subject is None or event.replace_channel is not None:
            return Steered(root, "")
        name = ids.leg_name(subject.id)
        return recovery.called(subject) if name is None else recovery.placed(subject, name)

    def _plan_step(self, before: Steered | None, observed: Steered) -> Step:
        after, commands = legs.plan(observed, record=self.records)
        updates = callupdates.updates_between(before, after)
        if after.is_done:
            self._forget(after)
        else:
            self.calls[after.root] = after
            for leg in after.legs:
                self._roots[leg.id] = after.root
        return Step(after.root, updates, commands, after.is_done)

    def _forget(self, call: Steered) -> None:
        self.calls.pop(call.root, None)
        for leg in call.legs:
            self._roots.pop(leg.id, None)

    def called(self, root: str) -> None:
        """Note that the destination was called; if it never appears, it counts as gone."""
        call = self.calls.get(root)
        if call is not None:
            self.calls[root] = replace(call, called=True)

    def is_called(self, root: str) -> bool:
        """Whether the destination has been dialed, or the call is over."""
        call = self.calls.get(root)
        return call is None or (call.party is not None and call.party.state is not State.DOWN)

    def lost(self, root: str, channel: str, at: int) -> Step | None:
        """What follows when a leg could not be created; `at` is Unix ms."""
        call = self.calls.get(root)
        if call is None:
            return None
        return self._plan_step(call, observing.observe(call, wire.ended(channel, at, NOT_NOW)))

    # --- calls that we only watch ----------------------------------------------------

    def _watched(self, event: Event) -> Step | None:
        call_of = self._watched_call(event)
        if call_of is None:
            return None
        after, updates = watching.observe(call_of, event)
        if after.over:
            self.seen.pop(after.channel, None)
        else:
            self.seen[after.channel] = after
        return Step(ids.call_of_channel(after.channel), updates, (), after.over)

    def _watched_call(self, event: Event) -> watching.Watched | None:
        for channel in (event.caller, event.subject):
            if channel is None:
                continue
            if channel.id in self.seen:
                return self.seen[channel.id]
        subject = event.channel
        if subject is None or event.type == "ChannelDestroyed":
            return None
        user = self.watched.get(subject.endpoint)
        return None if user is None else watching.first_seen(subject, user, event.at)

    # --- after a connection ------------------------------------------------------------

    def sweep(
        self,
        channels: Iterable[Channel],
        bridges: Iterable[Bridge],
        answered: Mapping[str, int],
        now: int,
        recorded: Collection[str] = (),
    ) -> tuple[Step, ...]:
        """Compare with Asterisk's channels: adopt calls, and end those that have disappeared.

        `recorded` are the calls being recorded.
        """
        there = {channel.id: channel for channel in channels}
        steps = [self._end_missing(call, there, now) for call in list(self.calls.values())]
        ours = [channel for channel in there.values() if self._is_ours(channel)]
        for recovered in recovery.recovered_calls(ours, bridges, answered, now):
            known = self.calls.get(recovered.root)
            now_recorded = recovered.root in recorded
            updated = replace(recovered, recording=now_recorded, recorded=now_recorded)
            steps.append(self._plan_step(known, recovery.merged(known, updated)))
        for watched in list(self.seen.values()):
            if watched.channel not in there:
                steps.append(self._watched(wire.ended(watched.channel, now, NORMAL, guessed=True)))
        for channel in there.values():
            self._add_unseen(channel)
        return tuple(step for step in steps if step is not None)

    def _end_missing(self, call: Steered, there: Mapping[str, Channel], now: int) -> Step | None:
        """End legs that disappeared while nobody listened; the end is at most `now`."""
        gone = [leg for leg in call.legs if leg.is_there and leg.id not in there]
        after = call
        for leg in gone:
            after = observing.observe(after, wire.ended(leg.id, now, NORMAL, guessed=True))
        return self._plan_step(call, after) if gone else None

    def _add_unseen(self, channel: Channel) -> None:
        """Add a call at an agent's phone that began while nobody listened."""
        user = self.watched.get(channel.endpoint)
        ours = ids.leg_name(channel.id) is not None or channel.id in self._roots
        if user is not None and not ours and channel.id not in self.seen:
            self.seen[channel.id] = watching.first_seen(channel, user, 0)


NORMAL, NOT_NOW = 16, 41
"""Q.850 causes: a normal end, and a temporary failure for a leg that could not be created."""
