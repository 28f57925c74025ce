"""A simulated call: its true state, and the webhooks that each act causes. Pure.

The webhooks do not show everything: while the agent's devices ring there are none, and a call that
was never answered ends as "completed", with a duration from the agent's own pick-up.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Verb(StrEnum):
    """What somebody (or time) does to a call."""

    PICK_UP = "pick_up"
    """The agent picks up a device; the destination is dialed."""
    ANSWER = "answer"
    """The destination answers, or the agent answers an inbound call."""
    VOICEMAIL = "voicemail"
    """A machine answers the call."""
    DECLINE = "decline"
    BUSY = "busy"
    FAIL = "fail"
    TIME_OUT = "time_out"
    """The network gives up ringing."""
    HANG_UP = "hang_up"
    """Either side ends the call; before an answer, the caller gives up."""
    LAPSE = "lapse"
    """The agent's devices stop ringing unanswered."""
    TRANSFER = "transfer"
    FETCH = "fetch"
    """A colleague takes the call over at another phone, such as a parked call."""


class Phase(StrEnum):
    """The phase of a call."""

    DEVICES = "devices"
    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


class Direction(StrEnum):
    """The direction of a call."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Talk:
    """One user's part of a call that another user took over; times are Unix ms."""

    user_id: str
    connected: int
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; times are Unix ms. `callee` is the colleague who is rung in an internal call.

    `placed` is when the request arrived; the CDR begins with `started`. `rings` are all users of a
    ring group; `user_id` has the call, at first the first of the group. `unnamed`: only its ringing
    events name a user. `talks` are finished ones; `recorded` and `summary` are as in the scenario.
    """

    call_id: str
    user_id: str
    direction: Direction
    from_number: str
    to_number: str
    placed: int
    from_name: str | None = None
    callee: str | None = None
    phase: Phase = Phase.DEVICES
    started: int | None = None
    answered: int | None = None
    connected: int | None = None
    ended: int | None = None
    status: str | None = None
    cause: int | None = None
    machine: bool = False
    transferred: int | None = None
    target: str | None = None
    lapsed: int | None = None
    hung_up_by: str | None = None
    did: str | None = None
    greeted: bool = False
    rings: tuple[str, ...] = ()
    rang_at: str | None = None
    unnamed: bool = False
    talks: tuple[Talk, ...] = ()
    recorded: bool = False
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook to send: its type, and the user named in it, if any."""

    type: str
    user_id: str | None


class Impossible(Exception):
    """The act is impossible in the call's present phase."""


_ALLOWED = {
    Phase.DEVICES: {Verb.PICK_UP, Verb.LAPSE, Verb.HANG_UP, Verb.DECLINE},
    Phase.RINGING: {
        Verb.ANSWER,
        Verb.VOICEMAIL,
        Verb.DECLINE,
        Verb.BUSY,
        Verb.FAIL,
        Verb.TIME_OUT,
        Verb.HANG_UP,
    },
    Phase.TALKING: {Verb.HANG_UP, Verb.TRANSFER, Verb.FETCH},
    Phase.OVER: set[Verb](),
}

# Status and Q.850 cause of a call that ends without a talk.
_ENDINGS = {
    Verb.BUSY: ("busy", 17),
    Verb.DECLINE: ("failed", 21),
    Verb.FAIL: ("failed", 27),
    Verb.TIME_OUT: ("no-answer", 19),
    Verb.HANG_UP: ("completed", 16),
}


def begin(call: Call, now: int) -> tuple[Call, tuple[Event, ...]]:
    """Begin a call that needs no pick-up first: an inbound one, or one from a desk phone."""
    if call.direction is not Direction.INBOUND:
        return _pick_up(call, now)
    # A greeting is answered by the platform itself; it is no talk.
    answered = now if call.greeted else None
    ringing = replace(call, phase=Phase.RINGING, started=now, answered=answered)
    ringing = replace(ringing, rang_at=call.user_id)
    rings = call.rings or (call.user_id,)
    # The account's event names a user only if there is a single target.
    named = call.user_id if len(rings) == 1 else None
    ring_events = (Event("call.ringing", user) for user in rings)
    return ringing, (Event("call.incoming", named), *ring_events)


def act(
    call: Call, verb: Verb, now: int, *, cause: int | None = None, target: str | None = None
) -> tuple[Call, tuple[Event, ...]]:
    """Perform an act on a call; `target` is who answers, fetches or receives it.

    Raises `Impossible` if the phase does not allow it.
    """
    if verb not in _ALLOWED[call.phase]:
        raise Impossible(f"{verb.value} is impossible while {call.phase.value}")
    if call.phase is Phase.DEVICES:
        if verb is Verb.PICK_UP:
            return _pick_up(call, now)
        return replace(call, phase=Phase.OVER, lapsed=now), ()
    if verb is Verb.ANSWER:
        return _connect(replace(call, user_id=target or call.user_id), now, machine=False)
    if verb is Verb.FETCH:
        return _fetch(call, now, target)
    if verb is Verb.VOICEMAIL:
        return _reach_machine(call, now)
    if verb is Verb.TRANSFER:
        moved = replace(call, transferred=now, target=target)
        return moved, (Event("call.transfer", call.user_id),)
    return _end(call, verb, now, cause)


def live(call: Call) -> bool:
    """Whether the CDR shows the call as live."""
    return call.started is not None and call.phase is not Phase.OVER


def _pick_up(call: Call, now: int) -> tuple[Call, tuple[Event, ...]]:
    picked = replace(call, phase=Phase.RINGING, started=now, answered=now)
    dialed = Event("call.initiated", call.user_id)
    if call.callee is None:
        return picked, (dialed,)
    return picked, (dialed, Event("call.ringing", call.callee))


def _connect(call: Call, now: int, *, machine: bool) -> tuple[Call, tuple[Event, ...]]:
    answered = now if call.answered is None else call.answered
    talking = replace(call, phase=Phase.TALKING, answered=answered, connected=now, machine=machine)
    return talking, _event_for_each(call, "call.answered")


def _reach_machine(call: Call, now: int) -> tuple[Call, tuple[Event, ...]]:
    """An agent who dials is connected to the machine; one who is called is not."""
    if call.direction is Direction.INBOUND:
        return replace(call, phase=Phase.TALKING, machine=True), ()
    return _connect(call, now, machine=True)


def _fetch(call: Call, now: int, user_id: str | None) -> tuple[Call, tuple[Event, ...]]:
    """End one user's talk and begin another's, with a second event of the same type."""
    if user_id in {None, call.user_id} or call.connected is None:
        raise Impossible("only another user can fetch a talk")
    talks = (*call.talks, Talk(call.user_id, call.connected, now))
    fetched = replace(call, user_id=user_id, connected=now, talks=talks)
    return fetched, _event_for_each(fetched, "call.answered")


def _end(call: Call, verb: Verb, now: int, cause: int | None) -> tuple[Call, tuple[Event, ...]]:
    status, usual = _ENDINGS[verb]
    if call.machine:
        status = "voicemail"
    elif verb is Verb.HANG_UP and call.direction is Direction.INBOUND and not call.connected:
        status = "no-answer"
    over = replace(call, phase=Phase.OVER, ended=now, status=status, cause=cause or usual)
    return over, _event_for_each(call, "call.end")


def _event_for_each(call: Call, kind: str) -> tuple[Event, ...]:
    """A webhook for the user, or for both users of an internal call."""
    users = (call.user_id,) if call.callee is None else (call.user_id, call.callee)
    if call.unnamed:
        return (Event(kind, None),)
    return tuple(Event(kind, user) for user in users)
