"""An independent reader of phone fields, for comparison: by tokens, with handwritten plans.

It shares no code and no table with the product. It is generous: its answer contains every number
that a careful person could read in the text. A dialed number that is not in the answer is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from qa.numbers.plans import PLANS, Plan

_TOKENS = re.compile(r"\d+|\+|[^\d+]+")
_PARTS_DIGITS = re.compile(r"[\s()\[\]./\u2010-\u2015\u2212-]*\Z")
_SPOKEN_EXTENSION = re.compile(
    r"(?i)\W*(?:extension|ext\.?|x|#|durchwahl|poste|ramal|anexo|int\.?|;\s*ext\s*=|,+|p|w)\s*[.:]?\s*\Z"
)


def named(text: str, region: str) -> frozenset[str]:
    """Every number (E.164) that the text may name; empty if it names none, or two at once."""
    tokens = _TOKENS.findall("".join(map(_ascii, text)))
    phone = list(_first_number(tokens))
    rest = tokens[len(phone) + _leading(tokens) :]
    other_digits = [token for token in rest if token.isdigit()]
    if len(other_digits) == 1 and rest and _SPOKEN_EXTENSION.fullmatch(rest[0]):
        other_digits = []
    if other_digits and not _says_again(phone, rest):
        return frozenset()
    if other_digits:
        return named("".join(rest[rest.index("+") :]), region)
    digits = "".join(token for token in phone if token.isdigit())
    return frozenset(_readings(digits, "+" in phone, PLANS[region]))


def _ascii(char: str) -> str:
    if unicodedata.category(char) == "Cf":
        return ""
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    wide = 0xFF01 <= ord(char) <= 0xFF5E
    return chr(ord(char) - 0xFEE0) if wide else char


def _leading(tokens: list[str]) -> int:
    return next((i for i, token in enumerate(tokens) if token == "+" or token.isdigit()), 0)


def _first_number(tokens: list[str]) -> Iterator[str]:
    """The tokens from the first digit on, as long as only formatting separates them."""
    start = _leading(tokens)
    for place in range(start, len(tokens)):
        token = tokens[place]
        if token == "+" and place > start:
            return
        if not token.isdigit() and token != "+" and not _PARTS_DIGITS.match(token):
            return
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if "/" in token and following.isdigit() and len("".join(tokens[place + 1 :])) < 4:
            return
        if token != "+" and not token.isdigit() and not following.isdigit():
            return
        yield token


def _says_again(phone: list[str], rest: list[str]) -> bool:
    """In "+49 +49 30…": the first token repeats the country code of what follows."""
    digits = "".join(token for token in phone if token.isdigit())
    if "+" not in rest or len(digits) > 6:
        return False
    code = re.sub(r"\A(?:0011|011|010|00)", "", digits)
    behind = "".join(token for token in rest[rest.index("+") :] if token.isdigit())
    return behind.startswith(code)


def _readings(digits: str, plus: bool, home: Plan) -> Iterator[str]:
    if plus:
        yield from _abroad(digits)
        return
    if digits in home.alarm:
        yield digits
    for prefix in {home.prefix, "00"}:
        if digits.startswith(prefix):
            yield from _abroad(digits.removeprefix(prefix))
    if home.trunk and digits.startswith(home.trunk):
        yield from _fitting(digits.removeprefix(home.trunk), home)
    elif not home.trunk or len(digits) in home.lengths:
        yield from _fitting(digits, home)
    if digits.startswith(home.code):
        yield from _fitting(digits.removeprefix(home.code), home)


def _abroad(digits: str) -> Iterator[str]:
    for plan in PLANS.values():
        if not digits.startswith(plan.code):
            continue
        behind = digits.removeprefix(plan.code)
        yield from _fitting(behind, plan)
        if plan.trunk:
            yield from _fitting(behind.removeprefix(plan.trunk), plan)
        for again in (plan.code, f"00{plan.code}"):
            if behind.startswith(again):
                yield from _fitting(behind.removeprefix(again).removeprefix(plan.trunk), plan)


def _fitting(significant: str, plan: Plan) -> Iterator[str]:
    if len(significant) in plan.lengths and (significant[0] != "0" or not plan.trunk):
        yield f"+{plan.code}{significant}"
