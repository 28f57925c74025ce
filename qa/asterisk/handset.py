"""A phone as tests see it: how it handles calls, and which calls it had.

Each call is kept with its times (by this machine's clock) and with what the phone was shown.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from qa.asterisk.media import Media
from qa.asterisk.sip import Message

SOON_SECONDS = 20


@dataclass(frozen=True)
class Plan:
    """How the phone handles a call: it rings and then picks up, or it refuses.

    `after`: seconds until it picks up; None: never. `status` above 299: it refuses with that
    status. `rings`: whether it reports ringing first. `talk`: seconds until it hangs up; None:
    never. `early`: it plays audio before it picks up. `dead`: it does not respond at all. `silent`:
    it sends no audio, because with hundreds of phones audio would be most of the work.
    """

    after: float | None = 0.2
    status: int = 200
    rings: bool = True
    talk: float | None = None
    early: bool = False
    dead: bool = False
    silent: bool = False


PICK_UP, IGNORE = Plan(), Plan(after=None)
DECLINE, BUSY = Plan(status=603), Plan(status=486)
DO_NOT_DISTURB = Plan(after=0, status=480, rings=False)


@dataclass
class PhoneCall:
    """One call at a phone; times are Unix seconds of this machine's clock."""

    phone: Handset
    call_id: str
    local: str
    remote: str
    target: str
    shown: str = ""
    asserted: str = ""
    number: str = ""
    incoming: bool = True
    silent: bool = False
    invite: Message | None = None
    media: Media = field(default_factory=Media)
    media_port: int = 0
    sequence: int = 1
    version: int = 1
    rang: float = 0.0
    up: float = 0.0
    ended: float = 0.0
    status: int = 0
    reason: str = ""
    shown_lines: list[str] = field(default_factory=list)
    """Every identity that this phone was shown, including updates during the call."""

    @property
    def talked(self) -> float:
        """Seconds from pick-up to hang-up."""
        return self.ended - self.up if self.up and self.ended else 0.0

    async def hang_up(self) -> None:
        """Hang up, or cancel while the other end rings."""
        await self.phone.hang_up(self)

    async def pick_up(self) -> None:
        """Pick up now, whatever the plan is."""
        await self.phone.answer(self, 200)

    async def refuse(self, status: int = 603) -> None:
        """Refuse it now."""
        await self.phone.answer(self, status)

    async def hold(self, on: bool = True) -> None:
        """Press the phone's own hold button."""
        await self.phone.hold(self, on)

    async def transfer(self, extension: str) -> None:
        """Press the phone's own transfer button: a blind transfer to an extension."""
        await self.phone.transfer(self, extension)


class Handset(ABC):
    """A phone as tests see it: a real SIP phone, or one of the stand-in."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[PhoneCall] = []
        self.plan: Callable[[str], Plan] = lambda number: PICK_UP
        self.changed = asyncio.Event()

    @abstractmethod
    async def dial(self, number: str, caller: str = "") -> PhoneCall:
        """Dial a number. At the trunk, `caller` is the caller's number."""

    @abstractmethod
    async def answer(self, call: PhoneCall, status: int) -> None:
        """Accept a ringing call (200), or refuse it."""

    @abstractmethod
    async def hang_up(self, call: PhoneCall) -> None:
        """Hang up; a call of its own that is not answered yet is canceled."""

    @abstractmethod
    async def hold(self, call: PhoneCall, on: bool) -> None:
        """Press the hold button, or release it."""

    @abstractmethod
    async def transfer(self, call: PhoneCall, extension: str) -> None:
        """Press the transfer button."""

    @abstractmethod
    async def register(self, seconds: int = 3600) -> None:
        """Register under its name for so many seconds; 0: unregister."""

    @abstractmethod
    async def close(self) -> None:
        """Close the phone without a message."""

    async def until(
        self, fits: Callable[[PhoneCall], bool], seconds: float = SOON_SECONDS
    ) -> PhoneCall:
        """Wait for a call that meets a condition."""
        async with asyncio.timeout(seconds):
            while True:
                for call in self.calls:
                    if fits(call):
                        return call
                self.changed.clear()
                await self.changed.wait()

    async def until_rings(self) -> PhoneCall:
        """Wait until a call rings that is neither picked up nor over."""
        return await self.until(lambda call: bool(call.rang and not call.up and not call.ended))

    async def until_talks(self) -> PhoneCall:
        """Wait until a call is up."""
        return await self.until(lambda call: bool(call.up and not call.ended))

    async def until_over(self) -> PhoneCall:
        """Wait until the last call is over."""
        return await self.until(lambda call: call is self.calls[-1] and bool(call.ended))

    @property
    def live(self) -> list[PhoneCall]:
        """The calls that ring or are up at this phone."""
        return [call for call in self.calls if not call.ended]
