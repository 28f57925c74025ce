"""Minifies scripts and styles.

It removes only comments, blanks and line ends, and shortens the names of styling hooks, so the
running code stays close to its source without a build step. It relies on two conventions of `web/`,
which tests check: comments stand at a line's start or hold a type, and strings do not span lines.
"""

from __future__ import annotations

import json
import re
from typing import Any

_LEADING_COMMENT = re.compile(rb"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
_INDENTATION = re.compile(rb"^[ \t]+", re.MULTILINE)
_LITERAL = r"""
      (?P<text> '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*` )
    | (?P<pattern> (?<=[(,=:[!&|?;{}\s])
        / (?![*/\s]) (?: \\. | \[(?:\\.|[^\]\\\n])*\] | [^/\\\[\n] )+ /[a-z]* )
"""
_SCRIPT = re.compile(
    (_LITERAL + r"| (?P<comment> /\*.*?\*/ ) | (?P<blank> [ \t]+ )").encode(), re.VERBOSE
)
_LAST = re.compile((_LITERAL + r"| (?P<idle> , (?=[}\])]) | ; (?=}) )").encode(), re.VERBOSE)
_EMPTY_LINES = re.compile(rb"\n+")
_OPEN_LINE = re.compile(rb"([{;,(\[])\n|\n(?=[}\])])")
_HOOKS = (
    (b"--slds-g-color-", b"--c-"),
    (b"--slds-g-spacing-", b"--s-"),
    (b"--slds-g-radius-border-", b"--r-"),
    (b"--slds-g-", b"--g-"),
)
_LATE = (
    "account.",
    "audio.",
    "blocked.",
    "tray.",
    "transfer.",
    "third.",
    "follow.",
    "signin.",
    "storage.",
    "work.",
    "callme.",
    "record.",
    "colleague.",
    "templates.",
)
_ALWAYS = ("blocked.title", "blocked.admin", "blocked.retry", "blocked.server-unreachable")
_PARTED = re.compile(rb"[\w$#@][\w$#@`/]|[+/-][+/-]")


def lean(source: bytes) -> bytes:
    """The lines without indentation; comment lines become empty."""
    stripped = _LEADING_COMMENT.sub(lambda comment: b"\n" * comment.group().count(b"\n"), source)
    return _INDENTATION.sub(b"", stripped)


def lean_script(source: bytes) -> bytes:
    """A script without comments, and without blanks except between two words.

    A line break is removed after an opening bracket, a comma or a semicolon, and before a closing
    bracket.

    Strings and regular expressions stay unchanged. A `/` begins one after a bracket, a comma, an
    operator or a blank, unless a blank follows (then it divides).
    """
    bare = _SCRIPT.sub(lambda match: b" " if match["comment"] else match.group(), lean(source))

    def kept(match: re.Match[bytes]) -> bytes:
        if match["blank"] is None:
            return match.group()
        around = bare[match.start() - 1 : match.start()] + bare[match.end() : match.end() + 1]
        return b" " if _PARTED.match(around) else b""

    lines = _EMPTY_LINES.sub(b"\n", _INDENTATION.sub(b"", _SCRIPT.sub(kept, bare)))
    joined = _OPEN_LINE.sub(rb"\1", lines).strip().rstrip(b";")
    return _LAST.sub(lambda match: b"" if match["idle"] else match.group(), joined)


def lean_style(source: bytes) -> bytes:
    """A style sheet without blanks between rules; those within selectors and values stay.

    Styling hooks, which no script uses, get short names, the same in every sheet.
    """
    sheet = re.sub(rb"\s*([{};])\s*", rb"\1", lean(source))
    sheet = re.sub(rb"(?<=[\s:(,-])0\.(?=\d)", b".", sheet)
    sheet = re.sub(rb'="([a-z][a-z-]*)"\]', rb"=\1]", sheet)
    for name, short in _HOOKS:
        sheet = sheet.replace(name, short)
    return (
        sheet.replace(b": ", b":")
        .replace(b", ", b",")
        .replace(b" > ", b">")
        .replace(b";}", b"}")
        .strip()
    )


def lean_words(source: bytes) -> bytes:
    """The language table on one line, without the texts that few pages show."""
    return _as_json({key: text for key, text in json.loads(source).items() if not _is_late(key)})


def late_words(source: bytes) -> bytes:
    """The texts that few pages show, fetched on demand: failures to start, unsaved calls.

    Texts about an unreachable server are not among them, as they could not be fetched then.
    """
    return _as_json({key: text for key, text in json.loads(source).items() if _is_late(key)})


def _is_late(key: str) -> bool:
    return key.startswith(_LATE) and not key.startswith(_ALWAYS)


def _as_json(words: dict[str, Any]) -> bytes:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
