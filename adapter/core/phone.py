"""Dial policy: from a text in a Salesforce field to a number that may be dialed, or a reason.

Order of the questions: emergency first, on the raw digits ("911" parsed as a US number would be
+1 911 and no longer be one); then extensions of the house; then libphonenumber. A number is
rejected rather than mangled: an extension would vanish in E.164, so it is refused, never dropped.

This module is the core's one use of a library: phonenumberslite computes and does nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

import phonenumbers
from msgspec import Struct
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from adapter.core.callcenter import CallCenterSettings


class DialKind(StrEnum):
    """What sort of dial string it is."""

    E164 = "e164"
    EXTENSION = "extension"
    EMERGENCY = "emergency"


class DialRules(Struct, frozen=True):
    """What may be dialed.

    `default_region`: ISO 3166 two letters, for numbers without a country code; `regions`: where
    calls may go (empty: anywhere); `extension_digits`: shortest and longest extension of the
    house; `allow` and `deny`: E.164 prefixes, the longest match decides before region and kind.
    """

    default_region: str = "US"
    regions: frozenset[str] = frozenset()
    extension_digits: tuple[int, int] = (2, 6)
    extensions: bool = True
    premium: bool = False
    satellite: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class Dialable(Struct, frozen=True):
    """A number to dial: `dial_string` as the provider takes it; `likely` if it may well exist."""

    dial_string: str
    kind: DialKind
    likely: bool = True


class Undialable(Struct, frozen=True):
    """A stable reason code, and what the agent reads."""

    reason: str
    text: str


_FORMATTING = re.compile(r"[\s().\-/\u2010-\u2015]+")
_SATELLITE = ("+870", "+881", "+882", "+883")
_PREMIUM = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
_LONGEST = 64
_NANP = 1
"""The calling code whose numbers are advertised with letters (1-800-FLOWERS)."""


def plain(text: str) -> str:
    """The text with full-width and other digits as ASCII, and a tel: scheme taken off.

    Invisible marks (bidi, soft hyphen, byte order) come with numbers that were pasted: they go.
    """
    if text.isascii():
        folded = text.strip()  # nearly always, and nothing below would change it
        return folded[4:] if folded[:4].lower() == "tel:" else folded
    folded = unicodedata.normalize("NFKC", text)
    folded = "".join(c for c in folded if unicodedata.category(c) != "Cf").strip()
    digits = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in folded)
    return digits[4:] if digits[:4].lower() == "tel:" else digits


@lru_cache(maxsize=4096)
def dialable(text: str, rules: DialRules) -> Dialable | Undialable:
    """What to dial for this text, or why it can't be dialed. Never raises."""
    if len(text) > _LONGEST:
        return Undialable("too-long", "This is too long to be a phone number.")
    raw = plain(text)
    bare = _FORMATTING.sub("", raw)
    if is_emergency(bare, rules.default_region):
        return Dialable(bare, DialKind.EMERGENCY)
    if not bare:
        return Undialable("empty", "There is no number here.")
    if rules.extensions and _is_extension(bare, rules):
        return Dialable(bare, DialKind.EXTENSION)
    return _international(raw, rules)


@lru_cache(maxsize=1024)
def is_emergency(bare: str, region: str) -> bool:
    """Whether these digits, just as they stand, reach an emergency service in the region."""
    return (
        bare.isascii()
        and bare.isdigit()
        and len(bare) <= 6
        and bool(phonenumbers.is_emergency_number(bare, region))
    )


def _is_extension(bare: str, rules: DialRules) -> bool:
    shortest, longest = rules.extension_digits
    return bare.isascii() and bare.isdigit() and shortest <= len(bare) <= longest


