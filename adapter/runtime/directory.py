"""Maps Salesforce users to the provider's users.

Entries come from a TOML or CSV file; otherwise agents are matched with the provider's users by
e-mail. A CSV file has the same names in its first line.

    [[agent]]
    email = "ada@example.com"        # or user_id = "005…", with org_id = "00D…"
    provider_user = "user_ada"
        browser_phone = "yes"            # or "no"; default: the provider's settings
        surface = "voice"                # or "open-cti", "lwc"; default: the page that connects
        name = "Ada Lovelace"            # optional, with the number that colleagues find and dial
    number = "2001"
"""

from __future__ import annotations

import asyncio
import csv
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from adapter.core.model import AgentKey, TelephonyUser
from adapter.orgs import SURFACES
from adapter.runtime.clock import Clock
from adapter.telephony.port import MOST_USERS, Driver, ProviderError, ProviderUser

log = structlog.get_logger(__name__)

REFRESH_MS = 300_000
MOST_REPORTED = 10
"""The most wrong agents of a file that are reported one by one."""

RETRY_MS = 5_000
"""How long the provider is not asked again after a failure."""


class DirectoryError(Exception):
    """The directory file is invalid; the text says what and where."""


class DirectoryUnavailable(Exception):
    """The provider did not answer, so it is unknown whether the agent has a line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One agent of the file, by e-mail or user id; without an org id it applies to all orgs."""

    provider_user: str
    email: str = ""
    user_id: str = ""
    org_id: str = ""
    browser_phone: str = ""
    name: str = ""
    number: str = ""
    surface: str = ""

    @property
    def key(self) -> str:
        """The index key: by user id if there is one, else by e-mail."""
        return _user(self.user_id) if self.user_id else _mail(self.email)

    def fits(self, key: AgentKey, email: str) -> bool:
        """Whether this entry is about that agent; ids compare by their first 15 characters."""
        if self.org_id and self.org_id[:15] != key.org_id[:15]:
            return False
        if self.user_id:
            return _user(self.user_id) == _user(key.user_id)
        return bool(self.email) and _mail(self.email) == _mail(email)


def _user(user_id: str) -> str:
    """The key of a Salesforce id, without its three-letter case checksum."""
    return f"user {user_id[:15]}"


def _mail(email: str) -> str:
    return f"mail {email.casefold()}"


def read_entries(path: Path) -> tuple[Entry, ...]:
    """The file's entries. Raises DirectoryError with a line for each that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = _csv_rows(text) if path.suffix == ".csv" else _toml_rows(text)
    except OSError as error:
        raise DirectoryError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, csv.Error) as error:
        raise DirectoryError(f"{path}: {error}") from None
    entries, wrong = [], []
    for number, row in enumerate(rows, 1):
        try:
            entries.append(_read_entry(row))
        except ValueError as error:
            wrong.append(f"{path}: agent {number}: {error}")
    if wrong:
        # A column of another name is wrong in every row.
        more = [f"{path}: {len(wrong) - MOST_REPORTED} more agents are wrong"]
        raise DirectoryError("\n".join(wrong[:MOST_REPORTED] + more[: len(wrong) > MOST_REPORTED]))
    return tuple(entries)


def _toml_rows(text: str) -> list[Any]:
    table = tomllib.loads(text)
    rows = table.get("agent", [])
    if table.keys() - {"agent"} or not isinstance(rows, list):
        raise ValueError("each agent must begin with [[agent]], and nothing else may stand beside")
    return rows


def _csv_rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text, separated by commas or semicolons."""
    lines = text.splitlines()
    first = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=";" if ";" in first else ",", strict=True)
    rows = []
    for row in reader:
        if None in row:
            raise ValueError(f"line {reader.line_num} has more fields than the first line")
        rows.append({name.strip(): (value or "").strip() for name, value in row.items()})
    return rows


def _read_entry(row: Any) -> Entry:
    if not isinstance(row, dict):
        raise ValueError("each agent must begin with [[agent]]")
    known = Entry.__dataclass_fields__
    if strange := sorted(row.keys() - known):
        raise ValueError(f"it has no {', '.join(strange)}; it accepts {', '.join(known)}")
    if not all(isinstance(value, str) for value in row.values()):
        raise ValueError("every value of an [[agent]] must be a text in quotation marks")
    entry = Entry(**{"provider_user": "", **row})
    if not entry.provider_user or not (entry.email or entry.user_id):
        raise ValueError("an [[agent]] needs a provider_user, and an email or a user_id")
    if entry.surface not in {"", *SURFACES}:
        raise ValueError(f"surface must be {', '.join(SURFACES)} or empty, not {entry.surface!r}")
    if entry.browser_phone not in {"", "yes", "no"}:
        raise ValueError(f'browser_phone must be "yes" or "no", not {entry.browser_phone!r}')
    return entry


