"""Whose address a request comes from, seen through our own reverse proxy."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from aiohttp import web

from adapter.origins import is_loopback

FORWARDED = "X-Forwarded-For"


def address_of(request: web.Request, proxies: frozenset[str] = frozenset()) -> str:
    """The client's address; empty where only the proxy's own is known."""
    return address_behind(request.remote, request.headers.get(FORWARDED), proxies)


def address_behind(
    peer: str | None, forwarded: str | None, proxies: frozenset[str] = frozenset()
) -> str:
    """The same from the address at the connection's other end and the header's text.

    What the client itself says in X-Forwarded-For is a claim: only the last item counts, which
    the proxy wrote, and only if the connection is a proxy's (one of `proxies`, or loopback).
    """
    peer = peer or ""
    if peer not in proxies and not is_loopback(peer):
        return peer
    return _normal((forwarded or "").rpartition(",")[2].strip())


@lru_cache(4096)
def _normal(said: str) -> str:
    try:
        return str(ip_address(said))
    except ValueError:
        return ""
