"""Dial policy: from a text in a Salesforce field to a number that may be dialed, or a reason.

Order of the questions: emergency first, on the raw digits ("911" parsed as a US number would be
+1 911 and no longer be one); then extensions of the house; then the numbering plans. What stands in
the text is read by `core.numbertext`, which number that is by `core.numberplan`: a number is
refused rather than guessed. Here is what a deployment allows.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberFormat

from adapter.core.callcenter import CallCenterSettings
from adapter.core.dialplan import DialPlan, picked
from adapter.core.numberplan import Unplanned, has_area_code, parsed, read_number
from adapter.core.numbertext import EMPTY, SEVERAL, NumberText, Unreadable, read_text
from adapter.core.tolls import is_costly, is_costly_within


class DialKind(StrEnum):
    """What sort of dial string it is."""

    E164 = "e164"
    EXTENSION = "extension"
    EMERGENCY = "emergency"


class DialRules(Struct, frozen=True):
    """What may be dialed.

    `default_region`: ISO 3166 two letters, for numbers without a country code (an agent's call
    center may say another one than `home_region`, the deployment's); `regions`: where calls may go
    (empty: anywhere); `extension_digits`: shortest and longest extension of the house; `allow` and
    `deny`: beginnings in E.164, or of digits alone for extensions and short codes: the longest
    match decides before region and kind; `digits`: whether the provider can send digits in a call,
    and so reach an extension behind a number; `plans`: what the telephone system may be told to
    dial before a number.
    """

    default_region: str = "US"
    regions: frozenset[str] = frozenset()
    extension_digits: tuple[int, int] = (2, 6)
    extensions: bool = True
    premium: bool = False
    satellite: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    digits: bool = False
    home_region: str = ""
    plans: tuple[DialPlan, ...] = ()


class Dialable(Struct, frozen=True):
    """A number to dial: `dial_string` as the provider takes it.

    `extension` is what is to be sent as digits once the call is connected: digits, perhaps a #.
    """

    dial_string: str
    kind: DialKind
    extension: str = ""


class Undialable(Struct, frozen=True):
    """A stable reason code, and what the agent reads."""

    reason: str
    text: str


_SATELLITE = ("+870", "+881", "+882", "+883")
_LONGEST = 64
_ALARM = re.compile(
    r"police|fire|ambulance|emergency|sos|polizei|feuerwehr|rettung|notruf|notarzt"
    r"|polic[ií]a|bomberos|emergencias?|pompiers|urgences?|samu|polizia|carabinieri|emerg[eê]ncia"
    r"|警察|消防|救急",
    re.IGNORECASE,
)
"""Words beside an emergency number that leave no doubt that it is meant as one."""


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


@lru_cache(maxsize=1024)
def dialable(text: str, rules: DialRules) -> Dialable | Undialable:
    """What to dial for this text, or why it can't be dialed. Never raises."""
    if len(text) > _LONGEST:
        return Undialable("too-long", "This is too long to be a phone number.")
    found = read_text(text)
    if isinstance(found, Unreadable):
        return _unreadable(found)
    if _is_alarm(found, rules):
        return Dialable(found.digits, DialKind.EMERGENCY)
    if rules.extensions and _is_extension(found, rules):
        return _extension(found.digits, rules)
    number = read_number(found, rules.default_region)
    if isinstance(number, Unplanned):
        return Undialable(number.reason, number.text)
    if found.extension and not rules.digits:
        return _UNREACHED
    dial_string = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    refusal = refused(dial_string, rules)
    return refusal or Dialable(dial_string, DialKind.E164, found.extension)


def _unreadable(found: Unreadable) -> Undialable:
    if found is EMPTY:
        return Undialable("empty", "There is no number here.")
    if found is SEVERAL:
        text = "There is more than one phone number here. Dial one by hand."
        return Undialable("several-numbers", text)
    return _NO_NUMBER


_NO_NUMBER = Undialable("not-a-number", "This is not a phone number.")


_UNREACHED = Undialable(
    "has-extension",
    "Your phone system cannot send the digits of an extension. "
    "Dial the main number and ask for the extension.",
)


def _is_alarm(found: NumberText, rules: DialRules) -> bool:
    """An emergency number: its digits in a row or one by one, and no word that makes it another.

    Which country's, a page says: hence none that costs at home, where the telephone system is.
    """
    if found.has_plus or found.extension or not is_emergency(found.digits, rules.default_region):
        return False
    home = rules.home_region or rules.default_region
    if not is_emergency(found.digits, home) and is_costly_within(found.digits, home):
        return False
    bare = not (any(map(str.isalnum, found.label + found.remark)) or found.lettered)
    beside = found.label.endswith(":") or found.remark[:1] in set("(,;:-") - {""}
    told = _ALARM.search(f"{found.label} {found.remark}") is not None
    return found.is_spelled_plainly and (bare or beside or told)


@lru_cache(maxsize=1024)
def is_emergency(bare: str, region: str) -> bool:
    """Whether these digits, just as they stand, reach an emergency service in the region."""
    return (
        bare.isascii()
        and bare.isdigit()
        and len(bare) <= 6
        and bool(phonenumbers.is_emergency_number(bare, region))
    )


def _is_extension(found: NumberText, rules: DialRules) -> bool:
    """Digits alone, perhaps with a remark in brackets: "9-17" and "204 Main Street" are none."""
    shortest, longest = rules.extension_digits
    others = found.has_plus or found.extension or found.label or found.lettered
    return (
        not (others or has_area_code(found, rules.default_region))
        and shortest <= len(found.digits) <= longest
        and not set(found.separators) - {" "}
        and (not found.remark or found.remark.startswith("("))
    )


def _extension(digits: str, rules: DialRules) -> Dialable | Undialable:
    """An extension, or a short code of the telephone network that looks like one."""
    regions = {rules.default_region, rules.home_region} - {""}
    outside = {f"+{phonenumbers.country_code_for_region(region)}{digits}" for region in regions}
    allowed = _longest(digits, rules.allow)
    # A whole country that is denied says nothing about extensions: a national digit must match.
    denied = max(
        [_longest(digits, rules.deny)]
        + [_longest(text, rules.deny, len(text) - len(digits) + 1) for text in outside]
    )
    if denied > allowed:
        return _DENIED
    behind = {digits, *(digits.removeprefix(plan.outside) for plan in rules.plans)}
    costly = any(is_costly_within(code, region) for region in regions for code in behind)
    if costly and not allowed and not rules.premium:
        text = (
            "This short number may cost extra and is not allowed. If it is one of your "
            "extensions, ask your admin to allow it."
        )
        return Undialable("premium", text)
    return Dialable(digits, DialKind.EXTENSION)


_DENIED = Undialable("denied", "Your admin has blocked this number.")


def _longest(dialed: str, beginnings: tuple[str, ...], shortest: int = 1) -> int:
    """How long the longest of these is that the text begins with, of those long enough."""
    lengths = (len(one) for one in beginnings if len(one) >= shortest and dialed.startswith(one))
    return max(lengths, default=0)


def refused(dial_string: str, rules: DialRules) -> Undialable | None:
    """Why a number (E.164) may not be dialed; None if it may be."""
    allowed = _longest(dial_string, rules.allow)
    if _longest(dial_string, rules.deny) > allowed:
        return _DENIED
    if allowed:
        return None
    if not rules.satellite and dial_string.startswith(_SATELLITE):
        return Undialable("satellite", "Your admin does not allow calls to satellite numbers.")
    number = parsed(dial_string, None)
    if number is None:
        return _NO_NUMBER
    if not rules.premium and is_costly(number):
        return Undialable("premium", "Your admin does not allow premium-rate numbers.")
    if rules.regions and (region := _region(number)) not in rules.regions:
        where = region or "that country"
        return Undialable("region", f"Your admin does not allow calls to {where}.")
    return None


def _region(number: phonenumbers.PhoneNumber) -> str | None:
    """The number's region; an unlikely number's too, where the code has only one."""
    regions = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return regions[0] if len(regions) == 1 else phonenumbers.region_code_for_number(number)


class Order(Struct, frozen=True):
    """A number that may be dialed, and what the telephone system is told to dial for it."""

    number: Dialable
    dialed: str


def order(text: str, rules: DialRules, call_center: CallCenterSettings) -> Order | Undialable:
    """What to have dialed for this text, by the plan that the call center names, or why not."""
    number = dialable(text, rules)
    if isinstance(number, Undialable):
        return number
    plan = picked(call_center, rules.plans)
    if plan is None or number.kind is not DialKind.E164:
        return Order(number, number.dial_string)
    told = plan.dialed(number.dial_string)
    if told is None:
        return Undialable("region", "Your phone system has no prefix for international calls.")
    for reached in (reached for other in rules.plans for reached in other.read(told)):
        if (refusal := refused(reached, rules)) is not None:
            return refusal
    return Order(number, told)


def same_number(one: str, other: str) -> bool:
    """Whether two ways of writing may be one number: with its country, or as dialed within it.

    For binding a provider's event to the call that we asked for, which it may write in another way.
    """
    first, second = _digits(one), _digits(other)
    if not first or not second:
        return False
    if first == second or _without_one(first) == _without_one(second):
        return True
    if one.startswith("+") and other.startswith("+"):
        return False
    return second in _spellings(one) or first in _spellings(other)


@lru_cache(maxsize=1024)
def _spellings(number: str) -> frozenset[str]:
    """The digits that stand for a number in E.164 abroad and at home; none of what is not one."""
    read = parsed(number, None)
    if read is None:
        return frozenset()
    region = phonenumbers.region_code_for_country_code(read.country_code or 0)
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    significant = phonenumbers.national_significant_number(read)
    abroad = _digits(number)
    home = _digits(phonenumbers.format_number(read, PhoneNumberFormat.NATIONAL))
    return frozenset({f"00{abroad}", f"011{abroad}", f"{trunk}{significant}", home})


def mark(number: str) -> int:
    """The same for the same number, and for one in 65,536 others: too little to tell it by."""
    return crc32(_without_one(_digits(number)).encode()) & 0xFFFF


@lru_cache(maxsize=1024)  # an agent's latest numbers are compared with each further one
def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, plain(text)))


def _without_one(digits: str) -> str:
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


@lru_cache(maxsize=1024)
def display(number: str, region: str) -> str:
    """The number as people in that region read it; as it stands if it is none."""
    if not number.startswith("+"):
        return number
    read = parsed(number, None)
    if read is None:
        return number
    home = phonenumbers.country_code_for_region(region) == read.country_code
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(read, style)


def with_extension(shown: str, extension: str) -> str:
    """A number as it is shown, with the extension behind it, if there is one."""
    return f"{shown} ext. {extension}" if extension else shown


DialResult: TypeAlias = Dialable | Undialable
