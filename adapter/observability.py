"""Logs: one line per event, with ids for correlation, without numbers, notes or secrets in clear.

A terminal gets readable lines, anything else JSON objects. Every line about a call names its
`agent` (org/user) and our `call` id, or `provider_call` if only the provider knows the call yet.
`python -m adapter show` prints the store's data for each.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path
from time import gmtime, strftime, time_ns  # noqa: TID251 - a log line's time decides nothing
from typing import Any, Final, TextIO, cast

import orjson
import structlog
from stamina.instrumentation import RetryDetails, set_on_retry_hooks
from structlog.contextvars import get_contextvars
from structlog.processors import format_exc_info

from adapter.loglines import LogStream

_NUMBER = re.compile(
    r"(?:(?<![\w.-])|(?<=[G-Zg-z]-)|(?<=[A-Za-z][_.]))"
    r"\+?\(?\d(?:[\s()./\u00a0\u2010-\u2015-]{0,3}\d){6,14}"
    r"(?!\d|-\d|T\d|[A-Fa-f][0-9A-Fa-f]{2})"
)
"""A number as people write it: also with slashes, and next to a word (tel-…, …x204); not parts of
an id or a date."""

_WORD = re.compile(r"[^\s\"=]+")
_DIGIT = re.compile(r"\d")
_HIDDEN = ("authorization", "cookie", "draft", "nonce", "notes", "password", "secret", "ticket")
_NUMBERS = frozenset({"number", "digits", "target", "dial_string", "from_number", "to_number"})
_IDS = frozenset(
    {
        *("agent", "call", "delivery", "level", "log", "org", "page", "provider_call", "request"),
        *("timestamp", "user"),
    }
)
"""Ids that correlate lines (Salesforce's, the provider's, ours); some have only digits."""

_SHORT = 6
"""Of shorter numbers (extensions, emergency numbers) not even the last digits are shown."""

_DEPTH = 6
_LONGEST = 16_000

_WORDS = 1024
_LONGEST_WORD = 40
"""Limits of the cache of names and texts without digits: entries, and characters per text."""


class _Kind(Enum):
    """How the value of a name is masked."""

    HIDDEN = auto()
    NUMBER = auto()
    ID = auto()
    TEXT = auto()


_ID: Final = _Kind.ID
_TEXT: Final = _Kind.TEXT


class _Kinds(dict[str, _Kind]):
    """Cached, because all lines use a few names."""

    def __missing__(self, name: str) -> _Kind:
        if len(self) >= _WORDS:
            self.clear()
        kind = self[name] = _kind(name.lower())
        return kind


def _kind(name: str) -> _Kind:
    if name == "token" or any(part in name for part in (*_HIDDEN, "_token")):
        return _Kind.HIDDEN
    if name in _NUMBERS:
        return _Kind.NUMBER
    return _ID if name in _IDS else _TEXT


_KINDS = _Kinds()


class Masker:
    """Masks phone numbers: shows the last two digits and a keyed hash for correlation.

    Without a key it generates one, so hashes match within one process only. With a public key,
    trying all numbers would reverse a hash.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode("utf-8", "replace") or secrets.token_bytes(16)
        self._plain: set[str] = set()

    def number(self, number: str) -> str:
        """Say "…67#1f9a30c2" for "+15551234567"."""
        plain = number.encode("utf-8", "replace")
        digest = hmac.new(self._key, plain, hashlib.sha256).hexdigest()[:8]
        end = number[-2:] if len(number) > _SHORT else ""
        return f"…{end}#{digest}" if number else ""

    def text(self, text: str) -> str:
        """The text with every possible phone number masked."""
        masked = _NUMBER.sub(lambda match: self.number(match.group()), text[:_LONGEST])
        if len(text) <= _LONGEST_WORD and not _DIGIT.search(text):
            self._remember(masked)
        return masked

    def _remember(self, word: str) -> None:
        if len(self._plain) >= _WORDS:
            self._plain.clear()
        self._plain.add(word)

    def value(self, name: str, value: Any, depth: int = 0) -> Any:
        """The value of a name, masked at any depth of lists and objects."""
        kind = _KINDS[name]
        if kind is _Kind.HIDDEN:
            return "[hidden]"
        if value is None or isinstance(value, bool | float):
            return value
        if kind is _Kind.NUMBER:
            return self.number(_shown(value))
        if isinstance(value, str):
            return str(value) if kind is _Kind.ID else self.text(value)
        if isinstance(value, int):
            return int(value) if value.bit_length() <= 64 else "[too big]"
        return self._inner(name, value, depth)

    def _inner(self, name: str, value: Any, depth: int) -> Any:
        if depth >= _DEPTH:
            return "[too deep]"
        if isinstance(value, Mapping):
            pairs = ((_shown(key), inner) for key, inner in value.items())
            return {self.text(key): self.value(key, inner, depth + 1) for key, inner in pairs}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(name, inner, depth + 1) for inner in value]
        return self.text(_shown(value))

    def __call__(
        self, _logger: Any, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Mask one log line (a structlog processor)."""
        plain, masked = self._plain, {}
        for name, value in line.items():
            kind = _KINDS[name]
            # The usual case: ids, and texts that are known to have no digits.
            if type(value) is str and (kind is _ID or (kind is _TEXT and value in plain)):
                masked[name] = value
            else:
                masked[name] = self.value(name, value)
        return masked


def _shown(value: Any) -> str:
    """The value as text; never raises, even if the value's repr does."""
    try:
        return str(value)
    except Exception:
        return f"[{type(value).__name__}]"


@lru_cache(2)
def _second(unix: int) -> str:
    """Cached, because many lines are from the same second."""
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(unix))


