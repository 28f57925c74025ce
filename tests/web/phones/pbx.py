"""A provider with phones in the browser, for tests of what stands before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from adapter.telephony.browserphones import PhoneLogin
from adapter.telephony.dialstack.driver import DialStackDriver
from adapter.telephony.port import ProviderError, Rejected
from tests.scenarios.conftest import World

REGISTER = (
    "REGISTER sip:softphone.invalid SIP/2.0\r\nFrom: <sip:web-user_ada@softphone.invalid>;tag=1\r\n"
    "To: <sip:web-user_ada@softphone.invalid>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n\r\n"
)


@dataclass
class Pbx:
    """What the provider hears, and what was asked of it."""

    port: int = 0
    heard: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    live: list[ServerConnection] = field(default_factory=list)
    failing: ProviderError | None = None
    has_phones: bool = True
    restores: bool = True

    async def talk(self, socket: ServerConnection) -> None:
        """Answer whatever is said."""
        self.live.append(socket)
        async for message in socket:
            self.heard.append(str(message))
            await socket.send(b"SIP/2.0 200 OK\r\n\r\n")

    async def end(self) -> None:
        """Let go of everybody."""
        for socket in self.live:
            await socket.close()


class WithPhones(DialStackDriver):
    """A driver that has phones in the browser, too."""

    pbx: Pbx

    def has_browser_phone(self, user_id: str) -> bool:
        """As the test wants."""
        return self.pbx.has_phones

    async def open_phone(self, user_id: str) -> PhoneLogin:
        """One for the test's own server."""
        self._note(f"open {user_id}")
        return PhoneLogin(f"web-{user_id}", "pa55word", f"ws://127.0.0.1:{self.pbx.port}/ws")

    async def close_phone(self, user_id: str, *, unused: bool = False) -> None:
        """Noted."""
        self._note(f"close {user_id}{' unless used' if unused else ''}")

    async def comfort(self, user_id: str) -> None:
        """Noted."""
        self._note(f"comfort {user_id}")

    async def restore_audio(self, user_id: str) -> bool:
        """As the test wants."""
        self._note(f"restore {user_id}")
        return self.pbx.restores

    def _note(self, what: str) -> None:
        self.pbx.asked.append(what)
        if self.pbx.failing is not None:
            raise self.pbx.failing


REFUSED = Rejected("http-403", "The phone system refused our user.")


@asynccontextmanager
async def phones_of(world: World) -> AsyncIterator[Pbx]:
    """The world's provider has phones in the browser from now on."""
    pbx = Pbx()
    async with serve(pbx.talk, "127.0.0.1", 0, subprotocols=["sip"]) as server:  # type: ignore[list-item]
        pbx.port = next(iter(server.sockets)).getsockname()[1]
        driver: Any = world.app.tenants.all[0].telephony.driver
        driver.__class__ = WithPhones
        driver.pbx = pbx
        driver.capabilities = replace(driver.capabilities, browser_phone=True)
        yield pbx
