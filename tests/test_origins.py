"""Addresses in the one spelling that browsers send."""

from __future__ import annotations

import pytest

from adapter.origins import demand_https, host_of, is_loopback, normal_origin, normal_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://phone.example.com", "https://phone.example.com"),
        (" HTTPS://Phone.Example.COM:443/ ", "https://phone.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:443", "http://localhost:443"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://api.example.com/v1/", "https://api.example.com/v1"),
    ],
)
def test_an_address_has_one_spelling(text: str, url: str) -> None:
    """Capitals, a usual port and a slash at the end say nothing."""
    assert normal_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "phone.example.com",
        "ftp://phone.example.com",
        "https://",
        "https://x:0",
        "https://x:99999",
        "https://ada@x.example",
        "https://x.example?",
        "https://x.example#",
        "https://x.example\\@evil.example",
        "https://x y.example",
        "https://ph\u00f6ne.example",
        "https://x_.example;script-src",
        "https://*",
        "https://.x.example",
        "https://x..example",
        "https://[::1",
    ],
)
def test_an_ambiguous_address_is_refused(text: str) -> None:
    """With a ValueError, and nothing else."""
    with pytest.raises(ValueError, match=r"\S"):
        normal_url(text)


def test_an_origin_has_no_path() -> None:
    """The sentence says what is left without it."""
    assert normal_origin("https://x.example/") == "https://x.example"
    with pytest.raises(ValueError, match=r"must be without a path: https://x\.example"):
        normal_origin("https://x.example/softphone")


def test_only_this_machine_is_contacted_without_tls() -> None:
    """Tokens and codes go that way."""
    assert demand_https("http://127.0.0.1:8082") == "http://127.0.0.1:8082"
    assert demand_https("https://x.example") == "https://x.example"
    with pytest.raises(ValueError, match="must be https, except on this machine: https://x"):
        demand_https("http://x.example")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost:8080", "localhost"),
        ("[::1]:8080", "::1"),
        ("Phone.Example.com", "phone.example.com"),
        ("https://x.example/y", "x.example"),
        ("[::1", ""),
        ("", ""),
    ],
)
def test_the_host_of_an_address_or_of_a_header(text: str, host: str) -> None:
    """Without its port; empty where it cannot be read."""
    assert host_of(text) == host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_loopback(host: str) -> None:
    """All of 127.0.0.0/8, and IPv6's."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example.com", "127.0.0.1.example.com", "127.1", "0.0.0.0", "localhost."]
)
def test_an_address_that_only_looks_like_loopback_is_not(host: str) -> None:
    """Names that anybody may register, and spellings that each program reads in its own way."""
    assert not is_loopback(host)
