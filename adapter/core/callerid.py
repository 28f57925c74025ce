"""Who calls: the number and the name as networks tell them, or that they tell nothing. Pure.

Law of this file: what is no number is never taken for one. A caller who withholds theirs has none,
so that nobody is searched for, and no record found, by the word "anonymous"
(RFC 3323, 4.1.1.3: anonymous@anonymous.invalid).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from msgspec.structs import replace

from adapter.core.facts import INBOUND, Facts, Known
from adapter.core.numbertext import NumberText, fold, read_text

_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_WITHHELD = ("anonymous", "restricted", "unknown", "unavailable", "private", "blocked", "withheld")
_SPELLED = frozenset(word.translate(_KEYS) for word in _WITHHELD)
"""What switches send that can only send digits: 266696687 is "anonymous" on a keypad."""

_NO_NAMES = re.compile(
    r"(?:no|not|name|number|id|caller|call|wireless|mobile|cell|cellular|phone|toll|free|out|of|area"
    r"|unknown|anonymous|restricted|unavailable|unavail|private|blocked|withheld|suppressed|hidden"
    r"|payphone|voip|international|external|inbound|incoming|available|provided|null|nil|none|invalid"
    r"|undefined|n|a|p|o"
    r"|(?:unbekannt|anonym|privat)(?:e[rmns]?)?|nicht|verf[uü]gbar|extern|(?:ruf)?nummer|anruf(?:er)?"
    r"|teilnehmer|unterdr[uü]ckt|(?:des|sco)?conoci[dt][oa]|desconhecid[oa]|sconosciut[oa]|privad[oa]"
    r"|ocult[oa]|an[oó]nim[oa]|n[uú]mero|llamada|chamada|chiamata|inconnue?|masqu[eé]e?|priv[eé]e?"
    r"|anonyme|num[eé]ro|appel|correspondant|onbekend|anoniem|beller|非通知|不明|匿名|未知|私人)",
    re.IGNORECASE,
)
"""Words of which no name of a person or a company is made."""

_STATE = re.compile(
    r"A[BKLRZ]|BC|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ABDEINOST]|N[BCDEHJLMSVY]|O[HKNR]|P[AER]"
    r"|QC|RI|S[CDK]|T[NX]|UT|V[AT]|W[AIVY]"
)
"""Of the United States and of Canada (https://www.iso.org/obp/ui/#iso:code:3166:US)."""

_FEWEST_ALIKE = 7

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069\u00ad\u200b\u2060\ufeff]")
"""What turns the letters around it, so that a text reads as another one (Unicode's UAX #9), and
what cannot be seen."""

_SHOWN = re.compile(r"\"?([^\"<>]*[^\"<>\s])\"?\s*<[^<>]*>")
"""A name as it stands before an address (https://www.rfc-editor.org/rfc/rfc3261#section-25.1)."""

_USER = re.compile(
    r"(?:.*<)?\s*(?:sips?|tel):([^@;>]*)|[^<>]*<([^<>@:]*[0-9][^<>@:]*)>", re.IGNORECASE
)
_BARE = re.compile(r"([+0-9][^@;?<>:]*)[@;?:]()[^<>]*")
"""The same without a scheme: a number before its host, its port or its parameters."""

_IP_ADDRESS = re.compile(r"(?:[1-9][0-9]{0,2}|0)(?:\.(?:[1-9][0-9]{0,2}|0)){3}")
_FEWEST, _MOST = 2, 18
"""Digits: an extension of the house, and a whole number behind a prefix for calls abroad."""
_PLAIN = re.compile(r"[+*#(]?[0-9][0-9 ().*#-]*")


@lru_cache(maxsize=1024)
def caller_number(text: str) -> str:
    """The number that is told, as it is written; empty where none is, or it is withheld.

    A display form ("Ann" <sip:+1…@host>) is read for its number.
    """
    folded = fold(text)
    address = _USER.match(folded) or _BARE.fullmatch(folded)
    written = unquote(address[1] or address[2] or "").strip() if address else folded
    digits = re.sub(r"[^0-9]", "", written)
    is_none = not _FEWEST <= len(digits) <= _MOST or digits in _SPELLED or set(digits) == {"0"}
    if is_none or _IP_ADDRESS.fullmatch(written):
        return ""
    if _PLAIN.fullmatch(written):
        return written
    found = read_text(written)
    # A name in an address may have digits: ada.1815@pbx is no extension.
    if not isinstance(found, NumberText) or found.before_slash or (address and found.label):
        return ""
    return ("+" if found.has_plus else "") + found.digits


@lru_cache(maxsize=1024)
def caller_name(name: str, number: str) -> str:
    """The name in one line, unless it is a placeholder, or only says the number again."""
    name = _BREAKS.sub(" ", _TURNS.sub("", name))
    shown = _SHOWN.fullmatch(name.strip())
    name = shown[1] if shown else name
    words = [word for word in re.split(r"[\s,.:;_()/<>\"'-]+", name.strip()) if word]
    telling = [word for word in words if not _NO_NAMES.fullmatch(word)]
    if len(telling) < len(words) and telling == words[-1:] and _STATE.fullmatch(telling[0]):
        return ""  # "CELL PHONE NY": what kind of a phone, and where
    if any(any(char.isalpha() for char in word) for word in telling):
        return "" if _is_number_again(name, number) else name.strip()
    return ""


def _is_number_again(name: str, number: str) -> bool:
    """Whether it is the number with a letter or two, such as V12025550143."""
    digits, alike = re.sub(r"[^0-9]", "", name), re.sub(r"[^0-9]", "", number)
    same = len(digits) >= _FEWEST_ALIKE and (digits.endswith(alike) or alike.endswith(digits))
    return bool(alike) and same and sum(char.isalpha() for char in name) <= len("CID")


def cleaned(facts: Facts) -> Facts:
    """The facts of a call with what networks say instead of a number or a name left out.

    Whom an agent has called is what they have dialed, be it a name: only callers withhold theirs.
    """
    dialed = facts.direction is not None and facts.direction.value is not INBOUND
    number, own = _cleaned(facts.number, keep=dialed), _cleaned(facts.own_number)
    told = facts.name
    name = caller_name(told.value, number.value if number else "") if told else ""
    kept = told if told and name == told.value else Known(name, told.source) if told else None
    if number is facts.number and own is facts.own_number and kept is told and (name or not told):
        return facts
    return replace(facts, number=number, own_number=own, name=kept if name else None)


def _cleaned(told: Known[str] | None, *, keep: bool = False) -> Known[str] | None:
    if told is None:
        return None
    number = caller_number(told.value) or (told.value if keep else "")
    return told if number == told.value else Known(number, told.source) if number else None
