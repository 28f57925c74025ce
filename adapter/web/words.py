"""A page's texts: those that every page shows, and those that few pages show. Pure."""

from __future__ import annotations

import json
from typing import Any

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


def early_words(source: bytes) -> bytes:
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
