"""Logs: one JSON object a line, with ids to join by, and no number, note or secret in clear."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_NUMBER = re.compile(r"(?<![\w.-])\+?\d(?:[\s().-]?\d){6,14}(?![\w-])")
_HIDDEN = frozenset({"notes", "ticket", "token", "secret", "cookie", "authorization", "nonce"})
_TEXTS = ("event", "text", "reason", "error", "path", "exception")


class Masker:
    """Hides phone numbers: the last two digits, and a keyed hash to join lines by."""

    def __init__(self, key: str) -> None:
        self._key = key.encode() or b"unkeyed"

    def number(self, number: str) -> str:
        """Say "…67#1f9a30c2" for "+15551234567"."""
        digest = hmac.new(self._key, number.encode(), hashlib.sha256).hexdigest()[:8]
        return f"…{number[-2:]}#{digest}" if number else ""

    def text(self, text: str) -> str:
        """The text with every run of digits that may be a phone number hidden."""
        return _NUMBER.sub(lambda match: self.number(match.group()), text)

    def __call__(
        self, _logger: Any, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Mask one log line (a structlog processor)."""
        for name, value in line.items():
            if name in _HIDDEN:
                line[name] = "[hidden]"
            elif name == "number" and isinstance(value, str):
                line[name] = self.number(value)
            elif name in _TEXTS and isinstance(value, str):
                line[name] = self.text(value)
        return line


def set_up(level: str, hash_key: str, stream: TextIO | None = None) -> None:
    """Configure structlog for this process; standard-library loggers are only heard as warnings."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            Masker(hash_key),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, force=True)
