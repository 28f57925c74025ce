"""Sends webhooks as DialStack does: signed, at least once, in no guaranteed order.

A delivery is repeated until its endpoint answers 2xx or the back-off is used up. Every attempt is
recorded for checks of the adapter's results.
"""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any

import aiohttp

from adapter.telephony.dialstack import signing
from adapter.telephony.simulator.chaos import Dice, Knobs
from adapter.telephony.simulator.chores import Chores
from adapter.telephony.simulator.config import Config, Endpoint

STALE_BY_SECONDS = 3600


@dataclass(slots=True)
class Delivery:
    """One event for one endpoint, with its attempts and answers."""

    event_id: str
    type: str
    call_id: str
    url: str
    created: int
    body: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    fate: str = "pending"
    age_seconds: int = 0

    def as_json(self) -> dict[str, Any]:
        """The delivery as JSON for the history."""
        names = (field.name for field in fields(self) if field.name != "age_seconds")
        return {name: getattr(self, name) for name in names}


class Sender:
    """Owns the endpoints and the deliveries to them."""

    def __init__(self, config: Config, dice: Dice, chores: Chores) -> None:
        self._config = config
        self._dice = dice
        self._chores = chores
        self._session: aiohttp.ClientSession | None = None
        self.endpoints: dict[str, Endpoint] = {}
        self.log: deque[Delivery] = deque(maxlen=config.history_limit)

    async def open(self) -> None:
        """Open the HTTP client; needs a running event loop."""
        seconds = self._config.delivery_timeout_seconds
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds))

    async def close(self) -> None:
        """Close the HTTP client."""
        if self._session is not None:
            await self._session.close()

    def register(self, url: str, events: frozenset[str], secret: str) -> Endpoint:
        """Add an endpoint."""
        endpoint = Endpoint(f"we_{self._config.new_id()}", url, events, secret)
        self.endpoints[endpoint.endpoint_id] = endpoint
        return endpoint

    def send(self, body: dict[str, Any], subject: str, knobs: Knobs) -> None:
        """Start delivering an event to every endpoint that subscribed to it.

        `subject` names the event for the dice, the same in each run with the same seed.
        """
        for number, endpoint in enumerate(self.endpoints.values()):
            if endpoint.wants(body["type"]):
                self._send(endpoint, body, f"{subject}:{number}", knobs)

    def _send(self, endpoint: Endpoint, body: dict[str, Any], subject: str, knobs: Knobs) -> None:
        delivery = self._log(endpoint, body)
        faults = delivery.faults
        drop = 1.0 if body["type"] in knobs.drop_types else knobs.drop
        if self._dice.hits("drop", subject, drop):
            faults.append("drop")
            delivery.fate = "dropped"
            return
        low, high = knobs.delay_ms
        wait_ms = low + (high - low) * self._dice.fraction("delay", subject)
        if self._dice.hits("reorder", subject, knobs.reorder):
            faults.append("reorder")
            wait_ms += knobs.reorder_ms
        faults += [
            kind
            for kind in ("bad_signature", "stale_signature")
            if self._dice.hits(kind, subject, getattr(knobs, kind))
        ]
        self._start(endpoint, delivery, wait_ms)
        if self._dice.hits("duplicate", subject, knobs.duplicate):
            copy = self._log(endpoint, body)
            copy.faults.append("duplicate")
            self._start(endpoint, copy, wait_ms)
        if self._dice.hits("again", subject, knobs.again):
            copy = self._log(endpoint, body)
            copy.faults.append("again")
            copy.age_seconds = knobs.again_age_seconds
            self._start(endpoint, copy, wait_ms + knobs.again_ms)

    def _log(self, endpoint: Endpoint, body: dict[str, Any]) -> Delivery:
        call_id = body["data"]["call_id"]
        now = self._config.now()
        delivery = Delivery(body["id"], body["type"], call_id, endpoint.url, now, body)
        self.log.append(delivery)
        return delivery

    def _start(self, endpoint: Endpoint, delivery: Delivery, wait_ms: float) -> None:
        wait = wait_ms / 1000 * self._config.time_scale
        chore = self._deliver(endpoint, delivery, wait)
        self._chores.start(f"deliver {delivery.event_id}", chore)

    async def _deliver(self, endpoint: Endpoint, delivery: Delivery, wait: float) -> None:
        raw = json.dumps(delivery.body, separators=(",", ":")).encode()
        wrong = [fault for fault in delivery.faults if fault.endswith("_signature")]
        for pause in (wait, *self._config.backoff_seconds):
            if pause:
                await asyncio.sleep(pause)
            how = wrong.pop() if wrong else "signed"
            if await self._attempt(endpoint, delivery, raw, how):
                delivery.fate = "delivered"
                return
        delivery.fate = "given-up"

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery, raw: bytes, how: str) -> bool:
        """Post once; whether the answer was 2xx."""
        if self._session is None:
            raise RuntimeError("open() was not called")
        headers = {
            "Content-Type": "application/json",
            signing.HEADER: self._signature(endpoint, raw, how, delivery.age_seconds),
        }
        seen: dict[str, Any] = {"at": self._config.now(), "how": how}
        delivery.attempts.append(seen)
        try:
            async with self._session.post(
                endpoint.url, data=raw, headers=headers, allow_redirects=False
            ) as response:
                seen["status"] = status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            seen["error"] = type(error).__name__
            status = 0
        seen["answered"] = self._config.now()
        return 200 <= status < 300

    def _signature(self, endpoint: Endpoint, raw: bytes, how: str, age_seconds: int) -> str:
        now = self._config.now() // 1000 - age_seconds
        if how == "stale_signature":
            return signing.header([endpoint.secret], now - STALE_BY_SECONDS, raw)
        secret = endpoint.secret + ("x" if how == "bad_signature" else "")
        return signing.header([secret], now, raw)
