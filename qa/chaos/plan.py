"""What will be tried in a run, drawn from its seed: calls, their courses, what goes wrong in each.

Pure. Each call has a number and a Salesforce record of its own, so that the provider's truth, the
agent's click and the Task can be matched without asking the adapter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import Any

from qa.simulation.spelling import NAMES, WRITTEN

AREAS = ("202", "206", "212", "213", "305", "312", "404", "415", "512", "617", "702", "718")
EXCHANGES = range(220, 900)

DISPOSITIONS = ("Interested", "Call back", "Wrong person")


class Kind(StrEnum):
    """How a call comes about."""

    DIAL = "dial"
    INBOUND = "inbound"
    DESK = "desk"
    """Dialed on the desk phone: nobody asked us."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What the agent enters afterwards: a first draft (autosaved), then the notes at the end.

    `late` is entered some seconds after the wrap-up is over, and replaces the notes.
    """

    first: str = ""
    notes: str = ""
    late: str = ""
    disposition: str = ""
    who: str = ""
    seconds: float = 0.1

    @property
    def final_notes(self) -> str:
        """What the Task must say in the end."""
        return self.late or self.notes

    @property
    def last_word(self) -> dict[str, Any]:
        """The fields of the frame that ends the wrap-up."""
        said: dict[str, Any] = {}
        if self.notes:
            said["notes"] = self.notes
        if self.disposition:
            said["disposition"] = self.disposition
        if self.who:
            said["who"] = {"id": self.who, "name": "Somebody else"}
        return said


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call: `number` is the other party's (E.164), `record` what was clicked (a Contact)."""

    number: str
    kind: Kind
    scenario: dict[str, Any]
    knobs: dict[str, Any] = field(default_factory=dict)
    record: str = ""
    writing: Writing = field(default_factory=Writing)
    caller: dict[str, str] = field(default_factory=dict)
    """How the network writes the caller's name and number, where it does so oddly."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with this call on purpose, to be counted when it is played."""
        asked = [f"provider_{name}" for name, value in self.knobs.items() if value == 1.0]
        odd = [f"odd_{name}" for name in self.caller]
        greeted = ["greeting"] if self.scenario.get("greeting") else []
        lost = [f"lost_{kind}" for kind in self.knobs.get("drop_types", ())]
        return (*asked, *lost, *odd, *greeted)


def plan_calls(count: int, seed: int) -> list[CallPlan]:
    """The calls of a run."""
    rng = Random(f"{seed}:calls")
    return [_call(rng, index) for index in range(count)]


def number_of(index: int) -> str:
    """A US number that no other call of the run has; its last four digits are no magic ones."""
    area, rest = divmod(index, len(EXCHANGES) * 7)
    exchange, line = divmod(rest, 7)
    return f"+1{AREAS[area % len(AREAS)]}{EXCHANGES[exchange]}{1000 + line * 1111:04d}"


def contact_of(index: int) -> str:
    """A Contact's id, 15 characters."""
    return f"003C{index:011d}"


def _call(rng: Random, index: int) -> CallPlan:
    kind = rng.choices(list(Kind), weights=(84, 12, 4))[0]
    plan = CallPlan(
        number=number_of(index),
        kind=kind,
        scenario=_scenario(rng, kind),
        knobs=_knobs(rng, kind),
        record=contact_of(index) if kind is Kind.DIAL else "",
        writing=_writing(rng, index),
    )
    return _from_outside(plan, Random(f"{index}:{plan.number}")) if kind is Kind.INBOUND else plan


def _from_outside(plan: CallPlan, rng: Random) -> CallPlan:
    """A third is greeted by the platform before it rings; a third is written oddly.

    Whose name is told is linked to nobody: the subject then tells the number as well.
    """
    greeted = {**plan.scenario, "greeting": rng.random() < 0.33}
    name = rng.choice([name for name in NAMES if isinstance(name, str)])
    number = rng.choice(WRITTEN).format(plan.number)
    kinds: list[dict[str, str]] = [{}, {"from_name": name}, {"from_number": number}]
    caller = rng.choices(kinds, weights=(66, 17, 17))[0]
    writing = replace(plan.writing, who="") if "from_name" in caller else plan.writing
    return replace(plan, scenario=greeted, caller=caller, writing=writing)


def _scenario(rng: Random, kind: Kind) -> dict[str, Any]:
    outcomes = {"answered": 70, "no-answer": 8, "busy": 6, "voicemail": 5, "rejected": 3}
    outcomes |= {"timed-out": 3, "failed": 3}
    if kind is Kind.DIAL:
        outcomes |= {"nobody-picks-up": 2}
    if kind is Kind.INBOUND:
        outcomes = {"answered": 75, "no-answer": 25}
    outcome = rng.choices(list(outcomes), weights=list(outcomes.values()))[0]
    late = kind is Kind.DIAL and rng.random() < 0.01
    return {
        "outcome": outcome,
        # A late pick-up comes when the adapter has given the placement up.
        "pick_up_seconds": rng.uniform(4.0, 5.0) if late else rng.uniform(0.05, 0.5),
        "ring_seconds": rng.uniform(0.05, 0.6),
        "talk_seconds": rng.choice((rng.uniform(0.05, 0.6), rng.uniform(0.6, 4.5))),
        "cause": rng.choice((1, 27, 38)),
    }


def _knobs(rng: Random, kind: Kind) -> dict[str, Any]:
    """One call in ten has a fault of its own, beside those that befall all alike."""
    drop = rng.random()
    if drop < 0.01:
        return {"drop_types": ["call.end"]}
    if drop < 0.02:
        return {"drop_types": ["call.answered"]}
    if drop < 0.025:
        return {"drop_types": ["call.initiated", "call.answered"]}
    if kind is not Kind.DIAL:
        return {}
    faults = {"": 940, "accept_then_reset": 20, "status_5xx": 20, "status_429": 10, "hang": 10}
    fault = rng.choices(list(faults), weights=list(faults.values()))[0]
    return {fault: 1.0, "hang_seconds": 12.0} if fault else {}


def _writing(rng: Random, index: int) -> Writing:
    talkative = rng.random()
    if talkative < 0.4:
        return Writing(seconds=rng.uniform(0.0, 0.3))
    notes = f"Notes of call {index}: {'blah ' * rng.randint(0, 40)}done"
    return Writing(
        first=notes[: rng.randint(1, 12)] if talkative > 0.7 else "",
        notes=notes,
        late=f"Later: {notes}" if rng.random() < 0.1 else "",
        disposition=rng.choice(DISPOSITIONS) if rng.random() < 0.3 else "",
        who=f"003W{index:011d}" if rng.random() < 0.1 else "",
        seconds=rng.uniform(0.1, 1.5),
    )
