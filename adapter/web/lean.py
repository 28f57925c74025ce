"""Scripts and styles as browsers get them: without comments and indentation, line by line the same.

A build step would part what runs from what is read; this parts them by nothing but what browsers
skip anyway. Line numbers stay true, so that an error's place can be looked up in the source.
Relies on two habits of `web/`: comments stand on lines of their own or at a line's beginning, and
no string runs over several lines (tests hold the files to them).
"""

from __future__ import annotations

import re

_LEADING_COMMENT = re.compile(rb"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
_INDENTATION = re.compile(rb"^[ \t]+", re.MULTILINE)


def lean(source: bytes) -> bytes:
    """The same lines, empty where they were comment, without the blanks before each."""
    kept = _LEADING_COMMENT.sub(lambda comment: b"\n" * comment.group().count(b"\n"), source)
    return _INDENTATION.sub(b"", kept)
