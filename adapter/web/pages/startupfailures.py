"""Counts and logs why pages could not start.

Such pages are not signed in, so anybody may send reports: only a code from a short list, and
limited per minute. No origin, name or address is logged.
"""

from __future__ import annotations

import structlog
from aiohttp import web

from adapter.metrics import Metrics
from adapter.runtime.clock import Clock
from adapter.web.http.address import Proxies, address_of
from adapter.web.http.middleware import failure
from adapter.web.http.throttle import Throttle
from adapter.web.signin.login import Login

log = structlog.get_logger(__name__)

CODES = frozenset(
    {
        "host-silent",
        "library-missing",
        "library-refused",
        "library-silent",
        "library-slow",
        "no-mode",
        "no-origin",
        "origin-not-allowed",
        "origin-refused",
    }
)
"""As in `web/softphone/screens.js`, except an unreachable server and a wrong address.

Those two cannot be reported.
"""

MICROPHONE = frozenset(
    f"microphone-{why}" for why in ("policy", "insecure", "refused", "missing", "busy")
)
"""Codes of pages that started, but whose agents cannot be heard."""

EACH_PER_MINUTE = 10
ALL_PER_MINUTE = 60
"""Limits per address, and per code from everybody, as an outage would fill the log."""


class StartupFailures:
    """The endpoint."""

    def __init__(self, login: Login, metrics: Metrics, clock: Clock, proxies: Proxies) -> None:
        self._login = login
        self._metrics = metrics
        self._proxies = proxies
        self._each = Throttle(EACH_PER_MINUTE, clock)
        self._all = Throttle(ALL_PER_MINUTE, clock)

    async def report(self, request: web.Request) -> web.Response:
        """POST /api/blocked, with the code as text: always counted, logged up to a limit."""
        self._login.demand_own(request)
        if not self._each.allows(address_of(request, self._proxies)):
            return failure(429, "too-many", "Too many reports.", **{"Retry-After": "60"})
        code = (await request.read())[:32].decode("ascii", "replace")
        if code not in CODES | MICROPHONE:
            return failure(400, "unknown-code", "Unknown code.")
        self._count(code)
        return web.Response(status=204)

    def note(self, request: web.Request, code: str) -> None:
        """Count and log a page that the server itself did not start, up to the same limits."""
        if self._each.allows(address_of(request, self._proxies)):
            self._count(code)

    def _count(self, code: str) -> None:
        self._metrics.blocked.labels(code).inc()
        if self._all.allows(code):
            log.warning("page.blocked", code=code)
