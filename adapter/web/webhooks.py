"""Takes a provider's webhooks: size, proof, reading, commit, 2xx, in this order.

The driver verifies and reads a delivery. It is acknowledged only after its commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import structlog
from aiohttp import web

from adapter.metrics import Metrics
from adapter.runtime.clock import Clock
from adapter.runtime.forwarding import Forwarding
from adapter.runtime.intake import DeliveryOutcome, Intake
from adapter.storage.port import Done, StorageError
from adapter.storage.threadbridge import outcome_of
from adapter.telephony.port import WebhookDriver
from adapter.telephony.updates import IncomingDelivery, WebhookRefusal
from adapter.web.http.address import FORWARDED, NO_PROXIES, Proxies, address_behind
from adapter.web.http.bodies import READ_SECONDS, read_body
from adapter.web.http.middleware import failure
from adapter.web.http.throttle import Throttle

log = structlog.get_logger(__name__)

_FORWARDED = FORWARDED.lower()


class Webhooks:
    """The endpoint of one provider account, whose driver is `driver`.

    Verified deliveries are always taken, from any address: a stranger may share the provider's
    address behind an unknown proxy. `strangers` counts unverified deliveries by address, and
    refuses too many. `public_url` is this server's URL as the provider knows it.
    """

    def __init__(
        self,
        *,
        driver: WebhookDriver,
        intake: Intake | Forwarding,
        clock: Clock,
        metrics: Metrics | None = None,
        strangers: Throttle,
        proxies: Proxies = NO_PROXIES,
        public_url: str = "",
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._driver = driver
        self._intake = intake
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._count = self._metrics.deliveries.count
        self._strangers = strangers
        self._proxies = proxies
        self._public_url = public_url
        self._read_seconds = read_seconds

    async def receive(self, request: web.Request) -> web.Response:
        """POST to the driver's path, by aiohttp."""
        headers = _headers(request)
        body = await read_body(request, self._read_seconds)
        if isinstance(body, web.Response):
            return body
        answer = await self.take(request.remote, request.path_qs, headers, body)
        return answer or web.Response(status=200)

    async def take(
        self, peer: str | None, path: str, headers: Mapping[str, str], body: bytes
    ) -> web.Response | None:
        """Handle a whole delivery; returns None for a plain 200 once durable, or else the answer.

        `peer` is the connection's address, `path` includes the query; names of `headers` are in
        lower case.
        """
        return await outcome_of(partial(self.begin, peer, path, headers, body))

    def begin(
        self,
        peer: str | None,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        done: Done[web.Response | None],
    ) -> None:
        """The same with a callback, which gets the result."""
        ended, now = self._metrics.webhook(), self._clock.now()
        opened = self._driver.open_webhook(headers, body, self._public_url + path, now)
        if isinstance(opened, WebhookRefusal):
            ended()
            forwarded = headers.get(_FORWARDED)
            done(self._refused(opened, address_behind(peer, forwarded, self._proxies)))
            return

        def decided(outcome: DeliveryOutcome | Exception) -> None:
            ended()
            done(self._answer(opened, outcome))

        if opened.signed_at is not None:
            self._metrics.lag_seconds.observe(now / 1000 - opened.signed_at)
        if opened.problem:
            log.warning("delivery.odd", **_log_fields(opened), reason=opened.problem)
        self._intake.begin(opened, decided)

    def _refused(self, refusal: WebhookRefusal, address: str) -> web.Response:
        if refusal.unproved:
            if not self._strangers.allows(address):
                return self._shed()
            self._count("unsigned")
        else:
            self._count(refusal.reason)
        log.warning("delivery.refused", reason=refusal.reason, proved=not refusal.unproved)
        return failure(refusal.status, refusal.code, refusal.text)

    def _answer(
        self, delivery: IncomingDelivery, outcome: DeliveryOutcome | Exception
    ) -> web.Response | None:
        if isinstance(outcome, StorageError):
            self._count("not-stored")
            log.error("delivery.not_stored", **_log_fields(delivery), reason=str(outcome))
            text = "It could not be stored. Send it again."
            return failure(503, "not-stored", text, **{"Retry-After": "5"})
        if isinstance(outcome, Exception):
            log.error("delivery.failed", **_log_fields(delivery), exc_info=outcome)
            return failure(500, "internal", "Something went wrong. The error has been logged.")
        self._count(outcome.value)
        if outcome is not DeliveryOutcome.APPLIED:
            log.info("delivery." + outcome.value, **_log_fields(delivery), type=delivery.type)
        reply = delivery.reply
        if reply is None:
            return None
        return web.Response(body=reply.body, headers={"Content-Type": reply.content_type})

    def _shed(self) -> web.Response:
        self._count("shed")
        text = "Too many unsigned deliveries from this address. Wait a minute."
        return failure(429, "too-many", text, **{"Retry-After": "60", "Connection": "close"})


def _log_fields(delivery: IncomingDelivery) -> dict[str, str]:
    """Fields to correlate log lines; the intake logs whose call it is."""
    update = delivery.update
    named = {} if update is None else {"provider_call": update.provider_call_id}
    return {"delivery": delivery.event_id, **named}


def _headers(request: web.Request) -> dict[str, str]:
    """Headers by lower-case names; repeated ones are joined, as HTTP allows.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.3
    """
    return {name.lower(): ", ".join(request.headers.getall(name)) for name in set(request.headers)}
