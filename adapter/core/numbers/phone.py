"""Dial policy: from the text of a Salesforce field to a number that may be dialed, or a reason.

The order matters: emergency numbers first, by their raw digits ("911" parsed as a US number would
become +1 911); then internal extensions; then the numbering plans. `core.numbers.text` reads the
text, and `core.numbers.plan` decides which number it is, refusing rather than guessing. This module
decides what the deployment allows.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from zlib import crc32

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberFormat

from adapter.core.callcenter import CallCenterSettings
from adapter.core.numbers.dialplan import DialPlan, picked
from adapter.core.numbers.plan import Unplanned, has_area_code, parsed, read_number
from adapter.core.numbers.text import EMPTY, SEVERAL, NumberText, Unreadable, read_text
from adapter.core.numbers.tolls import is_costly, is_costly_within


class DialKind(StrEnum):
    """The kind of a dial string."""

    E164 = "e164"
    EXTENSION = "extension"
    EMERGENCY = "emergency"


class DialRules(Struct, frozen=True):
    """What may be dialed.

    `default_region`: ISO 3166 two-letter code, for numbers without a country code; an agent's call
    center may set another one than `home_region`, the deployment's. `regions`: where calls may go
    (empty: anywhere). `extension_digits`: shortest and longest internal extension. `allow` and
    `deny`: prefixes in E.164, or digits only for extensions and short codes; the longest match
    decides before region and kind. `digits`: whether the provider can send digits during a call,
    and so reach an extension behind a number. `plans`: the dial plans of the phone system.
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
    """A number to dial: `dial_string` in the form that the provider expects.

    `extension` is sent as digits once the call is connected: digits, perhaps with a closing #.
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
"""Words beside an emergency number that prove that it is meant as one."""


def plain(text: str) -> str:
    """The text with all scripts' digits as ASCII, without a tel: scheme and invisible marks.

    Pasted numbers carry such marks (bidi, soft hyphen, byte order).
    """
    if text.isascii():
        folded = text.strip()  # the usual case, which nothing below would change
        return folded[4:] if folded[:4].lower() == "tel:" else folded
    folded = unicodedata.normalize("NFKC", text)
    folded = "".join(c for c in folded if unicodedata.category(c) != "Cf").strip()
    digits = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in folded)
    return digits[4:] if digits[:4].lower() == "tel:" else digits


@lru_cache(maxsize=1024)
def dialable(text: str, rules: DialRules) -> Dialable | Undialable:
    """What to dial for this text, or why it cannot be dialed. Never raises."""
    if len(text) > _LONGEST:
        return Undialable("too-long", "This is too long to be a phone number.")
    reading = read_text(text)
    if isinstance(reading, Unreadable):
        return _unreadable(reading)
    if _is_alarm(reading, rules):
        return Dialable(reading.digits, DialKind.EMERGENCY)
    if rules.extensions and _is_extension(reading, rules):
        return _extension(reading.digits, rules)
    number = read_number(reading, rules.default_region)
    if isinstance(number, Unplanned):
        return Undialable(number.reason, number.text)
    if reading.extension and not rules.digits:
        return _UNREACHABLE_EXTENSION
    dial_string = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    refusal = refused(dial_string, rules)
    return refusal or Dialable(dial_string, DialKind.E164, reading.extension)


def _unreadable(reading: Unreadable) -> Undialable:
    if reading is EMPTY:
        return Undialable("empty", "There is no number here.")
    if reading is SEVERAL:
        text = "There is more than one phone number here. Dial one by hand."
        return Undialable("several-numbers", text)
    return _NO_NUMBER


_NO_NUMBER = Undialable("not-a-number", "This is not a phone number.")


_UNREACHABLE_EXTENSION = Undialable(
    "has-extension",
    "Your phone system cannot send the digits of an extension. "
    "Dial the main number and ask for the extension.",
)


def _is_alarm(reading: NumberText, rules: DialRules) -> bool:
    """Whether it is an emergency number: in one piece or digit by digit, without contrary words.

    The page says of which country. So a number that is costly where the phone system is does not
    count.
    """
    digits = reading.digits
    if reading.has_plus or reading.extension or not is_emergency(digits, rules.default_region):
        return False
    home = rules.home_region or rules.default_region
    if not is_emergency(digits, home) and is_costly_within(digits, home):
        return False
    is_bare = not (any(map(str.isalnum, reading.label + reading.remark)) or reading.lettered)
    is_labeled = reading.label.endswith(":") or reading.remark[:1] in set("(,;:-") - {""}
    has_alarm_word = _ALARM.search(f"{reading.label} {reading.remark}") is not None
    return reading.is_spelled_plainly and (is_bare or is_labeled or has_alarm_word)


@lru_cache(maxsize=1024)
def is_emergency(bare: str, region: str) -> bool:
    """Whether exactly these digits reach an emergency service in the region."""
    return (
        bare.isascii()
        and bare.isdigit()
        and len(bare) <= 6
        and bool(phonenumbers.is_emergency_number(bare, region))
    )


def _is_extension(reading: NumberText, rules: DialRules) -> bool:
    """Only digits, perhaps with a remark in brackets: not "9-17" and not "204 Main Street"."""
    shortest, longest = rules.extension_digits
    has_more = reading.has_plus or reading.extension or reading.label or reading.lettered
    return (
        not (has_more or has_area_code(reading, rules.default_region))
        and shortest <= len(reading.digits) <= longest
        and not set(reading.separators) - {" "}
        and (not reading.remark or reading.remark.startswith("("))
    )


def _extension(digits: str, rules: DialRules) -> Dialable | Undialable:
    """An extension, or a short code of the public network that looks like one."""
    regions = {rules.default_region, rules.home_region} - {""}
    outside = {f"+{phonenumbers.country_code_for_region(region)}{digits}" for region in regions}
    allowed = _longest(digits, rules.allow)
    # Denying a whole country does not deny extensions: at least one national digit must match.
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


def _longest(dialed: str, prefixes: tuple[str, ...], shortest: int = 1) -> int:
    """The length of the longest matching prefix that has at least `shortest` characters, or 0."""
    matching = (prefix for prefix in prefixes if dialed.startswith(prefix))
    return max((len(prefix) for prefix in matching if len(prefix) >= shortest), default=0)


def refused(dial_string: str, rules: DialRules) -> Undialable | None:
    """Why a number (E.164) may not be dialed; None if it may."""
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
    """The number's region, even for an unlikely number if its calling code has only one region."""
    regions = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return regions[0] if len(regions) == 1 else phonenumbers.region_code_for_number(number)


