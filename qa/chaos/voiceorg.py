"""Salesforce's Telephony Integration API with faults: busy, silent, late, locked."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from adapter.app import listening
from adapter.voice.standin.book import Book, Reply
from adapter.voice.standin.server import Fault, StandIn
from qa.chaos.ledger import Ledger, now_ms
from qa.simulation.voicecalls import as_task
from tests.fakes.voicecalls import CENTER, ORG, key_pair, new_book

VOICE = "voice"
LOCKED_SECONDS = 4.0

FATES: dict[Fault, int] = {
    "": 830,
    429: 40,
    500: 30,
    503: 20,
    "lost": 30,
    "vanished": 20,
    "slow": 15,
    "locked": 5,
    "late": 10,
}
"""The outcomes of a request, in thousandths; "" is the normal one."""

SURE_EVERY = 6
"""Every sixth request has a fault until each kind has occurred once, even in a short run."""


MOST_FAULTS = 4
"""The most faults of one record: pauses between tries double, and a run must end."""


@dataclass
class VoiceOrg:
    """One org's records. `calm` ends all faults."""

    rng: Random
    ledger: Ledger
    book: Book = field(default_factory=new_book)
    calm: bool = False
    _locked_until: float = 0.0
    _faults: Counter[str] = field(default_factory=Counter)
    _asked: itertools.count[int] = field(default_factory=itertools.count)

    def fault_of(self, method: str, key: str, _body: Any) -> Fault:
        """Draw the outcome of this request."""
        if self.calm:
            return 0
        if self._faults[key] >= MOST_FAULTS:
            return 0
        locked = time.monotonic() < self._locked_until
        fate = 401 if locked else self._draw()
        if not fate:
            return 0
        self._faults[key] += 1
        if locked:
            return 401
        self.ledger.fault(f"api-{fate}", key)
        if fate == "locked":
            self._locked_until = time.monotonic() + LOCKED_SECONDS
            return 401
        return fate

    def _draw(self) -> Fault:
        kinds: list[Fault] = list(FATES)
        turn, rest = divmod(next(self._asked), SURE_EVERY)
        if rest == 0 and 0 < turn < len(kinds):
            return kinds[turn]
        return self.rng.choices(kinds, list(FATES.values()))[0]

    def heard(self, method: str, key: str, _body: Any, reply: Reply) -> None:
        """Record a request that was carried out."""
        if method == "PATCH" and reply.is_good:
            self.ledger.write(key, as_task(self.book.records[key]))


def settings(url: str) -> dict[str, str]:
    """The adapter's settings for it."""
    values = {"org_id": ORG, "voice_url": url, "voice_contact_center": CENTER}
    values["voice_key"] = key_pair()[0]
    return {f"SOFTPHONE_{name.upper()}": value for name, value in values.items()}


@asynccontextmanager
async def voice_org(rng: Random, ledger: Ledger) -> AsyncIterator[tuple[VoiceOrg, str]]:
    """Run the org on loopback; yields the org and its address."""
    org = VoiceOrg(rng, ledger)
    stand_in = StandIn(org.book, now_ms, fault_of=org.fault_of, heard=org.heard)
    stand_in.headers["retry-after"] = "2"
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(stand_in.application(), "127.0.0.1", 0))
        yield org, f"http://127.0.0.1:{port}"
