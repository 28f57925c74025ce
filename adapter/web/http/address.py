"""Determines a request's client address behind our reverse proxies.

Law of this file: clients' own claims are ignored. X-Forwarded-For is read from its end, and only as
far as our proxies wrote it
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
"""Stands for all clients without a known address; they share one limit."""

_CLIENT_BITS = 64
"""An IPv6 client usually has a whole /64 (https://datatracker.ietf.org/doc/html/rfc6177)."""

_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")


class Proxies:
    """Our reverse proxies, by address or network (CIDR); this machine always counts as one.

    Raises ValueError for a text that is neither.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._networks = tuple(ip_network(text, strict=False) for text in texts)

    def includes(self, address: str) -> bool:
        """Whether the address is a proxy's, so that its X-Forwarded-For counts."""
        return is_loopback(address) or self.lists(address)

    def lists(self, address: str) -> bool:
        """Whether the settings name the address."""
        parsed = _parsed(address)
        return parsed is not None and any(
            parsed.version == network.version and parsed in network for network in self._networks
        )


NO_PROXIES = Proxies()


def address_of(request: web.Request, proxies: Proxies = NO_PROXIES) -> str:
    """The client's address, as used for limits."""
    return address_behind(request.remote, forwarded_by(request), proxies)


def forwarded_by(request: web.Request) -> str:
    """All X-Forwarded-For headers joined, because a proxy may add its own."""
    return ",".join(request.headers.getall(FORWARDED, ()))


def address_behind(peer: str | None, forwarded: str | None, proxies: Proxies = NO_PROXIES) -> str:
    """The client's address, from the connection's peer address and the header's text.

    The last item was written by the peer, and counts if the peer is a proxy. If it names another
    proxy of ours, the one before it counts, and so on. An item that names this machine ends the
    search, because anybody may write it.
    """
    if not proxies.includes(peer or ""):
        return client_key(peer or "")
    for item in reversed((forwarded or "").split(",")):
        if not proxies.lists(item.strip()):
            return client_key(item.strip())
    return UNKNOWN


@lru_cache(4096)
def client_key(text: str) -> str:
    """The normalized address, of IPv6 its network; UNKNOWN for anything else."""
    parsed = _parsed(text)
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        return str(IPv6Network((int(parsed), _CLIENT_BITS), strict=False))
    return str(parsed)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address of a text with or without a port; IPv4-mapped IPv6 becomes IPv4."""
    match = _WITH_PORT.fullmatch(text)
    bare = (match["six"] or match["four"]) if match else text
    parsed = ip_of(bare.partition("%")[0])
    return getattr(parsed, "ipv4_mapped", None) or parsed
