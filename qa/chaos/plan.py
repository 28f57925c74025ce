"""The plan of a run, drawn from its seed: calls, their outcomes and faults.

This module is pure. Each call has its own number and Salesforce record, so the provider's data, the
agent's click and the Task can be matched without the adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import Any, Generic, TypeVar

from qa.simulation.spelling import NAMES, WITHHELD, WRITTEN

AREAS = ("202", "206", "212", "213", "305", "312", "404", "415", "512", "617", "702", "718")
EXCHANGES = range(220, 900)

HIDDEN = [text for text in WITHHELD if isinstance(text, str) and 0 < len(text.strip()) <= 64]

DISPOSITIONS = ("Interested", "Call back", "Wrong person")


class Kind(StrEnum):
    """The origin of a call."""

    DIAL = "dial"
    INBOUND = "inbound"
    DESK = "desk"
    """Dialed on the desk phone, not through the adapter."""


class Company(StrEnum):
    """What another user does in an inbound call."""

    NOBODY = ""
    GROUP = "group"
    """It rings two users, and one of them takes it."""
    UNNAMED = "group-unnamed"
    """The same, but only the ringing events name the users."""
    COLLEAGUE = "colleague"
    """A colleague whose phone does not ring picks it up."""
    FETCHED = "fetched"
    """A colleague takes it over during the talk."""


COMPANIES = (
    *(Company.NOBODY,) * 5,
    *(Company.GROUP, Company.GROUP, Company.UNNAMED, Company.COLLEAGUE, Company.FETCHED),
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Writing:
    """What the agent enters after the call: a first draft (autosaved), then the final notes.

    `late` is entered some seconds after the wrap-up and replaces the notes.
    """

    first: str = ""
    notes: str = ""
    late: str = ""
    disposition: str = ""
    who: str = ""
    seconds: float = 0.1

    @property
    def final_notes(self) -> str:
        """What the Task must contain at the end."""
        return self.late or self.notes

    @property
    def last_word(self) -> dict[str, Any]:
        """The fields of the frame that ends the wrap-up."""
        fields: dict[str, Any] = {}
        if self.notes:
            fields["notes"] = self.notes
        if self.disposition:
            fields["disposition"] = self.disposition
        if self.who:
            fields["who"] = {"id": self.who, "name": "Somebody else"}
        return fields


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call. `number` is the other party's (E.164), `record` the clicked Contact."""

    number: str
    kind: Kind
    scenario: dict[str, Any]
    knobs: dict[str, Any] = field(default_factory=dict)
    record: str = ""
    writing: Writing = field(default_factory=Writing)
    caller: dict[str, str] = field(default_factory=dict)
    """Unusual spellings of the caller's name and number.

    A call with a withheld number is identified by `to_number`, the called number.
    """
    company: Company = Company.NOBODY
    second_takes: bool = False

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults of this call, which are counted when it is played."""
        provider_faults = [f"provider_{name}" for name, value in self.knobs.items() if value == 1.0]
        odd = [f"odd_{name}" for name in self.caller if name != "to_number"]
        odd += ["withheld"] if self.is_withheld else []
        company = [self.company.value] if self.company else []
        greeted = ["greeting"] if self.scenario.get("greeting") else []
        lost = [f"lost_{kind}" for kind in self.knobs.get("drop_types", ())]
        return (*provider_faults, *lost, *odd, *greeted, *company)

    @property
    def is_withheld(self) -> bool:
        """Whether the caller's number is withheld."""
        return "to_number" in self.caller


def plan_calls(count: int, seed: int) -> list[CallPlan]:
    """The calls of a run."""
    rng = Random(f"{seed}:calls")
    companies, spellings = (
        Deck(COMPANIES, rng),
        Deck(("", "", "", "name", "number", "withheld"), rng),
    )
    plans = []
    for index in range(count):
        plan = _call(rng, index)
        if plan.kind is Kind.INBOUND:
            plan = _from_outside(plan, Random(f"{index}:{plan.number}"), spellings.deal())
            plan = _in_company(plan, rng, companies.deal())
        plans.append(plan)
    return plans


class Deck(Generic[T]):
    """Deals values like cards, so that even a short run has every kind."""

    def __init__(self, cards: Sequence[T], rng: Random) -> None:
        self._cards, self._rng = cards, rng
        self._left: list[T] = []

    def deal(self) -> T:
        """The next value."""
        if not self._left:
            self._left = self._rng.sample(self._cards, k=len(self._cards))
        return self._left.pop()


def number_of(index: int) -> str:
    """A US number that is unique in the run; its last four digits are not magic ones."""
    area, rest = divmod(index, len(EXCHANGES) * 7)
    exchange, line = divmod(rest, 7)
    return f"+1{AREAS[area % len(AREAS)]}{EXCHANGES[exchange]}{1000 + line * 1111:04d}"


def contact_of(index: int) -> str:
    """A Contact's id of 15 characters."""
    return f"003C{index:011d}"


def _call(rng: Random, index: int) -> CallPlan:
    kind = rng.choices(list(Kind), weights=(84, 12, 4))[0]
    return CallPlan(
        number=number_of(index),
        kind=kind,
        scenario=_scenario(rng, kind),
        knobs=_knobs(rng, kind),
        record=contact_of(index) if kind is Kind.DIAL else "",
        writing=_writing(rng, index),
    )


def _from_outside(plan: CallPlan, rng: Random, spelled: str) -> CallPlan:
    """A third of the callers hears a greeting before it rings; half have unusual spellings.

    A caller with a name is linked to no record, so that the Subject shows the number too. Agents
    find a call's plan by its number, so they write nothing about a caller without one.
    """
    greeted = {**plan.scenario, "greeting": rng.random() < 0.33}
    plan = replace(plan, scenario=greeted)
    if spelled == "name":
        name = rng.choice([name for name in NAMES if isinstance(name, str)])
        writing = replace(plan.writing, who="")
        return replace(plan, caller={"from_name": name}, writing=writing)
    if spelled == "number":
        return replace(plan, caller={"from_number": rng.choice(WRITTEN).format(plan.number)})
    if spelled == "withheld":
        hidden = {"from_number": rng.choice(HIDDEN), "to_number": plan.number}
        return replace(plan, caller=hidden, writing=Writing())
    return plan


def _in_company(plan: CallPlan, rng: Random, company: Company) -> CallPlan:
    """Another user has a part in the call, and at least one webhook reports it."""
    if not company:
        return plan
    is_company = company in {Company.COLLEAGUE, Company.FETCHED}
    scenario = {**plan.scenario, "outcome": "answered"} if is_company else plan.scenario
    knobs = {"drop": 0.0} if is_company else {**plan.knobs, "drop": 0.0}
    second = rng.random() < 0.5
    return replace(plan, scenario=scenario, knobs=knobs, company=company, second_takes=second)


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
        # A late pick-up comes after the adapter has given the placement up.
        "pick_up_seconds": rng.uniform(4.0, 5.0) if late else rng.uniform(0.05, 0.5),
        "ring_seconds": rng.uniform(0.05, 0.6),
        "talk_seconds": rng.choice((rng.uniform(0.05, 0.6), rng.uniform(0.6, 4.5))),
        "cause": rng.choice((1, 27, 38)),
    }


def _knobs(rng: Random, kind: Kind) -> dict[str, Any]:
    """One call in ten has a fault of its own, in addition to those that affect all calls."""
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
