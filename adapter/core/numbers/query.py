"""One phone number, searched for in all stored data in any spelling.

This serves a person's right to a copy of their data and to its erasure (GDPR, articles 15 and 17).
Both kinds of error hurt: a missed number stays, and a wrong match is somebody else's data. So a
spelling without a country code is only read as a number of the given regions, and two numbers are
equal only if their E.164 forms are, never because one ends like the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import phonenumbers
from msgspec import Struct
from phonenumbers import Leniency, NumberParseException, PhoneNumber, PhoneNumberFormat
from phonenumbers import PhoneNumberMatcher as Matcher

from adapter.core.numbers.phone import plain

PREFIXES = ("00", "011")
"""Dialed before a country code: in most countries, and in North America."""

_OTHER = re.compile("[^0-9]+")
_LONGEST_ALONE = 40
"""Longer text is not a single number."""


class NumberQuery(Struct, frozen=True):
    """`number` is E.164, `national` its national significant digits.

    Numbers without a country code may be from `regions` (ISO 3166 two-letter codes).
    """

    number: str
    national: str
    regions: tuple[str, ...]

    def may_be_in(self, text: str) -> bool:
        """Whether this JSON text may contain the number: a cheap test without false negatives."""
        if "\\u" in text or not text.isascii():
            return True
        return self.national in _OTHER.sub("", text)

    def is_in(self, text: str) -> bool:
        """Whether the text contains the number, alone or among other words."""
        folded = plain(text)
        if self.national not in "".join(c for c in folded if c.isdigit()):
            return False
        return self._is_all_of(folded) or any(
            _e164(match.number) == self.number
            for region in self.regions
            for match in Matcher(folded, region, leniency=Leniency.POSSIBLE, max_tries=1_000_000)
        )

    def is_within(self, value: object) -> bool:
        """Whether any text in a JSON value, or in a struct of ours, contains the number."""
        return any(self._is_in_leaf(item) for item in leaves(value))

    def _is_in_leaf(self, item: object) -> bool:
        if isinstance(item, str):
            return self.is_in(item)
        return isinstance(item, int) and str(item) == self.number[1:]

    def _is_all_of(self, folded: str) -> bool:
        if len(folded) > _LONGEST_ALONE:
            return False
        return any(_parsed(folded, region) == self.number for region in self.regions) or any(
            _parsed(spelling, None) == self.number for spelling in self._abroad(folded)
        )

    def _abroad(self, folded: str) -> Iterator[str]:
        """Spellings with a plus, unless the text is a valid number of these regions without it."""
        digits = "".join(c for c in folded if c.isdigit())
        for prefix in PREFIXES:
            if digits.startswith(prefix):
                yield f"+{digits.removeprefix(prefix)}"
        if not any(_is_valid(folded, region) for region in self.regions):
            yield f"+{digits}"


def sought(text: str, regions: tuple[str, ...]) -> NumberQuery | None:
    """The query for a number in any spelling, read in the first region; None if it is none."""
    try:
        number = phonenumbers.parse(plain(text), regions[0])
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    national = phonenumbers.national_significant_number(number)
    return NumberQuery(_e164(number), national, regions)


def leaves(value: object) -> Iterator[object]:
    """All leaves of a value: everything but field names and containers."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from leaves(getattr(value, name))
    else:
        yield value


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _parsed(text: str, region: str | None) -> str:
    """Its E.164 form, or "" if it cannot be parsed."""
    try:
        return _e164(phonenumbers.parse(text, region))
    except NumberParseException:
        return ""


def _is_valid(text: str, region: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except NumberParseException:
        return False
