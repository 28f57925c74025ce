"""Phones in the browser: what a driver gives out whose provider talks to them.

The page's phone carries audio alone. What a call is, and who may be dialed, is decided as for any
other device of the agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from adapter.telephony.port import Driver


@dataclass(frozen=True, slots=True)
class PhoneLogin:
    """What one page registers its phone with, for as long as its connection lasts.

    `url` is where the provider's own WebSocket is, which no page is ever told; `ice` the servers
    that help its audio through networks, as RTCIceServer
    (https://developer.mozilla.org/docs/Web/API/RTCPeerConnection/RTCPeerConnection#iceservers).
    """

    user: str
    password: str = field(repr=False)
    url: str = ""
    ice: tuple[Mapping[str, object], ...] = field(default=(), repr=False)


@runtime_checkable
class BrowserPhones(Driver, Protocol):
    """A driver whose agents may have a phone in the browser. Requests may raise ProviderError."""

    def has_browser_phone(self, user_id: str) -> bool:
        """Whether this user has one."""

    async def open_phone(self, user_id: str) -> PhoneLogin:
        """Make it, with a new password: whoever had the last one cannot register any more."""

    async def close_phone(self, user_id: str, *, unused: bool = False) -> None:
        """Take it away; with `unused` only if nobody is registered as it."""

    async def comfort(self, user_id: str) -> None:
        """Its page is gone: whoever talks with it hears music until it is back, not silence."""

    async def restore_audio(self, user_id: str) -> bool:
        """Ring it for the call that its lost leg is in, to take that leg's place. False: none."""
