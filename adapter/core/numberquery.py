"""One phone number that is looked for in everything we hold, however it is written.

For a person's right to a copy of their data, and to have it erased (GDPR, articles 15 and 17). Both
ways of being wrong hurt: what is missed stays, and what is taken for theirs is somebody else's. So
a spelling without a country code is read as one of the given regions only, and two numbers are the
same when their E.164 is, never when one merely ends like the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import phonenumbers
from msgspec import Struct
from phonenumbers import Leniency, NumberParseException, PhoneNumber, PhoneNumberFormat
from phonenumbers import PhoneNumberMatcher as Matcher

from adapter.core.phone import plain

PREFIXES = ("00", "011")
"""What is dialed before a country code: nearly everywhere, and in North America."""

_OTHER = re.compile("[^0-9]+")
_LONGEST_ALONE = 40
"""A text of more letters is no number standing alone."""


class NumberQuery(Struct, frozen=True):
    """`number` is E.164, `national` its national significant digits.

    `regions` (ISO 3166, two letters) are where numbers without a country code may be from.
    """

    number: str
    national: str
    regions: tuple[str, ...]

    def may_be_in(self, text: str) -> bool:
        """Whether reading this JSON text is worth the while: cheap, and never wrongly False."""
        if "\\u" in text or not text.isascii():
            return True
        return self.national in _OTHER.sub("", text)

    def is_in(self, text: str) -> bool:
        """Whether the text says the number, alone or among other words."""
        folded = plain(text)
        if self.national not in "".join(c for c in folded if c.isdigit()):
            return False
        return self._is_all_of(folded) or any(
            _e164(match.number) == self.number
            for region in self.regions
            for match in Matcher(folded, region, leniency=Leniency.POSSIBLE, max_tries=1_000_000)
        )

    def is_within(self, value: object) -> bool:
        """Whether any text of a JSON value, or of a frozen value of ours, says it."""
        return any(self._is_said_by(item) for item in leaves(value))

    def _is_said_by(self, item: object) -> bool:
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
        """With a plus what was written without: unless it is a number of these regions as it is."""
        digits = "".join(c for c in folded if c.isdigit())
        for prefix in PREFIXES:
            if digits.startswith(prefix):
                yield f"+{digits.removeprefix(prefix)}"
        if not any(_is_valid(folded, region) for region in self.regions):
            yield f"+{digits}"


def sought(text: str, regions: tuple[str, ...]) -> NumberQuery | None:
    """What to look for, from a number in any spelling (read in the first region); None if none."""
    try:
        number = phonenumbers.parse(plain(text), regions[0])
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    national = phonenumbers.national_significant_number(number)
    return NumberQuery(_e164(number), national, regions)


def leaves(value: object) -> Iterator[object]:
    """Everything in a value that is not made of parts; names of fields are no data."""
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
    """Its E.164, or nothing if it cannot be read."""
    try:
        return _e164(phonenumbers.parse(text, region))
    except NumberParseException:
        return ""


def _is_valid(text: str, region: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except NumberParseException:
        return False
