"""The other replicas: each announces where it is reached, and each other one dials it.

Law of this file: an announcement is believed only with the mark of who knows the store's secret
(fanout.postgres), a link only where both sides prove it. Who announces nothing is not dialed, so
an old address costs nothing; who is not reached, or too slow, is left alone for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog
from msgspec import Struct

from adapter.core.model import AgentKey
from adapter.fanout.links import Answered, Link
from adapter.fanout.port import Hints
from adapter.runtime.clock import Clock
from adapter.runtime.tasks import Tasks

log = structlog.get_logger(__name__)

MARK = "replica@"
"""Announcements come under this name, in no org: no user id of Salesforce has an @."""

ANNOUNCE_SECONDS = 2.0
DIAL_SECONDS = 2.0
SHUN_MS = 30_000
MOST_LINKS = 64


class CannotLink(Exception):
    """The address for other replicas cannot be listened on; the text says which and why."""


class Announcement(Struct, frozen=True):
    """Where a replica is reached (host:port), and the `shape` of what it is asked."""

    address: str
    shape: str


class Answers(Protocol):
    """What this replica is to the others, and what it makes of what they tell."""

    def asked(self, body: bytes, answer: Answered) -> None:
        """As fanout.links.LinkOwner."""

    def notes(self) -> Iterable[bytes]:
        """What every other replica is told when it has dialed this one."""

    def linked(self, link: Link) -> None:
        """Another replica can be asked from now on."""

    def noted(self, link: Link, body: bytes) -> None:
        """It tells something."""

    def unlinked(self, link: Link) -> None:
        """It can be asked no more; may be said of one that never could."""


@dataclass(eq=False, repr=False)
class Peers:
    """Links to and from all other replicas (fanout.links.LinkOwner)."""

    answers: Answers
    own: Announcement
    secret: bytes
    hints: Hints
    clock: Clock
    tasks: Tasks

    def __post_init__(self) -> None:
        self._name = AgentKey("", MARK + self.clock.nonce())
        self._server: asyncio.Server | None = None
        self._known: set[str] = set()
        self._shunned: dict[str, int] = {}
        self._links: set[Link] = set()

    async def start(self) -> None:
        """Listen, and announce it. Raises CannotLink."""
        loop, (host, port) = asyncio.get_running_loop(), _endpoint(self.own.address)
        try:
            self._server = await loop.create_server(self._called, host, port)
        except OSError as error:
            reason = f"cannot listen on {self.own.address}: {error.strerror or error}"
            raise CannotLink(reason) from error
        self.tasks.start("announce this replica", self._announce(), endless=True)

    async def close(self) -> None:
        """Hang up. May be called again, and before `start`."""
        if self._server is not None:
            self._server.close()
        for link in tuple(self._links):
            link.close()

    async def _announce(self) -> None:
        text = msgspec.json.encode(self.own)
        while True:
            self.hints.publish(self._name, self.clock.now(), lambda: text)
            await asyncio.sleep(ANNOUNCE_SECONDS)

    def heard(self, text: bytes) -> None:
        """Another replica's announcement: dial it, unless that is done, vain or of no use."""
        try:
            told = msgspec.json.decode(text, type=Announcement)
        except msgspec.MsgspecError:
            return
        shunned = self._shunned.get(told.address, 0) > self.clock.now()
        if told.address in self._known or shunned or told.shape != self.own.shape:
            return
        if len(self._known) < MOST_LINKS:
            self._known.add(told.address)
            self.tasks.start(f"dial {told.address}", self._dial(told.address))

    async def _dial(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                host, port = _endpoint(address)
                await loop.create_connection(lambda: self._link(address), host, port)
        except (OSError, ValueError, TimeoutError) as error:
            log.warning("replica.not_reached", address=address, reason=str(error))
            self._shun(address)

    def _called(self) -> asyncio.Protocol:
        called = sum(not link.address for link in self._links)
        return self._link("") if called < MOST_LINKS else _Refusal()

    def _link(self, address: str) -> Link:
        link = Link(self, self.secret, address)
        self._links.add(link)
        return link

    def _shun(self, address: str) -> None:
        self._known.discard(address)
        self._shunned[address] = self.clock.now() + SHUN_MS

    def tell(self, note: bytes) -> None:
        """Every replica that has dialed this one hears it."""
        for link in self._links:
            if link.is_open and not link.address:
                link.note(note)

    # --- as the owner of links -------------------------------------------------------------------

    def opened(self, link: Link) -> None:
        """It is one of us."""
        if link.address:
            log.info("replica.linked", address=link.address)
            self.answers.linked(link)
            return
        for note in self.answers.notes():
            link.note(note)

    def asked(self, body: bytes, answer: Answered) -> None:
        """A question of another replica."""
        self.answers.asked(body, answer)

    def noted(self, link: Link, body: bytes) -> None:
        """Another replica tells something."""
        self.answers.noted(link, body)

    def closed(self, link: Link) -> None:
        """It may be dialed again when it is announced; at once only if all was well with it."""
        self._links.discard(link)
        if not link.address:
            return
        self.answers.unlinked(link)
        log.info("replica.unlinked", address=link.address)
        if link.is_open and not link.was_slow:
            self._known.discard(link.address)
        else:
            self._shun(link.address)


class _Refusal(asyncio.Protocol):
    """One caller too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _endpoint(address: str) -> tuple[str, int]:
    """Host and port. Raises ValueError."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
