"""Whose address a request comes from, seen through our own reverse proxies.

Law of this file: what a client says of itself counts for nothing. X-Forwarded-For is read from its
end, and only as far as proxies of ours wrote it
(https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#selecting_an_ip_address).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

from aiohttp import web

from adapter.origins import ip_of, is_loopback

FORWARDED = "X-Forwarded-For"

UNKNOWN = "unknown"
"""All whom we cannot tell apart; they share one limit."""

_CLIENT_BITS = 64
"""Whoever has one IPv6 address has the 2^64 beside it (https://datatracker.ietf.org/doc/html/rfc6177)."""

_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")


class Proxies:
    """Our reverse proxies, by address or network (CIDR); this machine's own always are.

    Raises ValueError for a text that is neither.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._networks = tuple(ip_network(text, strict=False) for text in texts)

    def includes(self, address: str) -> bool:
        """Whether what connects from there may say on whose behalf."""
        return is_loopback(address) or self.lists(address)

    def lists(self, address: str) -> bool:
        """Whether the settings name it."""
        parsed = _parsed(address)
        return parsed is not None and any(
            parsed.version == network.version and parsed in network for network in self._networks
        )


NO_PROXIES = Proxies()


def address_of(request: web.Request, proxies: Proxies = NO_PROXIES) -> str:
    """The client's address, as limits tell clients apart."""
    return address_behind(request.remote, forwarded_by(request), proxies)


def forwarded_by(request: web.Request) -> str:
    """All lines of X-Forwarded-For as one: a proxy may add a line of its own."""
    return ",".join(request.headers.getall(FORWARDED, ()))


def address_behind(peer: str | None, forwarded: str | None, proxies: Proxies = NO_PROXIES) -> str:
    """The same, from the address at the connection's other end and the header's text.

    The last item was written by whoever connects to us, and counts if that is a proxy. If it
    names a further proxy of ours, the one before it counts, and so on. An item that claims to be
    this machine is the end of it: anybody may write that.
    """
    if not proxies.includes(peer or ""):
        return client_key(peer or "")
    for item in reversed((forwarded or "").split(",")):
        if not proxies.lists(item.strip()):
            return client_key(item.strip())
    return UNKNOWN


@lru_cache(4096)
def client_key(text: str) -> str:
    """The address in its one spelling, an IPv6 one by its network; UNKNOWN for what is none."""
    parsed = _parsed(text)
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        return str(IPv6Network((int(parsed), _CLIENT_BITS), strict=False))
    return str(parsed)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address, with or without a port; an IPv4 one that is written as IPv6 as IPv4."""
    match = _WITH_PORT.fullmatch(text)
    bare = (match["six"] or match["four"]) if match else text
    parsed = ip_of(bare.partition("%")[0])
    return getattr(parsed, "ipv4_mapped", None) or parsed
