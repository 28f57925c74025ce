"""The caller's number and name as networks report them, or that they report none. Pure.

Law of this file: nothing but a number is taken for one. A caller who withholds the number has none,
so that no record is searched for by the word "anonymous" (RFC 3323, 4.1.1.3:
anonymous@anonymous.invalid).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from msgspec.structs import replace

from adapter.core.facts import INBOUND, Facts, Known
from adapter.core.numbers.text import NumberText, fold, read_text

_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_WITHHELD = ("anonymous", "restricted", "unknown", "unavailable", "private", "blocked", "withheld")
_SPELLED = frozenset(word.translate(_KEYS) for word in _WITHHELD)
"""What digit-only switches send for these words: 266696687 is "anonymous" on a keypad."""

_NO_NAMES = re.compile(
    r"(?:no|not|name|number|id|caller|call|wireless|mobile|cell|cellular|phone|toll|free|out|of|area"
    r"|unknown|anonymous|restricted|unavailable|unavail|private|blocked|withheld|suppressed|hidden"
    r"|payphone|voip|international|external|inbound|incoming|available|provided|null|nil|none|invalid"
    r"|undefined|n|a|p|o"
    r"|(?:unbekannt|anonym|privat)(?:e[rmns]?)?|nicht|verf[uü]gbar|extern|(?:ruf)?nummer|anruf(?:er)?"
    r"|teilnehmer|unterdr[uü]ckt|(?:des|sco)?conoci[dt][oa]|desconhecid[oa]|sconosciut[oa]|privad[oa]"
    r"|ocult[oa]|an[oó]nim[oa]|n[uú]mero|llamada|chamada|chiamata|inconnue?|masqu[eé]e?|priv[eé]e?"
    r"|anonyme|num[eé]ro|appel|correspondant|onbekend|anoniem|beller|geen|afgeschermd|disponib[ií]?le"
    r"|não|identificad[oa]|restrit[oa]|restringid[oa]|identità|nascost[oa]"
    r"|番?号?非通知|不明|表示圏外|公衆電話|通知不可能?|匿名(?:来电)?|未知(?:号码|號碼|来电)?|私人(?:号码|號碼)?"
    r"|발신(?:자|번호) ?표시 ?제한|발신(?:자|번호)|표시|제한|알|수|없음|없는|번호"
    r"|okänt|ukendt|ukjent|skjult|dolt|hemligt|anonymt|numer|nieznan[ya]|prywatny|zastrzeżony|ukryty"
    r"|neznám[éýy]|skryt[éýy]|číslo|tuntematon|salainen|ismeretlen|hívó|titkos|szám|rejtett"
    r"|bilinmeyen|gizli|numara|неизвестн\w+|скрыт\w*|номер|абонент|άγνωστος|απόκρυψη|αριθμός"
    r"|חסוי|חסום|מספר|غير|معروف|مجهول|رقم)",
    re.IGNORECASE,
)
"""Words that are no part of a person's or a company's name."""

_STATE = re.compile(
    r"A[BKLRZ]|BC|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ABDEINOST]|N[BCDEHJLMSVY]|O[HKNR]|P[AER]"
    r"|QC|RI|S[CDK]|T[NX]|UT|V[AT]|W[AIVY]"
)
"""States of the United States and provinces of Canada
(https://www.iso.org/obp/ui/#iso:code:3166:US)."""

_FEWEST_ALIKE = 7

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069\u00ad\u200b\u2060\ufeff]")
"""Characters that change the direction of text, so that it reads as another one (Unicode's
UAX #9), and invisible ones."""

_SHOWN = re.compile(r"\"?([^\"<>]*[^\"<>\s])\"?\s*<[^<>]*>")
"""A display name before an address (https://www.rfc-editor.org/rfc/rfc3261#section-25.1)."""

