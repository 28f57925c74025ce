"""A phone as seen by tests: what it does with calls, and its record of them.

Each call is kept with its times (by this machine's clock) and what the phone was shown.
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
    """What the phone does with a call: it rings, after a while picks up, or refuses.

    `after` in seconds; None: it is never picked up. `status` above 299: refused with it.
    `rings`: whether it says so first. `talk`: it hangs up after so many seconds; None: never.
    `early`: it plays something before it picks up. `dead`: it answers nothing at all. `silent`: it
    sends no audio, which with hundreds of phones would be most of the work.
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
    """Every identity that the other side has shown to this phone, updates during the call too."""

    @property
    def talked(self) -> float:
        """Seconds from picking up to hanging up."""
        return self.ended - self.up if self.up and self.ended else 0.0

    async def hang_up(self) -> None:
        """Hang up, or cancel while it rings at the other end."""
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
        """Press the phone's own transfer button: blind, to an extension."""
        await self.phone.transfer(self, extension)


class Handset(ABC):
    """A phone as tests see it, a real one or one of the stand-in's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[PhoneCall] = []
        self.plan: Callable[[str], Plan] = lambda number: PICK_UP
        self.changed = asyncio.Event()

    @abstractmethod
    async def dial(self, number: str, caller: str = "") -> PhoneCall:
        """Dial a number; `caller` is who calls, at the trunk."""

    @abstractmethod
    async def answer(self, call: PhoneCall, status: int) -> None:
        """Take a ringing call (200), or refuse it."""

    @abstractmethod
    async def hang_up(self, call: PhoneCall) -> None:
        """Say goodbye; a call of its own that is not taken yet is given up."""

    @abstractmethod
    async def hold(self, call: PhoneCall, on: bool) -> None:
        """Press the hold button, or press it again."""

    @abstractmethod
    async def transfer(self, call: PhoneCall, extension: str) -> None:
        """Press the transfer button."""

    @abstractmethod
    async def register(self, seconds: int = 3600) -> None:
        """Register under its name; 0 seconds: unregister."""

    @abstractmethod
    async def close(self) -> None:
        """Fall silent."""

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
