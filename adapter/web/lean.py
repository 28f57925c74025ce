"""Scripts and styles as browsers get them: without what browsers skip.

A build step would part what runs from what is read; this parts them by comments, blanks and line
ends alone, and by the length of the names of styling hooks. Relies on two habits of `web/`:
comments stand at a line's beginning or hold a type, and no string runs over several lines (tests
hold the files to them).
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
    """The same lines, empty where they were comment, without the blanks before each."""
    stripped = _LEADING_COMMENT.sub(lambda comment: b"\n" * comment.group().count(b"\n"), source)
    return _INDENTATION.sub(b"", stripped)


def lean_script(source: bytes) -> bytes:
    """The same statements without comments, and without blanks but those that part two words.

    A line's end goes where the next line goes on with what is open: after an opening bracket, a
    comma or a semicolon, and before a closing bracket.

    Texts and patterns stay as they are. A `/` begins a pattern where no value can stand before it:
    after a bracket, a comma, an operator or a blank, unless a blank follows (then it divides).
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
    """The same rules without the blanks that part them; those within a selector or value stay.

    Styling hooks get short names, the same in every sheet: no script names one.
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
    """The same table on one line, but for the words that few pages ever show."""
    return _as_json({key: text for key, text in json.loads(source).items() if not _is_late(key)})


def late_words(source: bytes) -> bytes:
    """What few pages ever say, fetched then: why one could not start, what is unsaved.

    Not of a server that does not answer: it would not answer this either.
    """
    return _as_json({key: text for key, text in json.loads(source).items() if _is_late(key)})


def _is_late(key: str) -> bool:
    return key.startswith(_LATE) and not key.startswith(_ALWAYS)


def _as_json(words: dict[str, Any]) -> bytes:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