_USER = re.compile(
    r"(?:.*<)?\s*(?:sips?|tel):([^@;>]*)|[^<>]*<([^<>@:]*[0-9][^<>@:]*)>", re.IGNORECASE
)
_BARE = re.compile(r"([+0-9][^@;?<>:]*)[@;?:]()[^<>]*")
"""An address without a scheme: a number before a host, a port or parameters."""

_IP_ADDRESS = re.compile(r"(?:[1-9][0-9]{0,2}|0)(?:\.(?:[1-9][0-9]{0,2}|0)){3}")
_FEWEST, _MOST = 2, 18
"""Digits: from an internal extension to an international number behind its prefix."""
_LONGEST_AREA_CODE = len("+49") + 5
"""Characters before a slash (030/123456): with more, a second number may follow the slash."""
_PLAIN = re.compile(r"[+*#(]?[0-9][0-9 ().*#-]*")


@lru_cache(maxsize=1024)
def caller_number(text: str) -> str:
    """The number as it is written; empty if there is none, or it is withheld.

    The number is taken out of an address ("Ann" <sip:+1…@host>).
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
    reading = read_text(written)
    # A user name may contain digits: ada.1815@pbx is no extension.
    if not isinstance(reading, NumberText) or (address and reading.label):
        return ""
    if len(reading.before_slash.removeprefix("00")) > _LONGEST_AREA_CODE or "/" in reading.label:
        return ""
    return ("+" if reading.has_plus else "") + reading.digits


def one_line(text: str) -> str:
    """What a stranger wrote, as people may read it: without breaks, controls and what turns it."""
    return _BREAKS.sub(" ", _TURNS.sub("", text)).strip()


@lru_cache(maxsize=1024)
def caller_name(name: str, number: str) -> str:
    """The name on one line; empty if it is a placeholder or repeats the number."""
    name = one_line(name)
    shown = _SHOWN.fullmatch(name)
    name = shown[1] if shown else name
    words = [word for word in re.split(r"[\s,.:;_()/<>\"'-]+", name) if word]
    names = [word for word in words if not _NO_NAMES.fullmatch(word)]
    if len(names) < len(words) and names == words[-1:] and _STATE.fullmatch(names[0]):
        return ""  # "CELL PHONE NY": a kind of phone and a place
    if any(any(char.isalpha() for char in word) for word in names):
        return "" if _is_number_again(name, number) else name
    return ""


def _is_number_again(name: str, number: str) -> bool:
    """Whether the name is the number with a few letters, such as V12025550143."""
    digits, called = re.sub(r"[^0-9]", "", name), re.sub(r"[^0-9]", "", number)
    same = len(digits) >= _FEWEST_ALIKE and (digits.endswith(called) or called.endswith(digits))
    return bool(called) and same and sum(char.isalpha() for char in name) <= len("CID")


def cleaned(facts: Facts) -> Facts:
    """The facts of a call without the placeholders that networks send for a number or a name.

    The number of an outbound call is what was dialed, even if that is a name: only callers
    withhold theirs.
    """
    is_dialed = facts.direction is not None and facts.direction.value is not INBOUND
    number, own = _cleaned_number(facts.number, keep=is_dialed), _cleaned_number(facts.own_number)
    name = _cleaned_name(facts.name, number.value if number else "")
    if number is facts.number and own is facts.own_number and name is facts.name:
        return facts
    return replace(facts, number=number, own_number=own, name=name)


def _cleaned_number(reported: Known[str] | None, *, keep: bool = False) -> Known[str] | None:
    if reported is None:
        return None
    number = caller_number(reported.value) or (reported.value if keep else "")
    return _with_value(reported, number)


def _cleaned_name(reported: Known[str] | None, number: str) -> Known[str] | None:
    return reported and _with_value(reported, caller_name(reported.value, number))


def _with_value(reported: Known[str], value: str) -> Known[str] | None:
    if value == reported.value and value:
        return reported
    return Known(value, reported.source) if value else None
