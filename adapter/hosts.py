"""Restricts the host names under which a server on this machine answers.

Otherwise a website whose name suddenly resolves to 127.0.0.1 (DNS rebinding) would have the same
origin as the server there. IP addresses need no DNS, so nobody can rebind them
(https://en.wikipedia.org/wiki/DNS_rebinding).
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapter.origins import host_of, ip_of, is_loopback


def only_asked_as(names: Iterable[str] = (), signed: Container[str] = ()) -> Middleware:
    """Refuse requests for hosts other than this machine, IP addresses and these names.

    Requests to the `signed` paths prove themselves; a tunnel brings them under its own name.
    """
    known = {name.lower() for name in names}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = host_of(request.headers.get("Host", ""))
        is_ours = is_loopback(host) or host in known or ip_of(host) is not None
        if is_ours or request.path in signed:
            return await handler(request)
        text = f"This server does not answer for {host or 'a request without a host'}.\n"
        return web.Response(status=421, text=text)

    return guard