def _international(raw: str, rules: DialRules) -> Dialable | Undialable:
    try:
        number = phonenumbers.parse(raw, rules.default_region)
    except NumberParseException:
        return _not_a_number(raw)
    if number.extension:
        return Undialable(
            "has-extension",
            "The number has an extension, which cannot be dialed from here: "
            "dial the main number and ask for the extension.",
        )
    foreign_letters = _has_letters(raw) and number.country_code != _NANP
    if "*" in raw or "://" in raw or foreign_letters:
        # Parsing would drop a star, find digits in a web address, and read "030 123456 Home"
        # as digits: none of these was meant.
        return _not_a_number(raw)
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        # "Possible, but only locally" is among these: its E.164 would lack the area code.
        return Undialable(
            "impossible",
            "No such number can exist: check the country code and the number of digits.",
        )
    dial_string = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    refusal = _refused(number, dial_string, rules)
    if refusal is not None:
        return refusal
    return Dialable(dial_string, DialKind.E164, bool(phonenumbers.is_valid_number(number)))


def _not_a_number(raw: str) -> Undialable:
    return Undialable("not-a-number", f"“{raw[:32]}” is not a phone number.")


def _has_letters(raw: str) -> bool:
    return any(c.isalpha() for c in raw)


def _refused(
    number: phonenumbers.PhoneNumber, dial_string: str, rules: DialRules
) -> Undialable | None:
    allowed = max((len(p) for p in rules.allow if dial_string.startswith(p)), default=0)
    denied = max((len(p) for p in rules.deny if dial_string.startswith(p)), default=0)
    if denied > allowed:
        return Undialable("denied", "Your administrator has blocked this number.")
    if allowed:
        return None
    if not rules.satellite and dial_string.startswith(_SATELLITE):
        return Undialable("satellite", "Satellite numbers are not allowed by your administrator.")
    if not rules.premium and phonenumbers.number_type(number) in _PREMIUM:
        return Undialable("premium", "Premium-rate numbers are not allowed by your administrator.")
    region = _region(number)
    if rules.regions and region not in rules.regions:
        where = region or "that country"
        return Undialable("region", f"Calls to {where} are not allowed by your administrator.")
    return None


def _region(number: phonenumbers.PhoneNumber) -> str | None:
    """The number's region; an unlikely number's too, where the code has only one."""
    regions = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return regions[0] if len(regions) == 1 else phonenumbers.region_code_for_number(number)


def is_region(text: str) -> bool:
    """Whether it is a country's two letters (ISO 3166) whose numbers we can read."""
    return text in phonenumbers.SUPPORTED_REGIONS


def prefixed(number: Dialable, region: str, call_center: CallCenterSettings) -> str:
    """What the telephone system is told to dial: with the prefixes that its admin has set.

    Without any, the dial string as it is; extensions and emergency numbers are never touched.
    """
    prefixes = (
        call_center.outside_prefix,
        call_center.long_distance_prefix,
        call_center.international_prefix,
    )
    if number.kind is not DialKind.E164 or not any(prefixes):
        return number.dial_string
    parsed = phonenumbers.parse(number.dial_string)
    national = phonenumbers.national_significant_number(parsed)
    if parsed.country_code == phonenumbers.country_code_for_region(region):
        return f"{call_center.outside_prefix}{call_center.long_distance_prefix}{national}"
    abroad = f"{call_center.outside_prefix}{call_center.international_prefix}"
    return f"{abroad}{parsed.country_code}{national}"


def same_number(one: str, other: str) -> bool:
    """Whether two ways of writing may be one number: digits, a leading NANP 1 tolerated.

    For binding a provider's event to the call that we asked for (facts: telephony, section 1).
    """
    first, second = _digits(one), _digits(other)
    if not first or not second:
        return False
    return first == second or _without_one(first) == _without_one(second)


@lru_cache(maxsize=4096)  # an agent's latest numbers are compared with each further one
def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, plain(text)))


def _without_one(digits: str) -> str:
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


@lru_cache(maxsize=4096)
def display(number: str, region: str) -> str:
    """The number as people in that region read it; as it stands if it is none."""
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return number
    home = phonenumbers.country_code_for_region(region) == parsed.country_code
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


DialResult: TypeAlias = Dialable | Undialable
