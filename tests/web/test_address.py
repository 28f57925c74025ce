"""Whose address a request comes from."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from adapter.web.address import address_of

PROXIES = frozenset({"10.0.0.1"})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # a stranger's claim
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the client wrote the first
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", None, ""),
        ("10.0.0.1", "rubbish", ""),
        ("10.0.0.1", "198.51.100.7,", ""),
    ],
)
def test_only_a_proxy_is_believed_about_others(
    peer: str, forwarded: str | None, address: str
) -> None:
    """And of what it passes on, only what it wrote itself."""
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (
        (peer, 1) if name == "peername" else default
    )
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = make_mocked_request("GET", "/", headers=headers, transport=transport)
    assert address_of(request, PROXIES) == address
