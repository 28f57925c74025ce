"""How far a provider's clock is from ours, by the Date of its answers."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import httpx

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.runtime.clock import Clock
from adapter.telephony.dialstack.signing import TOLERANCE_SECONDS
from adapter.telephony.transport import Response

NOTICED_SECONDS = 5
"""From this error on, durations are wrong and clicks count as too old."""


class Skew:
    """How far the provider's clock is from ours, by the Date of its answers (whole seconds)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds: float | None = None

    async def see(self, response: httpx.Response | Response) -> None:
        """Read the Date of an answer that has just arrived."""
        try:
            said = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except ValueError:
            return
        self._seconds = self._clock.now() / 1000 - said

    def finding(self) -> tuple[Finding, ...]:
        """The finding; none if no answer had a Date."""
        if self._seconds is None:
            return ()
        off = abs(self._seconds)
        # A Date has no fraction, and an answer takes time.
        text = f"This machine's clock differs from the provider's by {off:.0f} s."
        todo = "Run an NTP client, such as chrony, on this machine."
        if off >= TOLERANCE_SECONDS:
            return (fail("clock", f"{text} All webhooks are refused as too old or too new.", todo),)
        return (warn("clock", text, todo) if off >= NOTICED_SECONDS else ok("clock", text),)
