"""A phone of the stand-in's: no network, but what a test sees of a real one."""

from __future__ import annotations

import secrets
from typing import Protocol

from qa.asterisk.handset import Handset, PhoneCall


class Switch(Protocol):
    """What such a phone is connected to."""

    registered: dict[str, bool]

    def dialed(self, phone: Handset, call: PhoneCall, caller: str) -> None:
        """It dials."""

    def answered(self, call: PhoneCall, status: int) -> None:
        """It takes a call, or refuses it."""

    def said_goodbye(self, call: PhoneCall) -> None:
        """It hangs up."""

    def held(self, call: PhoneCall, on: bool) -> None:
        """Its hold button is pressed."""


class StandInPhone(Handset):
    """A phone without a network: the exchange calls it, and it does what its plan says."""

    def __init__(self, name: str, exchange: Switch) -> None:
        super().__init__(name)
        self._exchange = exchange

    async def dial(self, number: str, caller: str = "") -> PhoneCall:
        """The exchange hears of it at once."""
        call = PhoneCall(self, secrets.token_hex(8), "", "", "")
        call.incoming, call.number = False, number
        self.calls.append(call)
        self._exchange.dialed(self, call, caller or self.name)
        return call

    async def answer(self, call: PhoneCall, status: int) -> None:
        """Take it or refuse it."""
        self._exchange.answered(call, status)

    async def hang_up(self, call: PhoneCall) -> None:
        """The exchange hears of it at once."""
        self._exchange.said_goodbye(call)

    async def hold(self, call: PhoneCall, on: bool) -> None:
        """Only told of."""
        self._exchange.held(call, on)

    async def transfer(self, call: PhoneCall, extension: str) -> None:
        """Not played here: a real Asterisk does this by itself."""
        raise NotImplementedError

    async def register(self, seconds: int = 3600) -> None:
        """Be reachable, or not."""
        self._exchange.registered[self.name] = seconds > 0

    async def close(self) -> None:
        """Nothing to let go of."""