class Order(Struct, frozen=True):
    """A number that may be dialed, and what the phone system is asked to dial for it."""

    number: Dialable
    dialed: str


def order(text: str, rules: DialRules, call_center: CallCenterSettings) -> Order | Undialable:
    """What to dial for this text, by the call center's dial plan, or why not."""
    number = dialable(text, rules)
    if isinstance(number, Undialable):
        return number
    plan = picked(call_center, rules.plans)
    if plan is None or number.kind is not DialKind.E164:
        return Order(number, number.dial_string)
    dialed = plan.dialed(number.dial_string)
    if dialed is None:
        return Undialable("region", "Your phone system has no prefix for international calls.")
    for reached in (reached for other in rules.plans for reached in other.read(dialed)):
        if (refusal := refused(reached, rules)) is not None:
            return refusal
    return Order(number, dialed)


def same_number(one: str, other: str) -> bool:
    """Whether two spellings may mean the same number, with or without the country code.

    It matches a provider's event with the call that we placed, whose number it may spell otherwise.
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
    """The digits dialed for an E.164 number from abroad and at home; none for anything else."""
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
    """A 16-bit mark of a number: too short to identify it, enough to recognize a repetition."""
    return crc32(_without_one(_digits(number)).encode()) & 0xFFFF


@lru_cache(maxsize=1024)  # an agent's recent numbers are compared with each new one
def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, plain(text)))


def _without_one(digits: str) -> str:
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


@lru_cache(maxsize=1024)
def display(number: str, region: str) -> str:
    """The number in the region's usual format; unchanged if it is not E.164."""
    if not number.startswith("+"):
        return number
    read = parsed(number, None)
    if read is None:
        return number
    home = phonenumbers.country_code_for_region(region) == read.country_code
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(read, style)


def country_code(region: str) -> int:
    """The region's country calling code; 0 if there is none."""
    return phonenumbers.country_code_for_region(region)


def with_extension(shown: str, extension: str) -> str:
    """A displayed number followed by its extension, if there is one."""
    return f"{shown} ext. {extension}" if extension else shown
