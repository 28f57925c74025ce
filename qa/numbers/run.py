"""Reads generated texts with the product and `qa.numbers.reader`, and counts errors of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from adapter.core.numbers.phone import Dialable, DialRules, dialable
from qa.numbers.reader import named
from qa.numbers.texts import Writer, Written

KEPT = 20
"""How many examples of each error are shown."""


@dataclass(slots=True)
class Outcome:
    """The outcomes of the texts; `wrong` and `refused` are examples."""

    texts: int = 0
    dialed: int = 0
    refused_certain: int = 0
    certain: int = 0
    wrong_count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    refused_kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def run(count: int, seed: int) -> Outcome:
    """Read `count` texts. The same seed makes the same texts."""
    writer, outcome = Writer(seed), Outcome()
    for _ in range(count):
        _read(writer.write(), outcome)
    return outcome


def _read(written: Written, outcome: Outcome) -> None:
    reading = dialable(
        written.text, DialRules(default_region=written.region, digits=True, premium=True)
    )
    outcome.texts += 1
    outcome.kinds[written.kind] += 1
    outcome.certain += written.certain and written.meant != ""
    if isinstance(reading, Dialable):
        outcome.dialed += 1
        if wrong := _wrong(written, reading):
            outcome.wrong_count += 1
            outcome.wrong.append(f"{wrong}: {written!r} -> {reading!r}")
    elif written.meant and written.certain:
        outcome.refused_certain += 1
        outcome.refused_kinds[written.kind] += 1
        outcome.refused.append(f"{reading.reason}: {written!r}")


def _wrong(written: Written, reading: Dialable) -> str:
    """Why this number differs from the one that the text names; empty if it does not."""
    if not written.meant:
        return "nothing was named"
    readings = named(written.text, written.region)
    if written.kind == "missing plus":
        # A number with the foreign prefix may also be a national one, because it is written alike.
        return "" if reading.dial_string in readings else "the other reader names another number"
    if (reading.dial_string, reading.extension) != (written.meant, written.extension):
        return "another was meant"
    known = written.kind in BY_WORDS or not reading.dial_string.startswith("+")
    return (
        "" if known or reading.dial_string in readings else "the other reader names another number"
    )


BY_WORDS = frozenset({"advertised", "address"})
"""The independent reader does not know these: letters as digits, and addresses."""
