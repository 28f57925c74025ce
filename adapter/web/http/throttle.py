"""Limits tries per address, with token buckets for a bounded number of addresses."""

from __future__ import annotations

from collections import OrderedDict

from adapter.runtime.clock import Clock

ADDRESSES = 10_000


class Throttle:
    """A number of tries per minute for each address, which may come all at once.

    If there are too many addresses, the one that was quiet longest is forgotten.
    """

    def __init__(self, per_minute: int, clock: Clock, addresses: int = ADDRESSES) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._addresses = addresses
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_out(self, address: str) -> bool:
        """Whether a try now would be refused, without counting one."""
        left, at = self._left.get(address, (float(self._per_minute), 0))
        return left + max(0, self._clock.now() - at) * self._per_minute / 60_000 < 1

    def allows(self, address: str) -> bool:
        """Count a try; whether it is allowed. Clocks may step back."""
        now = self._clock.now()
        left, at = self._left.pop(address, (float(self._per_minute), now))
        refilled = left + max(0, now - at) * self._per_minute / 60_000
        left = min(self._per_minute, refilled)
        allowed = left >= 1
        self._left[address] = (left - 1 if allowed else left, now)
        if len(self._left) > self._addresses:
            self._left.popitem(last=False)
        return allowed

    def give_back(self, address: str) -> None:
        """Take a successful try back, so it does not count."""
        if address in self._left:
            left, at = self._left[address]
            self._left[address] = (min(self._per_minute, left + 1), at)
