"""Whose address a request comes from, seen through our own reverse proxy."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from aiohttp import web

from adapter.settings import is_loopback


def address_of(request: web.Request, proxies: frozenset[str] = frozenset()) -> str:
    """The client's address; empty where only the proxy's own is known.

    What the client itself says in X-Forwarded-For is a claim: only the last item counts, which
    the proxy wrote, and only if the connection is a proxy's (one of `proxies`, or loopback).
    """
    peer = request.remote or ""
    if peer not in proxies and not is_loopback(peer):
        return peer
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return _normal(said)


@lru_cache(4096)
def _normal(said: str) -> str:
    try:
        return str(ip_address(said))
    except ValueError:
        return ""
