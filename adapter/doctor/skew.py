"""How far a provider's clock is from ours, by the Date of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.runtime.clock import Clock
from adapter.telephony.dialstack.signing import TOLERANCE_SECONDS
from adapter.telephony.transport import Response

NOTICED_SECONDS = 5
"""From this error on, durations are wrong and clicks count as too old."""


@dataclass(eq=False)
class Skew:
    """How far another clock is from ours, by the Date of its answers (whole seconds).

    `harm` is what happens from `most` seconds on; from `noticed` on it is worth a warning.
    """

    clock: Clock
    check: str = "clock"
    whose: str = "the provider's"
    noticed: int = NOTICED_SECONDS
    most: int = TOLERANCE_SECONDS
    harm: str = "All webhooks are refused as too old or too new."
    _seconds: float | None = field(default=None, init=False)

    async def see(self, response: httpx.Response | Response) -> None:
        """Read the Date of an answer that has just arrived."""
        try:
            sent_at = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except ValueError:
            return
        self._seconds = self.clock.now() / 1000 - sent_at

    def finding(self) -> tuple[Finding, ...]:
        """The finding; none if no answer had a Date."""
        if self._seconds is None:
            return ()
        off = abs(self._seconds)
        # A Date has no fraction, and an answer takes time.
        text = f"This machine's clock differs from {self.whose} by {off:.0f} s."
        todo = "Run an NTP client, such as chrony, on this machine."
        if off >= self.most:
            return (fail(self.check, f"{text} {self.harm}", todo),)
        return (warn(self.check, text, todo) if off >= self.noticed else ok(self.check, text),)
