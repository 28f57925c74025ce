"""Phones in the browser: the port of a driver whose provider can connect to them.

The page's phone carries only audio. Calls and dialing are decided as for the agent's other
devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from adapter.telephony.port import Driver


@dataclass(frozen=True, slots=True)
class PhoneLogin:
    """The login with which one page registers its phone while its connection lasts.

    `url` is the provider's WebSocket address, which no page ever learns; `ice` lists STUN and TURN
    servers as RTCIceServer
    (https://developer.mozilla.org/docs/Web/API/RTCPeerConnection/RTCPeerConnection#iceservers).
    """

    user: str
    password: str = field(repr=False)
    url: str = ""
    ice: tuple[Mapping[str, object], ...] = field(default=(), repr=False)


@runtime_checkable
class BrowserPhones(Driver, Protocol):
    """A driver whose agents can have a phone in the browser. Requests may raise ProviderError."""

    def has_browser_phone(self, user_id: str) -> bool:
        """Whether this user has a browser phone."""

    async def open_phone(self, user_id: str) -> PhoneLogin:
        """Create the phone with a new password; the previous password stops working."""

    async def close_phone(self, user_id: str, *, unused: bool = False) -> None:
        """Remove the phone; with `unused` only if it is not registered."""

    async def comfort(self, user_id: str) -> None:
        """The page is gone: play music to the other party until it is back."""

    async def restore_audio(self, user_id: str) -> bool:
        """Ring the phone to replace its lost leg in a call; False if no leg was lost."""