def iso_time(nanoseconds: int) -> str:
    """A Unix time in seconds as ISO 8601 in UTC, with microseconds."""
    second, micros = divmod(nanoseconds // 1000, 1_000_000)
    return f"{_second(second)}.{micros:06}Z"


def _json(line: Any) -> str:
    """JSON on one line; in ASCII if the text has no UTF-8 form (half a surrogate pair)."""
    try:
        return orjson.dumps(line).decode()
    except TypeError:
        return json.dumps(line)


class Lines:
    """Renders a log event as a line, in one step, because every delivery logs one.

    It is the only structlog processor.
    """

    def __init__(self, masker: Masker) -> None:
        self._masked = masker

    def __call__(self, logger: Any, method: str, line: MutableMapping[str, Any]) -> str:
        """The line without a line break; the event's own `level` and `time` are replaced.

        It has the ids that its task has bound: an effect's agent and call, a stream's account.
        """
        line = {**get_contextvars(), **line}
        if "exc_info" in line:
            line = format_exc_info(logger, method, line)
        masked = self._masked(logger, method, line)
        masked.pop("level", None)
        masked.pop("timestamp", None)
        return self._written(method, masked.pop("event", ""), masked)

    def _written(self, level: str, event: Any, more: Mapping[str, Any]) -> str:
        """Time, level and event come first, because viewers cut lines off."""
        return _json({"timestamp": iso_time(time_ns()), "level": level, "event": event, **more})


class ReadableLines(Lines):
    """A line for a terminal: time, level, event, name=value pairs; a traceback below."""

    def _written(self, level: str, event: Any, more: Mapping[str, Any]) -> str:
        fields = [f"{name}={_plain(value)}" for name, value in more.items() if name != "exception"]
        time = iso_time(time_ns())[11:23]
        line = f"{time} {level:<8} {event:<24} {' '.join(fields)}".rstrip()
        below = str(more.get("exception", "")).splitlines()
        return "\n".join((line, *(text if text.isprintable() else _plain(text) for text in below)))


def _plain(value: Any) -> str:
    """A single word unchanged; anything else quoted.

    Control characters (terminal escapes) are escaped as in JSON.
    """
    if not isinstance(value, str):
        return _json(value)
    if not value.isprintable():
        return json.dumps(value)
    return value if _WORD.fullmatch(value) else _json(value)


def set_up(level: str, hash_key: str, stream: TextIO | LogStream | None = None) -> None:
    """Configure structlog for this process; of standard-library loggers only warnings are logged.

    Those are masked and written in the same form: JSON, or readable on a terminal.
    """
    out = cast(TextIO, stream or sys.stderr)
    kind = ReadableLines if out.isatty() else Lines
    lines = kind(Masker(hash_key))
    structlog.configure(
        processors=[lines],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    foreign = logging.StreamHandler(out)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    foreign.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[remove_meta, lines]))
    foreign.addFilter(Foreign())
    logging.basicConfig(level=logging.WARNING, handlers=[foreign], force=True)
    set_on_retry_hooks((log_retry,))


def log_retry(details: RetryDetails) -> None:
    """Log a repeated request of stamina's with the ids that its task has bound: agent, call."""
    structlog.get_logger("stamina").warning(
        "stamina.retry_scheduled",
        **get_contextvars(),
        retry_num=details.retry_num,
        caused_by=repr(details.caused_by),
        wait_for=round(details.wait_for, 2),
        waited_so_far=round(details.waited_so_far, 2),
    )


class Foreign(logging.Filter):
    """Filters foreign lines: aiohttp quotes unreadable requests, including their secrets.

    Of such lines only the kind of error and its place stay, and only some per minute, because
    strangers can cause them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._minute = 0.0
        self._told = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        if not record.name.startswith("aiohttp"):
            return True
        if record.created - self._minute >= 60:
            self._minute, self._told = record.created, 0
        self._told += 1
        error = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = "%s: %s", (record.name, _where(error))
        record.exc_info = record.exc_text = record.stack_info = None
        return self._told <= FOREIGN_PER_MINUTE


FOREIGN_PER_MINUTE = 20


def _where(error: BaseException | None) -> str:
    """An error's type and traceback lines, without its text."""
    if error is None:
        return "a warning"
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    lines = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return f"{type(error).__name__} at {' > '.join(lines) or 'its beginning'}"
