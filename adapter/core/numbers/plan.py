"""From the digits in a text to the only number that they can mean in a region. Pure.

Law of this file: **one reading, or a refusal.** Digits are never forced into a numbering plan that
they do not fit. If they fit in two ways (a missing plus or trunk zero), the agent is told to write
the country code. With a plus, a number only has to be possible, because new ranges open all the
time; without one, the region's plan must know it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from msgspec import Struct
from phonenumbers import (
    CountryCodeSource,
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from adapter.core.numbers.text import NumberText

NANP: Final = 1
"""The calling code of North America, whose numbers all have one form."""

_LONGEST_AREA_CODE: Final = 5
"""Digits after the trunk prefix, as in Germany's 033877."""

_LONG: Final = 11
"""Digits of the longest assigned numbers, without the country code (in Germany)."""

_LONGEST: Final = len("+") + 15
"""The longest E.164 number (https://www.itu.int/rec/T-REC-E.164)."""

_SHORT: Final = 10
"""With fewer digits, a number that begins like the country code may also be a local number."""

_NANP_FORM = re.compile(r"[2-9](?!11|9)[0-9]{2}[2-9][0-9]{6}")
"""Neither area code nor exchange begins with 0 or 1; N11 is a service, N9X is reserved
(https://nanpa.com)."""

_FILLER = re.compile(r"(.)\1{9}")
"""One digit ten times: a placeholder in a required field."""


class Unplanned(Struct, frozen=True):
    """Not a number of any plan, or more than one: a stable reason, and what the agent reads."""

    reason: str
    text: str


NO_AREA_CODE = Unplanned(
    "no-area-code", "The area code is missing. Write the number with its area code."
)
IMPOSSIBLE = Unplanned(
    "impossible", "This number cannot exist. Check the country code and the number of digits."
)
UNKNOWN_HERE = Unplanned(
    "impossible",
    "Your country has no such number. If it is in another country, "
    "write it with + and the country code.",
)
AMBIGUOUS = Unplanned(
    "ambiguous", "This could be two different numbers. Write it with + and the country code."
)
TOO_MANY = Unplanned(
    "several-numbers", "There are extra digits after the number. Remove them, or dial it by hand."
)
NO_NUMBER = Unplanned("not-a-number", "This is not a phone number.")


def read_number(text: NumberText, region: str) -> PhoneNumber | Unplanned:
    """The number that the digits mean in a region (ISO 3166 two-letter code). Never raises."""
    is_nanp = phonenumbers.country_code_for_region(region) == NANP
    if text.lettered and not (is_nanp or text.groups[0] == "+1"):
        return NO_NUMBER
    if text.before_slash and _ends_before(text.before_slash, region):
        return TOO_MANY
    read = _with_code(text.digits, text.groups) if text.has_plus else _national(text, region)
    if isinstance(read, Unplanned) or len(_e164(read)) <= _LONGEST:
        return read
    return IMPOSSIBLE


def _ends_before(written: str, region: str) -> bool:
    """Whether the number is complete before a slash: "+49 30 123456/7890" is more than one.

    Digits as short as an area code, with or without a country code, are not complete.
    """
    number = parsed(written, region)
    if number is None or len(_significant(number)) <= _LONGEST_AREA_CODE:
        return False
    return bool(phonenumbers.is_valid_number(number))


def has_area_code(text: NumberText, region: str) -> bool:
    """Whether it is written with a separate area code and trunk zero, like Vienna's 01 4000."""
    trunk = phonenumbers.ndd_prefix_for_region(region, True)
    return trunk == "0" and len(text.groups) > 1 and text.digits.startswith(trunk)


# --- with a country code -------------------------------------------------------------------------


def _with_code(digits: str, groups: tuple[str, ...]) -> PhoneNumber | Unplanned:
    number = parsed(f"+{digits}", None)
    if number is None:
        return NO_NUMBER
    code = str(number.country_code)
    behind = digits.removeprefix(code)
    again = behind.removeprefix("00")
    once = parsed(f"+{again}", None) if again.startswith(code) else None
    if behind.startswith("00"):
        # "+49 0049 30…": the country code is repeated, and certainly meant as one.
        return _valid(once)
    if once is not None and phonenumbers.is_valid_number(once):
        return _code_twice(number, once, is_separate=groups[1:2] == (code,) and len(groups) > 2)
    if len(groups) > 1:
        region = phonenumbers.region_code_for_country_code(number.country_code or 0)
        if _has_digits_behind(number, groups) or _are_two(groups, region):
            return TOO_MANY
    return _possible(number)


def _has_digits_behind(number: PhoneNumber, groups: tuple[str, ...]) -> bool:
    """Whether only the first groups are a valid number: "+81 3 5471 3541 9"."""
    if len(groups) < 3 or phonenumbers.is_valid_number(number):
        return False
    beginnings = (parsed("".join(groups[:count]), None) for count in range(2, len(groups)))
    return any(part is not None and phonenumbers.is_valid_number(part) for part in beginnings)


def _code_twice(
    whole: PhoneNumber, once: PhoneNumber, *, is_separate: bool
) -> PhoneNumber | Unplanned:
    """Another 49 after +49: an area code that looks like it, or the country code repeated."""
    if _significant(whole) == _significant(once) or not phonenumbers.is_possible_number(whole):
        return once
    is_sure = phonenumbers.is_valid_number(whole) and len(_significant(whole)) <= _LONG
    return whole if is_sure and not is_separate else AMBIGUOUS


def _possible(number: PhoneNumber) -> PhoneNumber | Unplanned:
    """The number if it is possible; a remaining trunk zero suggests that it is not."""
    result = phonenumbers.is_possible_number_with_reason(number)
    if result == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return NO_AREA_CODE
    if result != ValidationResult.IS_POSSIBLE or not _has_its_form(number):
        return IMPOSSIBLE
    return number


