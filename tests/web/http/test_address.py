"""Whose address a request comes from."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from adapter.web.http.address import UNKNOWN, Proxies, address_of, client_key

PROXIES = Proxies(["10.0.0.1", "10.1.0.0/16", "2001:db8:1::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # a stranger's claim
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the client wrote the first
        ("127.0.0.1", "2001:db8::1", "2001:db8::/64"),
        ("::1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", None, UNKNOWN),
        ("10.0.0.1", "rubbish", UNKNOWN),
        ("10.0.0.1", "198.51.100.7,", UNKNOWN),
        ("", "198.51.100.7", UNKNOWN),
        # A network of proxies, and a chain of them: each wrote the one behind it.
        ("10.1.2.3", "198.51.100.7", "198.51.100.7"),
        ("2001:db8:1::7", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.1.9.9", "198.51.100.7"),
        ("10.0.0.1", "10.1.9.9, 10.0.0.1", UNKNOWN),
        # Whoever claims to be this machine is believed no further.
        ("127.0.0.1", "1.1.1.1, 127.0.0.1", "127.0.0.1"),
        # Some proxies write the port, too.
        ("127.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::/64"),
        ("127.0.0.1", "[2001:db8::1]", "2001:db8::/64"),
        ("127.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_trusted_proxies_may_name_the_client(
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


def test_the_last_line_counts_too() -> None:
    """A proxy that adds a line of its own leaves the client's before it."""
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (
        ("127.0.0.1", 1) if name == "peername" else default
    )
    headers = CIMultiDict([("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "198.51.100.7")])
    request = make_mocked_request("GET", "/", headers=headers, transport=transport)
    assert address_of(request) == "198.51.100.7"


def test_an_ipv6_network_counts_as_one_client() -> None:
    """It may take another address with each request; its neighbors are others."""
    keys = {client_key(f"2001:db8::{n:x}") for n in range(1, 99)}
    assert keys == {"2001:db8::/64"}
    assert client_key("2001:db8:0:1::1") == "2001:db8:0:1::/64"
    assert client_key("fe80::1%eth0") == "fe80::/64"
    assert client_key("::1") == "::1"
