"""From the digits that a text names to the one number that they can be, in a region. Pure.

Law of this file: **one reading, or a refusal.** Digits are never handed to a numbering plan that
they do not fit, and where they fit twice (a missing plus, or a missing trunk zero) the agent is
told to write the country code. With a plus a number need only be possible, for new ranges are
opened all the time; without, it must be one that the region's plan knows.
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

from adapter.core.numbertext import NumberText

NANP: Final = 1
"""The calling code of North America, whose numbers all have one form."""

_LONGEST_AREA_CODE: Final = 5
"""Digits behind the trunk prefix, as in Germany's 033877."""

_LONG: Final = 11
"""Digits of the longest numbers that are given out, without the country code (in Germany)."""

_LONGEST: Final = len("+") + 15
"""Of a whole number (https://www.itu.int/rec/T-REC-E.164)."""

_SHORT: Final = 10
"""With fewer digits what begins like the country code may as well be a number of the town."""

_NANP_FORM = re.compile(r"[2-9](?!11|9)[0-9]{2}[2-9][0-9]{6}")
"""Neither area code nor exchange begins with 0 or 1, N11 is a service, and N9X is kept for numbers
to come (https://nanpa.com)."""

_FILLER = re.compile(r"(.)\1{9}")
"""One digit ten times over fills a field that must not be empty."""


class Unplanned(Struct, frozen=True):
    """No number of any plan, or more than one: a stable reason, and what the agent reads."""

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
    """The number that the digits are, read in a region (ISO 3166, two letters). Never raises."""
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
    """Whether the number was whole before a slash: "+49 30 123456/7890" names more than one.

    What is as short as an area code, with or without the country's, is none yet.
    """
    number = parsed(written, region)
    if number is None or len(_significant(number)) <= _LONGEST_AREA_CODE:
        return False
    return bool(phonenumbers.is_valid_number(number))


def has_area_code(text: NumberText, region: str) -> bool:
    """Whether it is parted behind an area code with its zero, as in Vienna's 01 4000."""
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
        # "+49 0049 30…": the code is told twice, and the second time surely as a code.
        return _valid(once)
    if once is not None and phonenumbers.is_valid_number(once):
        return _told_twice(number, once, is_parted=groups[1:2] == (code,) and len(groups) > 2)
    if len(groups) > 1:
        region = phonenumbers.region_code_for_country_code(number.country_code or 0)
        if _has_digits_behind(number, groups) or _are_two(groups, region):
            return TOO_MANY
    return _possible(number)


def _has_digits_behind(number: PhoneNumber, groups: tuple[str, ...]) -> bool:
    """Whether the first groups are a number, and all of them none: "+81 3 5471 3541 9"."""
    if len(groups) < 3 or phonenumbers.is_valid_number(number):
        return False
    beginnings = (parsed("".join(groups[:count]), None) for count in range(2, len(groups)))
    return any(part is not None and phonenumbers.is_valid_number(part) for part in beginnings)


def _told_twice(
    whole: PhoneNumber, once: PhoneNumber, *, is_parted: bool
) -> PhoneNumber | Unplanned:
    """Behind +49 another 49: an area code that looks like it, or the country code once more."""
    if _significant(whole) == _significant(once) or not phonenumbers.is_possible_number(whole):
        return once
    is_sure = phonenumbers.is_valid_number(whole) and len(_significant(whole)) <= _LONG
    return whole if is_sure and not is_parted else AMBIGUOUS


def _possible(number: PhoneNumber) -> PhoneNumber | Unplanned:
    """A number that may well be; a trunk zero that was left over is a sign that it is not."""
    found = phonenumbers.is_possible_number_with_reason(number)
    if found == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return NO_AREA_CODE
    if found != ValidationResult.IS_POSSIBLE or not _has_its_form(number):
        return IMPOSSIBLE
    return number


def _has_its_form(number: PhoneNumber) -> bool:
    """With its country code: no area code of North America begins with 0 or 1."""
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
    found = phonenumbers.is_possible_number_with_reason(number)
    if found == ValidationResult.IS_POSSIBLE:
        return TOO_MANY if _are_two(text.groups, region) else _at_home(number, text.digits, region)
    return NO_AREA_CODE if found == ValidationResult.IS_POSSIBLE_LOCAL_ONLY else IMPOSSIBLE


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
    """Whether a second number begins within: "030 901820 030 901821", where both are short.

    Only where numbers are of any length; elsewhere two of them are too long to be one.
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
    """Two zeros are how most of the world writes a plus; in some countries they are also more."""
    plus = _with_code(digits[2:], ())
    if here is None or not phonenumbers.is_valid_number(here):
        return plus if isinstance(plus, Unplanned) else _valid(plus)
    if isinstance(plus, Unplanned) or not phonenumbers.is_valid_number(plus):
        return here
    return plus if _e164(plus) == _e164(here) else AMBIGUOUS


def _is_as_written(number: PhoneNumber, digits: str) -> bool:
    """Whether the plan took nothing but a prefix off, or has a national form of its own for it."""
    return digits.endswith(_significant(number)) or _national_form(number) == digits


def _is_known_here(number: PhoneNumber) -> bool:
    """A number of the plan; a mailbox behind a number is none that people write down."""
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
    """Whether it begins with the country's own code, and is a number of it with a plus as well."""
    if not digits.startswith(code):
        return False
    other = parsed(f"+{digits}", None)
    return other is not None and bool(phonenumbers.is_valid_number(other))


def _is_landline(number: PhoneNumber) -> bool:
    kind = phonenumbers.number_type(number)
    return kind in {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@lru_cache
def _is_closed(region: str) -> bool:
    """Whether all landlines of a region are about as long, so that none lacks its area code."""
    metadata = PhoneMetadata.metadata_for_region(region)
    fixed = metadata.fixed_line if metadata is not None else None
    lengths = fixed.possible_length if fixed is not None else ()
    return bool(lengths) and max(lengths) - min(lengths) <= 1


def national_digits(number: PhoneNumber, region: str) -> str:
    """How the number is dialed within its country, without the trunk prefix.

    The library's own national form: an Argentine mobile has a 15 in it, and no 9.
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
    """What the library reads, in a region or abroad; None if it is no number.

    A number is judged, shown and compared, each time by its text. The value is shared by all who
    ask: never change it.
    """
    try:
        return phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return None
