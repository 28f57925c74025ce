"""Where the provider tells what happened: size, signature, JSON, commit, 2xx, in that order.

Facts: reliability, section 2. A delivery is acknowledged only after its commit; a signed one that
makes no sense is kept and acknowledged too, since sending it again would not mend it.
"""

from __future__ import annotations

import asyncio
import hashlib

import structlog
from aiohttp import web

from adapter.metrics import Metrics
from adapter.runtime.clock import Clock
from adapter.runtime.intake import DeliveryOutcome, IncomingDelivery, Intake
from adapter.storage.port import StorageError
from adapter.telephony import signing
from adapter.telephony.dialstack import wire
from adapter.telephony.strictjson import Malformed
from adapter.web.address import FORWARDED, address_behind
from adapter.web.middleware import failure
from adapter.web.throttle import Throttle

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 64 * 1024
READ_SECONDS = 5.0
SIGNATURE = "X-DialStack-Signature"


class Webhooks:
    """The endpoint of one provider account.

    Who has sent too many unproved deliveries (`strangers` counts them by address) is shed before
    anything of a further one is read.
    """

    def __init__(
        self,
        *,
        account: str,
        secrets: tuple[str, ...],
        intake: Intake,
        clock: Clock,
        metrics: Metrics | None = None,
        strangers: Throttle,
        proxies: frozenset[str] = frozenset(),
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._account = account
        self._secrets = secrets
        self._intake = intake
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._count = self._metrics.delivery
        self._strangers = strangers
        self._proxies = proxies
        self._read_seconds = read_seconds

    async def receive(self, request: web.Request) -> web.Response:
        """POST /webhooks/dialstack, as aiohttp brings it."""
        forwarded = request.headers.get(FORWARDED)
        address = address_behind(request.remote, forwarded, self._proxies)
        if self._strangers.is_out(address):
            return self._shed()
        body = await _read(request, self._read_seconds)
        if isinstance(body, web.Response):
            return body
        signature = request.headers.get(SIGNATURE)
        refusal = await self.take(request.remote, forwarded, signature, body)
        return refusal or web.Response(status=200)

    async def take(
        self, peer: str | None, forwarded: str | None, signature: str | None, body: bytes
    ) -> web.Response | None:
        """A delivery that is here whole: None once it is durable, else why it is not taken.

        `peer` is the address of the connection, `forwarded` what X-Forwarded-For says.
        """
        with self._metrics.webhook():
            address = address_behind(peer, forwarded, self._proxies)
            if self._strangers.is_out(address):
                return self._shed()
            now = self._clock.now()
            try:
                signed_at = signing.verify(signature, body, self._secrets, now / 1000)
            except signing.BadSignature as error:
                self._strangers.allows(address)
                self._count("unsigned")
                log.warning("delivery.refused", reason=str(error.reason))
                return failure(401, "bad-signature", "The signature does not fit this body.")
            self._metrics.lag_seconds.observe(now / 1000 - signed_at)
            return await self._store(self._heard(body, now))

    async def _store(self, heard: IncomingDelivery) -> web.Response | None:
        try:
            fate = await self._intake.take(heard)
        except StorageError as error:
            self._count("not-stored")
            log.error("delivery.not_stored", delivery=heard.event_id, reason=str(error))
            text = "It could not be stored. Send it again."
            return failure(503, "not-stored", text, **{"Retry-After": "5"})
        self._count(fate.value)
        if fate is not DeliveryOutcome.APPLIED:
            log.info("delivery." + fate.value, delivery=heard.event_id, type=heard.type)
        return None

    def _shed(self) -> web.Response:
        self._count("shed")
        text = "Too many deliveries from here that were not signed. Wait a minute."
        return failure(429, "too-many", text, **{"Retry-After": "60", "Connection": "close"})

    def _heard(self, body: bytes, now: int) -> IncomingDelivery:
        """The delivery as we understand it; rubbish is named by its own hash."""
        try:
            told = wire.parse_webhook(body, now)
        except Malformed as error:
            log.warning("delivery.malformed", reason=str(error))
            name = "sha256-" + hashlib.sha256(body).hexdigest()
            return IncomingDelivery(name, "malformed", self._account, body, None, readable=False)
        if told.account_id not in (None, self._account):
            log.warning("delivery.foreign", delivery=told.event_id)
            return IncomingDelivery(
                told.event_id, told.type, self._account, body, None, readable=False
            )
        if told.problem:
            log.warning("delivery.incomplete", delivery=told.event_id, reason=told.problem)
        return IncomingDelivery(told.event_id, told.type, self._account, body, told.report)


async def _read(request: web.Request, seconds: float) -> bytes | web.Response:
    """The body, in time and of bearable size; aiohttp itself would wait for ever."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return failure(413, "too-big", f"At most {MAX_BODY_BYTES} bytes.")
    try:
        if request.content.is_eof():  # It came with its headers, as nearly all do.
            return await request.read()
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        return failure(408, "too-slow", f"The body must arrive within {seconds:g} seconds.")
    except web.RequestPayloadError:
        return failure(400, "broken-body", "The body does not follow its own headers.")
    except web.HTTPRequestEntityTooLarge:
        return failure(413, "too-big", f"At most {MAX_BODY_BYTES} bytes.")
