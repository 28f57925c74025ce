"""What will happen in a simulated call, and when: pure, the same for the same seed.

A scenario names an outcome and, where it matters, seconds; what it leaves out is drawn
from the timings by the seed. The timeline is only the default course of things: a hand
on the control page may do anything else in between.
"""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from adapter.telephony.simulator.call import Verb

Seconds = tuple[float, float]
"""A range from which a duration is drawn, both ends included."""


class Outcome(StrEnum):
    """How a simulated call goes."""

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    """Outbound: the agent gives up; ends as "completed", the documented trap."""
    TIMED_OUT = "timed-out"
    """Nobody answers until the network ends it; says "no-answer" plainly."""
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    NOBODY_PICKS_UP = "nobody-picks-up"
    """None of the agent's devices is picked up: no event, ever."""
    REJECTED = "rejected"
    FAILED = "failed"
    MANUAL = "manual"
    """Nothing happens by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One course of a call; None is drawn. `cause` (Q.850) is for a failed call.

    `hung_up_by` is told in the call's truth; the provider's events do not say it. `greeting`: an
    inbound call is answered by the platform at once, and rings at the agent behind its greeting.
    `taken_by` names the user who answers, at whom it may not have rung; `fetched_by` the one who
    takes the call over in the middle of the talk; `unnamed`: the events of both name nobody. Of a
    talk, when it is over, the call log has a recording if it was `recorded`, and the `summary`.
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
    """Where durations are drawn from; `devices` is how long the agent's devices ring at most."""

    pick_up: Seconds = (1.0, 2.5)
    ring: Seconds = (2.0, 4.0)
    talk: Seconds = (5.0, 20.0)
    devices: float = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """Something that somebody does, `delay_ms` after the call began."""

    delay_ms: int
    verb: Verb
    cause: int | None = None
    target: str | None = None


def timeline(
    scenario: Scenario, timings: Timings, seed: str, *, picked_up: bool
) -> tuple[Step, ...]:
    """Lay out a call. `picked_up`: no device of the agent has to be picked up first."""
    rng = random.Random(seed)  # noqa: S311 - a play, not a secret
    # All three are drawn whether needed or not: one scenario's change leaves the others be.
    wait = _drawn(scenario.pick_up_seconds, timings.pick_up, rng)
    ring = _drawn(scenario.ring_seconds, timings.ring, rng)
    talk = _drawn(scenario.talk_seconds, timings.talk, rng)
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


def _drawn(fixed: float | None, span: Seconds, rng: random.Random) -> float:
    drawn = rng.uniform(*span)
    return drawn if fixed is None else fixed


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
