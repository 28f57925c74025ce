"""Who in Salesforce is whom at the provider.

Entries come from a TOML or CSV file, else agents are matched by e-mail through the provider's
users. A CSV file has the same names in its first line.

    [[agent]]
    email = "ada@example.com"        # or user_id = "005…", with org_id = "00D…"
    provider_user = "user_ada"
    browser_phone = "yes"            # or "no"; else as the provider's settings say
    surface = "voice"                # or "open-cti", "lwc"; else whichever page greets decides
    name = "Ada Lovelace"            # and what colleagues dial, to be found by them; optional
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
MOST_TOLD = 10
"""Wrong agents of a file that are told one by one."""

RETRY_MS = 5_000
"""After the provider failed to answer, nobody waits for it again so long."""


class DirectoryError(Exception):
    """The directory file cannot be used; the text says what and where."""


class DirectoryUnavailable(Exception):
    """The provider did not answer: nobody knows whether the agent has a line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One agent of the file, by e-mail or user id; without an org id, in any org."""

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
        """What an index finds it by: the user id where it has one, else the e-mail."""
        return _user(self.user_id) if self.user_id else _mail(self.email)

    def fits(self, key: AgentKey, email: str) -> bool:
        """Whether this entry is about that agent; ids compare by their 15 significant letters."""
        if self.org_id and self.org_id[:15] != key.org_id[:15]:
            return False
        if self.user_id:
            return _user(self.user_id) == _user(key.user_id)
        return bool(self.email) and _mail(self.email) == _mail(email)


def _user(user_id: str) -> str:
    """A Salesforce id without the three letters that only repeat its capitals."""
    return f"user {user_id[:15]}"


def _mail(email: str) -> str:
    return f"mail {email.casefold()}"


def read_entries(path: Path) -> tuple[Entry, ...]:
    """The file's entries. Raises DirectoryError with a line for each that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = _csv(text) if path.suffix == ".csv" else _toml(text)
    except OSError as error:
        raise DirectoryError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, csv.Error) as error:
        raise DirectoryError(f"{path}: {error}") from None
    entries, wrong = [], []
    for number, row in enumerate(rows, 1):
        try:
            entries.append(_entry(row))
        except ValueError as error:
            wrong.append(f"{path}: agent {number}: {error}")
    if wrong:
        # A column of another name is wrong in every row.
        more = [f"{path}: {len(wrong) - MOST_TOLD} more agents are wrong"]
        raise DirectoryError("\n".join(wrong[:MOST_TOLD] + more[: len(wrong) > MOST_TOLD]))
    return tuple(entries)


def _toml(text: str) -> list[Any]:
    told = tomllib.loads(text)
    rows = told.get("agent", [])
    if told.keys() - {"agent"} or not isinstance(rows, list):
        raise ValueError("each agent must begin with [[agent]], and nothing else may stand beside")
    return rows


def _csv(text: str) -> list[dict[str, str]]:
    """The rows, without what they leave empty; spreadsheets also write semicolons."""
    lines = text.splitlines()
    first = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=";" if ";" in first else ",", strict=True)
    rows = []
    for row in reader:
        if None in row:
            raise ValueError(f"line {reader.line_num} has more fields than the first line")
        rows.append({name.strip(): (value or "").strip() for name, value in row.items()})
    return rows


def _entry(row: Any) -> Entry:
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
    """Somebody of the house who can be called or handed a call."""

    name: str
    number: str
    user: str


class Entries:
    """The file's entries by what they name: a file of 10,000 agents costs a look, not a walk.

    Of several that fit an agent the first in the file wins.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._named: dict[str, list[tuple[int, Entry]]] = {}
        for place, entry in enumerate(entries):
            self._named.setdefault(entry.key, []).append((place, entry))

    def find(self, key: AgentKey, email: str) -> Entry | None:
        """The first entry about that agent."""
        named = [*self._named.get(_user(key.user_id), ()), *self._named.get(_mail(email), ())]
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
        self._colleagues = tuple(_of_entry(one) for one in entries if one.name and one.number)
        self._is_cut = False
        self._not_found: set[str] = set()
        self._ask_at = 0
        self._failed = False
        self._asking = asyncio.Lock()

    async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
        """The agent's line, or None if nobody has said which one it is.

        Raises DirectoryUnavailable while only the provider could tell, and does not.
        """
        entry = self._entries.find(key, email)
        if entry is not None:
            return TelephonyUser(self._account, entry.provider_user)
        if self._provider is None or not email:
            return None
        if email.casefold() not in self._by_email:
            await self._refresh(self._provider)
        user = self._by_email.get(email.casefold())
        if user is None and self._is_cut:
            user = await self._search(self._provider, email.casefold())
        if user is None and self._failed:
            raise DirectoryUnavailable
        return TelephonyUser(self._account, user) if user else None

    def surface(self, key: AgentKey, email: str) -> str:
        """Where the file says that the agent works; empty where it does not."""
        entry = self._entries.find(key, email)
        return entry.surface if entry else ""

    def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
        """The keys of phones that may ring instead, as far as the provider has listed its users."""
        users = (user for user in self._users if user.user_id == line.user)
        return next((user.ring_profiles for user in users), ())

    async def colleagues(self) -> tuple[Colleague, ...]:
        """Everybody with a name and a number: those of the file, then the provider's users.

        While the provider does not answer these are who was there before.
        """
        if self._provider is not None:
            await self._refresh(self._provider)
        known = {one.user for one in self._colleagues}
        return self._colleagues + tuple(
            Colleague(user.name, user.number, user.user_id)
            for user in self._users
            if user.name and user.number and user.user_id not in known
        )

    async def _refresh(self, provider: Driver) -> None:
        """Read the provider's users, at most every five minutes, and for all who wait at once."""
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
        """Who is not in a list that was cut is asked for by name, and found is remembered.

        Raises DirectoryUnavailable.
        """
        if email not in self._not_found:
            try:
                found = _by_email(await provider.users(email))
            except ProviderError as error:
                log.warning("directory.search_failed", reason=error.text)
                raise DirectoryUnavailable from error
            if email in found:
                self._by_email[email] = found[email]
            else:
                self._not_found.add(email)
        return self._by_email.get(email)


def _of_entry(entry: Entry) -> Colleague:
    return Colleague(entry.name, entry.number, entry.provider_user)


def _by_email(users: Iterable[ProviderUser]) -> dict[str, str]:
    return {user.email.casefold(): user.user_id for user in users if user.email}
