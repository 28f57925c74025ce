"""The timeline of a simulated call. Pure; the same for the same seed.

A scenario names an outcome and optional durations; missing ones are drawn from the timings by the
seed. The timeline is only the default: a person on the control page may intervene.
"""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from adapter.telephony.simulator.call import Verb

Seconds = tuple[float, float]
"""A range from which a duration is drawn, inclusive."""


class Outcome(StrEnum):
    """The course of a simulated call."""

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    """Outbound: the agent gives up; the call ends as "completed", the documented trap."""
    TIMED_OUT = "timed-out"
    """Nobody answers until the network ends the call; it ends as "no-answer"."""
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    NOBODY_PICKS_UP = "nobody-picks-up"
    """None of the agent's devices is picked up, so there is never an event."""
    REJECTED = "rejected"
    FAILED = "failed"
    MANUAL = "manual"
    """Nothing happens automatically."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One course of a call; None durations are drawn. `cause` (Q.850) is for a failed call.

    `hung_up_by` appears only in the call's true state. `greeting`: the platform answers an inbound
    call at once and rings the agent after its greeting. `taken_by` is the user who answers, even
    if it did not ring there; `fetched_by` takes the call over in the middle of the talk. `unnamed`:
    events name no user. The CDR of a finished talk has a recording if `recorded`, and `summary`.
    """

    outcome: Outcome = Outcome.ANSWERED
    pick_up_seconds: float | None = None
    ring_seconds: float | None = None
    talk_seconds: float | None = None
    hung_up_by: Literal["agent", "other"] = "other"
    greeting: bool = False
    cause: int = 27
    taken_by: str | None = None
    fetched_by: str | None = None
    unnamed: bool = False
    recorded: bool = False
    summary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """The ranges of durations; `devices` is the longest ringing of the agent's devices."""

    pick_up: Seconds = (1.0, 2.5)
    ring: Seconds = (2.0, 4.0)
    talk: Seconds = (5.0, 20.0)
    devices: float = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """An act `delay_ms` after the call began."""

    delay_ms: int
    verb: Verb
    cause: int | None = None
    target: str | None = None


def timeline(
    scenario: Scenario, timings: Timings, seed: str, *, picked_up: bool
) -> tuple[Step, ...]:
    """The steps of a call. `picked_up`: no device of the agent needs to be picked up first."""
    rng = random.Random(seed)  # noqa: S311 - a play, not a secret
    # Always draw all three, so that a change of one scenario does not affect others.
    wait = _draw(scenario.pick_up_seconds, timings.pick_up, rng)
    ring = _draw(scenario.ring_seconds, timings.ring, rng)
    talk = _draw(scenario.talk_seconds, timings.talk, rng)
    if scenario.outcome is Outcome.MANUAL:
        return ()
    if scenario.outcome is Outcome.NOBODY_PICKS_UP and not picked_up:
        return (Step(round(timings.devices * 1000), Verb.LAPSE),)
    begin = 0.0 if picked_up else wait
    first = () if picked_up else (Step(_ms(begin), Verb.PICK_UP),)
    return first + _after_pick_up(scenario, begin + ring, talk)


def _after_pick_up(scenario: Scenario, ring_ends: float, talk: float) -> tuple[Step, ...]:
    at, over = _ms(ring_ends), _ms(ring_ends + talk)
    match scenario.outcome:
        case Outcome.ANSWERED:
            taken, ended = Step(at, Verb.ANSWER, target=scenario.taken_by), Step(over, Verb.HANG_UP)
            if scenario.fetched_by is None:
                return (taken, ended)
            halfway = _ms(ring_ends + talk / 2)
            return (taken, Step(halfway, Verb.FETCH, target=scenario.fetched_by), ended)
        case Outcome.VOICEMAIL:
            return (Step(at, Verb.VOICEMAIL), Step(over, Verb.HANG_UP))
        case Outcome.NO_ANSWER:
            return (Step(at, Verb.HANG_UP),)
        case Outcome.BUSY:
            return (Step(at, Verb.BUSY),)
        case Outcome.REJECTED:
            return (Step(at, Verb.DECLINE),)
        case Outcome.FAILED:
            return (Step(at, Verb.FAIL, scenario.cause),)
        case _:
            return (Step(at, Verb.TIME_OUT),)


def _draw(fixed: float | None, span: Seconds, rng: random.Random) -> float:
    drawn = rng.uniform(*span)
    return drawn if fixed is None else fixed


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
