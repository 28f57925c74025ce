"""Scripts and styles as browsers get them: without comments and indentation, line by line the same.

A build step would part what runs from what is read; this parts them by nothing but what browsers
skip anyway. Line numbers stay true, so that an error's place can be looked up in the source.
Relies on two habits of `web/`: comments stand on lines of their own or at a line's beginning, and
no string runs over several lines (tests hold the files to them). Of styles and languages, in which
nobody looks a line up, the blanks between go too.
"""

from __future__ import annotations

import json
import re

_LEADING_COMMENT = re.compile(rb"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
_INDENTATION = re.compile(rb"^[ \t]+", re.MULTILINE)
_SCRIPT = re.compile(
    rb"""
      (?P<text> '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*` )
    | (?P<pattern> (?<=[(,=:[!&|?;{}\s])
        / (?![*/\s]) (?: \\. | \[(?:\\.|[^\]\\\n])*\] | [^/\\\[\n] )+ /[a-z]* )
    | (?P<comment> /\*.*?\*/ )
    | (?P<blank> [ \t]+ )
    """,
    re.VERBOSE,
)
_PARTED = re.compile(rb"[\w$#@][\w$#@`/]|[+/-][+/-]")


def lean(source: bytes) -> bytes:
    """The same lines, empty where they were comment, without the blanks before each."""
    kept = _LEADING_COMMENT.sub(lambda comment: b"\n" * comment.group().count(b"\n"), source)
    return _INDENTATION.sub(b"", kept)


def lean_script(source: bytes) -> bytes:
    """The same lines without comments, and without blanks but those that part two words.

    Texts and patterns stay as they are. A `/` begins a pattern where no value can stand before it:
    after a bracket, a comma, an operator or a blank, unless a blank follows (then it divides).
    """
    bare = _SCRIPT.sub(lambda found: b" " if found["comment"] else found.group(), lean(source))

    def kept(found: re.Match[bytes]) -> bytes:
        if found["blank"] is None:
            return found.group()
        around = bare[found.start() - 1 : found.start()] + bare[found.end() : found.end() + 1]
        return b" " if _PARTED.match(around) else b""

    return _INDENTATION.sub(b"", _SCRIPT.sub(kept, bare))


def lean_style(source: bytes) -> bytes:
    """The same rules without the blanks that part them; those within a selector or value stay."""
    kept = re.sub(rb"\s*([{};])\s*", rb"\1", lean(source))
    return kept.replace(b": ", b":").replace(b", ", b",").replace(b";}", b"}").strip()


def lean_words(source: bytes) -> bytes:
    """The same table on one line."""
    table = json.loads(source)
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