class Colleague(NamedTuple):
    """A colleague who can be called or receive a transfer."""

    name: str
    number: str
    user: str


class Entries:
    """The file's entries, indexed for fast lookup in a file of 10,000 agents.

    If several match an agent, the first in the file wins.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._named: dict[str, list[tuple[int, Entry]]] = {}
        for place, entry in enumerate(entries):
            self._named.setdefault(entry.key, []).append((place, entry))

    def find(self, key: AgentKey, email: str) -> Entry | None:
        """The first entry about that agent."""
        named = [
            *self._named.get(_user(key.user_id), ()),
            *self._named.get(_mail(email), ()),
        ]
        fitting = [(place, entry) for place, entry in named if entry.fits(key, email)]
        return min(fitting, key=itemgetter(0))[1] if fitting else None


class Directory:
    """Lines by agent, for one provider account."""

    def __init__(
        self, account: str, provider: Driver | None, clock: Clock, entries: tuple[Entry, ...] = ()
    ) -> None:
        self._account = account
        self._provider = provider
        self._clock = clock
        self._entries = Entries(entries)
        self._by_email: dict[str, str] = {}
        self._users: tuple[ProviderUser, ...] = ()
        self._colleagues = tuple(_of_entry(e) for e in entries if e.name and e.number)
        self._is_cut = False
        self._not_found: set[str] = set()
        self._ask_at = 0
        self._failed = False
        self._asking = asyncio.Lock()

    async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
        """The agent's line; None if there is none.

        Raises DirectoryUnavailable if the provider must be asked but does not answer.
        """
        entry = self._entries.find(key, email)
        if entry is not None:
            return TelephonyUser(self._account, entry.provider_user)
        if self._provider is None or not email:
            return None
        await self._refresh(self._provider)
        user = self._by_email.get(email.casefold())
        if user is None and self._is_cut:
            user = await self._search(self._provider, email.casefold())
        if user is None and self._failed:
            raise DirectoryUnavailable
        return TelephonyUser(self._account, user) if user else None

    def surface(self, key: AgentKey, email: str) -> str:
        """The agent's surface in the file; empty if not given."""
        entry = self._entries.find(key, email)
        return entry.surface if entry else ""

    def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
        """The keys of phones that may ring instead; empty until the users were listed."""
        users = (user for user in self._users if user.user_id == line.user)
        return next((user.ring_profiles for user in users), ())

    async def colleagues(self) -> tuple[Colleague, ...]:
        """All users with a name and a number: those of the file, then the provider's.

        While the provider does not answer, its earlier list is used.
        """
        if self._provider is not None:
            await self._refresh(self._provider)
        known = {colleague.user for colleague in self._colleagues}
        return self._colleagues + tuple(
            Colleague(user.name, user.number, user.user_id)
            for user in self._users
            if user.name and user.number and user.user_id not in known
        )

    async def _refresh(self, provider: Driver) -> None:
        """Read the provider's users, at most every five minutes, once for all waiting callers."""
        async with self._asking:
            now = self._clock.now()
            if now < self._ask_at:
                return
            try:
                users = await provider.users()
            except ProviderError as error:
                log.warning("directory.refresh_failed", reason=error.text)
                self._failed, self._ask_at = True, now + RETRY_MS
                return
            self._by_email, self._users = _by_email(users), users
            self._is_cut, self._not_found = len(users) >= MOST_USERS, set()
            self._failed, self._ask_at = False, now + REFRESH_MS

    async def _search(self, provider: Driver, email: str) -> str | None:
        """Search for a user who is not in a truncated list, and remember the result.

        Raises DirectoryUnavailable.
        """
        if email not in self._not_found:
            try:
                user_ids = _by_email(await provider.users(email))
            except ProviderError as error:
                log.warning("directory.search_failed", reason=error.text)
                raise DirectoryUnavailable from error
            if email in user_ids:
                self._by_email[email] = user_ids[email]
            else:
                self._not_found.add(email)
        return self._by_email.get(email)


def _of_entry(entry: Entry) -> Colleague:
    return Colleague(entry.name, entry.number, entry.provider_user)


def _by_email(users: Iterable[ProviderUser]) -> dict[str, str]:
    return {user.email.casefold(): user.user_id for user in users if user.email}
