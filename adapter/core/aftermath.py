"""What a provider has of a talk that is over, a recording and a summary: kept where it is wanted.

Law of this file: what no template of the admin's names is not kept and not asked for; so a call
record that brings it late changes nothing that nobody wanted.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from adapter.core.facts import Facts

KEPT = ("recording", "summary")
"""Facts of a call, by their names in templates and in `Facts`."""


def named_in(templates: Iterable[str]) -> tuple[str, ...]:
    """Which of them these templates name."""
    texts = tuple(templates)
    return tuple(name for name in KEPT if any(f"{{{name}}}" in text for text in texts))


def kept(facts: Facts, wanted: tuple[str, ...]) -> Facts:
    """The facts without what nobody wants of these."""
    if facts.recording is None and facts.summary is None:
        return facts
    unwanted = [name for name in KEPT if name not in wanted and getattr(facts, name) is not None]
    return replace(facts, **dict.fromkeys(unwanted)) if unwanted else facts


def is_missing(facts: Facts, wanted: tuple[str, ...]) -> bool:
    """Whether something is wanted of a talk that nobody has told yet."""
    return facts.connected is not None and any(getattr(facts, name) is None for name in wanted)
