"""A provider's recording and summary of a finished talk: kept only if a template uses them.

Law of this file: what none of the admin's templates names is neither kept nor looked up, so a late
CDR that has it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from adapter.core.facts import Facts

KEPT = ("recording", "summary")
"""Facts of a call, by their names in templates and in `Facts`."""


def named_in(templates: Iterable[str]) -> tuple[str, ...]:
    """Those facts that these templates name."""
    texts = tuple(templates)
    return tuple(name for name in KEPT if any(f"{{{name}}}" in text for text in texts))


def kept(facts: Facts, wanted: tuple[str, ...]) -> Facts:
    """The facts without those that are not wanted."""
    if facts.recording is None and facts.summary is None:
        return facts
    unwanted = [name for name in KEPT if name not in wanted and getattr(facts, name) is not None]
    return replace(facts, **dict.fromkeys(unwanted)) if unwanted else facts


def is_missing(facts: Facts, wanted: tuple[str, ...]) -> bool:
    """Whether a wanted fact of a talk has not been reported yet."""
    return facts.connected is not None and any(getattr(facts, name) is None for name in wanted)