def _has_its_form(number: PhoneNumber) -> bool:
    """Whether its digits are plausible: in North America no area code begins with 0 or 1."""
    national = _significant(number)
    if number.country_code == NANP:
        return _FILLER.match(national) is None and national[0] not in "01"
    return not national.startswith("0") or bool(phonenumbers.is_valid_number(number))


def _valid(number: PhoneNumber | None) -> PhoneNumber | Unplanned:
    return number if number is not None and phonenumbers.is_valid_number(number) else IMPOSSIBLE


# --- without -------------------------------------------------------------------------------------


def _national(text: NumberText, region: str) -> PhoneNumber | Unplanned:
    number = parsed(text.digits, region)
    if text.digits.startswith("00"):
        return _behind_two_zeros(text.digits, number)
    if number is None:
        return NO_NUMBER
    if number.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD:
        return _valid(number)
    result = phonenumbers.is_possible_number_with_reason(number)
    if result == ValidationResult.IS_POSSIBLE:
        return TOO_MANY if _are_two(text.groups, region) else _at_home(number, text.digits, region)
    return NO_AREA_CODE if result == ValidationResult.IS_POSSIBLE_LOCAL_ONLY else IMPOSSIBLE


def _at_home(number: PhoneNumber, digits: str, region: str) -> PhoneNumber | Unplanned:
    if number.country_code == NANP:
        is_formed = _NANP_FORM.fullmatch(_significant(number)) is not None
        return number if is_formed and _has_its_form(number) else UNKNOWN_HERE
    if not _is_known_here(number) or not _is_as_written(number, digits):
        return UNKNOWN_HERE
    if number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return _one_reading(number, digits, region)
    is_short = len(digits) < _SHORT and not _is_closed(region)
    return NO_AREA_CODE if is_short else number


def _are_two(groups: tuple[str, ...], region: str) -> bool:
    """Whether a second number follows the first: "030 901820 030 901821", if both are short.

    Only in plans with numbers of varying length; in others, two numbers are too long for one.
    """
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    if not trunk or _is_closed(region):
        return False
    starts = (place for place in range(1, len(groups)) if groups[place].startswith(trunk))
    return any(
        _is_known(groups[:place], region) and _is_known(groups[place:], region) for place in starts
    )


def _is_known(groups: tuple[str, ...], region: str) -> bool:
    number = parsed("".join(groups), region)
    return number is not None and bool(phonenumbers.is_valid_number(number))


def _behind_two_zeros(digits: str, here: PhoneNumber | None) -> PhoneNumber | Unplanned:
    """Two leading zeros: a plus in most of the world, but in some countries part of a number."""
    plus = _with_code(digits[2:], ())
    if here is None or not phonenumbers.is_valid_number(here):
        return plus if isinstance(plus, Unplanned) else _valid(plus)
    if isinstance(plus, Unplanned) or not phonenumbers.is_valid_number(plus):
        return here
    return plus if _e164(plus) == _e164(here) else AMBIGUOUS


def _is_as_written(number: PhoneNumber, digits: str) -> bool:
    """Whether the plan only removed a prefix, or writes the number like this nationally."""
    return digits.endswith(_significant(number)) or _national_form(number) == digits


def _is_known_here(number: PhoneNumber) -> bool:
    """Whether the region's plan knows the number; voicemail numbers do not count."""
    kind = phonenumbers.number_type(number)
    return kind not in {PhoneNumberType.UNKNOWN, PhoneNumberType.VOICEMAIL}


def _one_reading(number: PhoneNumber, digits: str, region: str) -> PhoneNumber | Unplanned:
    """Digits without plus and trunk prefix: as good as a number of the country, or one with it."""
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    has_trunk = bool(trunk) and digits.startswith(trunk)
    if not has_trunk and _is_abroad_too(digits, str(number.country_code)):
        return AMBIGUOUS
    lacks = bool(trunk) and not has_trunk and not _is_closed(region)
    if lacks and (_national_form(number).startswith(trunk) or _is_landline(number)):
        return NO_AREA_CODE
    return number


def _is_abroad_too(digits: str, code: str) -> bool:
    """Whether it begins with the country's own code, and is also valid with a plus."""
    if not digits.startswith(code):
        return False
    other = parsed(f"+{digits}", None)
    return other is not None and bool(phonenumbers.is_valid_number(other))


def _is_landline(number: PhoneNumber) -> bool:
    kind = phonenumbers.number_type(number)
    return kind in {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@lru_cache
def _is_closed(region: str) -> bool:
    """Whether all landlines of a region have about the same length, so that none omits a code."""
    metadata = PhoneMetadata.metadata_for_region(region)
    fixed = metadata.fixed_line if metadata is not None else None
    lengths = fixed.possible_length if fixed is not None else ()
    return bool(lengths) and max(lengths) - min(lengths) <= 1


def national_digits(number: PhoneNumber, region: str) -> str:
    """How the number is dialed within its country, without the trunk prefix.

    By the library's national format: an Argentine mobile number has a 15 in it instead of a 9.
    """
    form = _national_form(number)
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    return form.removeprefix(trunk) if trunk and number.country_code != NANP else form


def _national_form(number: PhoneNumber) -> str:
    return re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def _significant(number: PhoneNumber) -> str:
    national: str = phonenumbers.national_significant_number(number)
    return national


def _e164(number: PhoneNumber) -> str:
    written: str = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return written


@lru_cache(maxsize=1024)
def parsed(text: str, region: str | None) -> PhoneNumber | None:
    """The library's reading, in a region or with a country code; None if it is no number.

    Cached, because a number is checked, shown and compared by its text. The value is shared: never
    change it.
    """
    try:
        return phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return None
