"""From the text of a phone field to the digits in it, and the words beside them.

Law of this file: **only what is certainly part of the number becomes a digit.** A remark, a second
number, a fraction or a date ends the number or makes it unreadable. Letters count as digits only in
the form in which North American numbers are advertised (1-800-FLOWERS). This module knows no
numbering plans: `core.numbers.plan` interprets the digits.

It reads tel: (RFC 3966) and SIP addresses, and the spellings that people use.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

LONGEST: Final = 255
"""Longer text is not read; a Salesforce phone field has 40 characters."""


class NumberText(Struct, frozen=True):
    """One number as it was written.

    `groups` are its groups of digits, the first one with the plus if there is one; `separators` are
    the characters between them. `extension` is sent once the call is connected (digits, perhaps a
    closing #). `label` and `remark` are the words before and after the number. `lettered`: letters
    were read as digits. `before_slash`: the digits before the last slash, with their plus.
    """

    groups: tuple[str, ...]
    separators: str = ""
    extension: str = ""
    label: str = ""
    remark: str = ""
    lettered: bool = False
    before_slash: str = ""

    @property
    def has_plus(self) -> bool:
        """Whether it is written with a plus and a country code."""
        return self.groups[0].startswith("+")

    @property
    def digits(self) -> str:
        """All digits, without a plus."""
        return "".join(self.groups).removeprefix("+")

    @property
    def is_spelled_plainly(self) -> bool:
        """Whether only blanks separate the groups, or each group is a single digit (9-1-1)."""
        return not set(self.separators) - {" "} or all(len(group) == 1 for group in self.groups)


class Unreadable(Struct, frozen=True):
    """No number can be read: `reason` is empty, several-numbers or not-a-number."""

    reason: str


EMPTY = Unreadable("empty")
SEVERAL = Unreadable("several-numbers")
NO_NUMBER = Unreadable("not-a-number")

_BARE = re.compile(r"\+?[0-9]+")
"""Only digits, perhaps with a plus: what most systems write."""

_URI = re.compile(
    r"(?:[^<]*<)?\s*(tel|callto|sips?):(?://)?([^<>@;?]*)(@[^<>;?]*)?((?:;[^<>;?]*)*)(?:\?[^<>]*)?>?",
    re.IGNORECASE,
)
_EXTENSION_WORD = (
    r"(?:;\s*ext\s*=|[,;(]?\s*(?:extensi[oó]n|extn|ext|xt|x|interno|int|anexo|ramal|poste|durchwahl"
    r"|apparat|app|dw|nst|доб|内線|分機|#)[\s.:#-]*)(\d{1,8})"
)
_PAUSED = r"(?:,+|;|[pw])(\d{1,6}#?|\d{7,15}#)"
"""After a pause or a wait; so many digits that they could be a phone number need a closing #."""
_EXTENSION = re.compile(rf"\s*(?:{_EXTENSION_WORD}|{_PAUSED})\)?(?![\w#*])", re.IGNORECASE)
_DATE = re.compile(
    r"\(?(?:(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d"
    r"|(?:19|20)\d\d([./-])(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01]))"
)
_NEVER_BESIDE = re.compile(r"[*#@=<>\\]|://")
_SPOKEN = frozenset("\u00b7\u2022\u30fb\u2219")
_SLASHES = frozenset("\u2044\u2215")
_ABROAD = (("+", 3), ("0011", 7), ("011", 6), ("010", 6), ("00", 5))
"""International prefixes, each with the most digits that it and a country code have."""

_WITHIN = frozenset(" ().-/+")
"""Characters that may separate a number's digits."""

_FULL_WIDTH = range(0xFF01, 0xFF5F)


def read_text(text: str) -> NumberText | Unreadable:
    """The number in a text, or why none can be read. Never raises."""
    if len(text) > LONGEST:
        return NO_NUMBER
    if _BARE.fullmatch(text):
        return NumberText((text,))
    folded = fold(text)
    address = _URI.fullmatch(folded)
    if address is not None:
        return _read_address(*address.groups(""))
    return _read_plain(folded)


def fold(text: str) -> str:
    """The text with digits of all scripts, dashes, blanks and brackets as ASCII.

    Invisible marks of pasted numbers are removed. Superscripts and fractions are kept, so that they
    do not become digits.
    """
    if text.isascii():
        return text.translate(_PLAIN).strip()
    return "".join(map(_folded, text)).strip()


_PLAIN = str.maketrans("\t\n\r[]", "   ()")


def _folded(char: str) -> str:
    if char.isascii():
        return char.translate(_PLAIN)
    if char.isdecimal():
        return str(unicodedata.digit(char))
    if ord(char) in _FULL_WIDTH:
        return _folded(chr(ord(char) - 0xFEE0))
    kind = unicodedata.category(char)
    if kind == "Cf":
        return ""
    if kind == "Zs":
        return " "
    if kind == "Pd" or char == "\u2212":
        return "-"
    return "." if char in _SPOKEN else "/" if char in _SLASHES else char


# --- addresses -----------------------------------------------------------------------------------


def _read_address(scheme: str, user: str, host: str, parameters: str) -> NumberText | Unreadable:
    """tel:, and sip: if the user part is certainly a phone number (RFC 3261, user=phone)."""
    values = dict(_parameter(part) for part in parameters.split(";")[1:])
    number = unquote(user).strip()
    if scheme.lower() not in {"tel", "callto"}:
        is_phone = values.get("user") == "phone" or re.fullmatch(r"\+[0-9]{7,15}", number)
        if not is_phone:
            return NO_NUMBER
    elif host:
        return NO_NUMBER
    context = values.get("phone-context", "")
    if context.startswith("+") and not number.startswith("+"):
        number = context + number
    extension = values.get("ext", "")
    return _read_plain(f"{number};ext={extension}" if extension else number)


def _parameter(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip().lower(), value.strip()


# --- plain text ----------------------------------------------------------------------------------


def _read_plain(text: str) -> NumberText | Unreadable:
    if _is_odd(text):
        return NO_NUMBER
    lettered = read_letters(text)
    if lettered is not None:
        return lettered
    first = re.search(r"\d", text)
    if first is None:
        return NO_NUMBER if re.search(r"[^\s().\-/+]|\+", text) else EMPTY
    start = first.start()
    while start > 0 and text[start - 1] in "+( ":
        start -= 1
    end = _end_of_run(text, start)
    before, run, after = text[:start], text[start:end], text[end:].lstrip(")")
    second = _doubled(run, after)
    if second is not None:
        return _read_plain(before + second)
    return _read_parts(before, run, after)


def _is_odd(text: str) -> bool:
    """Whether it has control characters, surrogates, or numerals that are no digits (², ½, Ⅳ)."""
    kinds = () if text.isascii() else map(unicodedata.category, text)
    return min(text, default=" ") < " " or not {"No", "Nl", "Cs"}.isdisjoint(kinds)


def _end_of_run(text: str, start: int) -> int:
    """The index after the last digit of the number that begins at `start`.

    A bracket only opens around an area code or a trunk zero, that is, early in the number.
    """
    seen, end = 0, start
    for place in range(start, len(text)):
        char = text[place]
        if char.isdigit():
            seen, end = seen + 1, place + 1
        elif (
            char not in _WITHIN
            or (char == "+" and seen)
            or (char == "(" and seen > _before_bracket(text[start:place]))
        ):
            break
    return end


def _before_bracket(written: str) -> int:
    """How many digits may precede an opening bracket: more after an international prefix."""
    started = written.lstrip(" (")
    return next((most for prefix, most in _ABROAD if started.startswith(prefix)), 3)


def _doubled(run: str, after: str) -> str | None:
    """The rest of a text that repeats its country code: "+49 +49 30…", "0049 (+49) 30…"."""
    code = re.fullmatch(r"\(?(?:\+|00|011)?\s*(\d{1,3})\s*", run)
    rest = after.lstrip(" (")
    if code is None or not rest.startswith("+"):
        return None
    return rest if rest[1:].lstrip(" (").startswith(code[1]) else None


def _read_parts(before: str, run: str, after: str) -> NumberText | Unreadable:
    body = run.lstrip("+( ")
    plus = "+" * run[: len(run) - len(body)].count("+")
    if len(plus) > 2 or _DATE.fullmatch(run):
        return NO_NUMBER
    if _slash_parts_numbers(body, has_plus=bool(plus)) or _is_range(body):
        return SEVERAL
    extension = _EXTENSION.match(after)
    rest = after[extension.end() :] if extension else after
    refused = _refused_beside(before, rest, is_joined=run[:1].isdigit())
    if refused is not None:
        return refused
    groups = re.findall(r"\d+", body)
    groups[0] = ("+" if plus else "") + groups[0]
    return NumberText(
        tuple(groups),
        separators="".join(re.findall(r"[ ./-]", body)),
        extension=(extension[1] or extension[2]) if extension else "",
        label=before.strip(),
        remark=rest.strip(),
        before_slash=plus[:1] + re.sub(r"\D", "", body.rpartition("/")[0]) if "/" in body else "",
    )


def _slash_parts_numbers(body: str, *, has_plus: bool) -> bool:
    """Whether a slash separates two numbers, rather than an area code from a number."""
    if "/" not in body:
        return False
    first, last = body.partition("/")[0], body.rpartition("/")[2]
    is_abroad = has_plus or any(first.startswith(prefix) for prefix, _ in _ABROAD)
    return _count(first) > (12 if is_abroad else 6) or _count(last) < 4 or _count(first) < 1


def _is_range(body: str) -> bool:
    """Whether it ends with a range: "…56789 - 92" (from, to), "… 9-17" (opening hours)."""
    first, dash, last = body.rpartition(" - ")
    if dash and _count(first) >= 9 and 2 <= _count(last) <= 4:
        return True
    hours = re.search(r" (\d\d?)-(\d\d?)\Z", body)
    return (
        hours is not None
        and int(hours[1]) < int(hours[2]) <= 24
        and _count(body[: hours.start()]) >= 6
    )


def _count(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _refused_beside(before: str, rest: str, *, is_joined: bool) -> Unreadable | None:
    """Why the text beside a number makes it unreadable, if it does."""
    if _NEVER_BESIDE.search(before) or _NEVER_BESIDE.search(rest):
        return NO_NUMBER
    if re.search(r"[+\d]", rest):
        return SEVERAL
    joined = rest[:1].isalpha() or (before[-1:].isalpha() and is_joined)
    return NO_NUMBER if joined else None


# --- letters -------------------------------------------------------------------------------------

_LETTERED = re.compile(r"(\+?1[ .-]?)?(\()?(\d{3})(\))?([ .-]?)([A-Za-z0-9][A-Za-z0-9 .-]*)")
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


def read_letters(text: str) -> NumberText | None:
    """A number advertised with letters, seven characters after an area code; else None.

    Only toll-free numbers may have blanks or lower-case letters: after any other area code, that is
    how a name is written ("456 Jackson").
    """
    found = _LETTERED.fullmatch(text)
    if found is None or not re.search(r"[A-Za-z]", found[6]):
        return None
    prefix, bracket, code, _, separator, word = found.groups("")
    places = re.sub(r"[ .-]", "", word)
    if len(places) != 7 or sum(char.isalpha() for char in places) < 3:
        return None
    parts = re.split(r"[ .-]", word)
    if code in _TOLL_FREE:
        mixed = any(char.isdigit() for char in places)
        fits = not (mixed and " " in word) or _is_block(parts)
    else:
        joined = " " not in word and (separator != " " or bool(bracket))
        fits = word.isupper() and joined and (bool(prefix or bracket) or _is_block(parts))
    digits = places.upper().translate(_KEYS)
    plus = "+" if prefix.startswith("+") else ""
    country = (f"{plus}1",) if prefix else ()
    return NumberText((*country, code, digits), lettered=True) if fits else None


def _is_block(parts: list[str]) -> bool:
    """Three digits and four capital letters: 555-HELP."""
    if len(parts) != 2 or not parts[0].isdigit():
        return False
    return len(parts[0]) == 3 and parts[1].isalpha() and parts[1].isupper()
