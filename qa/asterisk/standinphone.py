"""A phone of the stand-in: without a network, but with the interface of a real one."""

from __future__ import annotations

import secrets
from typing import Protocol

from qa.asterisk.handset import Handset, PhoneCall


class Switch(Protocol):
    """The exchange that such a phone is connected to."""

    registered: dict[str, bool]

    def dialed(self, phone: Handset, call: PhoneCall, caller: str) -> None:
        """The phone dials."""

    def answered(self, call: PhoneCall, status: int) -> None:
        """The phone accepts a call, or refuses it."""

    def said_goodbye(self, call: PhoneCall) -> None:
        """The phone hangs up."""

    def held(self, call: PhoneCall, on: bool) -> None:
        """The phone's hold button is pressed."""


class StandInPhone(Handset):
    """A phone without a network: the exchange calls it, and it follows its plan."""

    def __init__(self, name: str, exchange: Switch) -> None:
        super().__init__(name)
        self._exchange = exchange

    async def dial(self, number: str, caller: str = "") -> PhoneCall:
        """Notify the exchange at once."""
        call = PhoneCall(self, secrets.token_hex(8), "", "", "")
        call.incoming, call.number = False, number
        self.calls.append(call)
        self._exchange.dialed(self, call, caller or self.name)
        return call

    async def answer(self, call: PhoneCall, status: int) -> None:
        """Accept the call or refuse it."""
        self._exchange.answered(call, status)

    async def hang_up(self, call: PhoneCall) -> None:
        """Notify the exchange at once."""
        self._exchange.said_goodbye(call)

    async def hold(self, call: PhoneCall, on: bool) -> None:
        """Report the hold button to the exchange."""
        self._exchange.held(call, on)

    async def transfer(self, call: PhoneCall, extension: str) -> None:
        """Not simulated here; a real Asterisk does this on its own."""
        raise NotImplementedError

    async def register(self, seconds: int = 3600) -> None:
        """Become reachable; 0 seconds: unreachable."""
        self._exchange.registered[self.name] = seconds > 0

    async def close(self) -> None:
        """Nothing to close."""
