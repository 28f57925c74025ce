"""Links to the other replicas: each announces its address, and the others dial it.

Law of this file: announcements need the mark of the store's secret (fanout.postgres), and both
sides of a link must prove that they know it. A replica that stops announcing is not dialed again;
one that is unreachable or too slow is not dialed for a while.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
import structlog
from msgspec import Struct

from adapter.core.model import AgentKey
from adapter.fanout.links import Answered, Link
from adapter.fanout.port import Hints, Topic
from adapter.runtime.clock import Clock
from adapter.runtime.forwarding import Forwarding
from adapter.runtime.tasks import Tasks

log = structlog.get_logger(__name__)

ANNOUNCE_SECONDS = 2.0
DIAL_SECONDS = 2.0
SHUN_MS = 30_000
MOST_LINKS = 64


class CannotLink(Exception):
    """This replica cannot listen on its address for others; the text says which and why."""


class Announcement(Struct, frozen=True):
    """A replica's address (host:port), and the `shape` of the messages that it understands."""

    address: str
    shape: str


@dataclass(eq=False, repr=False)
class Peers:
    """Links to and from all other replicas (fanout.links.LinkOwner)."""

    answers: Forwarding
    own: Announcement
    secret: bytes
    hints: Hints
    clock: Clock
    tasks: Tasks

    def __post_init__(self) -> None:
        self._name = AgentKey("", self.clock.nonce())
        self._server: asyncio.Server | None = None
        self._known: set[str] = set()
        self._shunned: dict[str, int] = {}
        self._links: set[Link] = set()

    async def start(self) -> None:
        """Listen and announce the address. Raises CannotLink."""
        loop, (host, port) = asyncio.get_running_loop(), _endpoint(self.own.address)
        try:
            self._server = await loop.create_server(self._accept, host, port)
        except OSError as error:
            reason = f"cannot listen on {self.own.address}: {error.strerror or error}"
            raise CannotLink(reason) from error
        self.tasks.start("announce this replica", self._announce(), endless=True)

    async def close(self) -> None:
        """Close all links. May be called repeatedly, and before `start`."""
        if self._server is not None:
            self._server.close()
        for link in tuple(self._links):
            link.close()

    async def _announce(self) -> None:
        text = msgspec.json.encode(self.own)
        while True:
            self.hints.publish(self._name, self.clock.now(), lambda: text, Topic.REPLICA)
            await asyncio.sleep(ANNOUNCE_SECONDS)

    def receive(self, _name: AgentKey, _at: int, text: bytes) -> None:
        """Dial an announced replica, unless it is known, shunned or incompatible."""
        try:
            announcement = msgspec.json.decode(text, type=Announcement)
        except msgspec.MsgspecError:
            return
        shunned = self._shunned.get(announcement.address, 0) > self.clock.now()
        if announcement.address in self._known or shunned or announcement.shape != self.own.shape:
            return
        if len(self._known) < MOST_LINKS:
            self._known.add(announcement.address)
            self.tasks.start(f"dial {announcement.address}", self._dial(announcement.address))

    async def _dial(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                host, port = _endpoint(address)
                await loop.create_connection(lambda: self._new_link(address), host, port)
        except (OSError, ValueError, TimeoutError) as error:
            log.warning("replica.not_reached", address=address, reason=str(error))
            self._shun(address)

    def _accept(self) -> asyncio.Protocol:
        called = sum(not link.address for link in self._links)
        return self._new_link("") if called < MOST_LINKS else _Refusal()

    def _new_link(self, address: str) -> Link:
        link = Link(self, self.secret, address)
        self._links.add(link)
        return link

    def _shun(self, address: str) -> None:
        self._known.discard(address)
        self._shunned[address] = self.clock.now() + SHUN_MS

    def tell(self, note: bytes) -> None:
        """Send a message to every replica that has dialed this one."""
        for link in self._links:
            if link.is_open and not link.address:
                link.note(note)

    # --- as the owner of links -------------------------------------------------------------------

    def opened(self, link: Link) -> None:
        """The other side has proved that it knows the secret."""
        if link.address:
            log.info("replica.linked", address=link.address)
            self.answers.linked(link)
            return
        for note in self.answers.notes():
            link.note(note)

    def asked(self, body: bytes, answer: Answered) -> None:
        """A request of another replica."""
        self.answers.asked(body, answer)

    def noted(self, link: Link, body: bytes) -> None:
        """A message from another replica."""
        self.answers.noted(link, body)

    def closed(self, link: Link) -> None:
        """A link is closed; the next announcement redials, or later if the link had failed."""
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
    """Refuses a connection beyond the limit."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _endpoint(address: str) -> tuple[str, int]:
    """Host and port. Raises ValueError."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
