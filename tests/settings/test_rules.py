"""What a setting's text must look like; each rule's sentence is in test_settings.py."""

from __future__ import annotations

import pytest

from adapter.settings.rules import is_endpoint, is_proxy, secure_origin, split_fields, why_weak


@pytest.mark.parametrize(
    "secret", ["whsec_" + "9f2c1e7a5b3d8064", "0123456789abcdefQRST", "whsec_test_9f2c1e7a5b3d"]
)
def test_a_secret_of_a_provider_is_strong(secret: str) -> None:
    """A sample's word in it does no harm."""
    assert why_weak(secret) == ""


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("x", "sample"),
        ("whsec_demo", "sample"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "sample"),
        ("whsec_a1b2c3", "easy to guess"),
        ("abababababababababab", "easy to guess"),
    ],
)
def test_a_known_or_guessable_secret_is_weak(secret: str, said: str) -> None:
    """Short ones, monotonous ones, and those of documentation."""
    assert said in why_weak(secret)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("10.0.0.7:8090", True),
        ("replica-1:1", True),
        ("[2001:db8::7]:65535", True),
        ("2001:db8::7:8090", False),
        ("[10.0.0.7]:8090", True),
        ("[10.0.0.7:8090", False),
        ("0.0.0.0:8090", False),
        ("[::]:8090", False),
        (":8090", False),
        ("replica-1", False),
        ("replica-1:0", False),
        ("replica-1:65536", False),
        ("replica-1:http", False),
        ("http://replica-1:8090", False),
        ("-:8090", False),
    ],
)
def test_an_endpoint_is_a_single_host_and_port(text: str, fits: bool) -> None:
    """Others are told it: an address that means all of one's own is of no use to them."""
    assert is_endpoint(text) is fits


def test_a_wrong_salesforce_origin_is_reported_with_an_example() -> None:
    """In its one spelling, and always https but on this machine."""
    assert secure_origin("https://ACME.lightning.force.com/") == "https://acme.lightning.force.com"
    with pytest.raises(ValueError, match=r"'acme' is not an origin, such as https://acme\."):
        secure_origin("acme")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Type=Call,Channel__c=Phone", ("Type=Call", "Channel__c=Phone")),
        ("Link__c=https://x.example/?a=b&c=d,e; f", ("Link__c=https://x.example/?a=b&c=d,e; f",)),
        (" Type = Call , Note__c=a, b,", ("Type = Call", "Note__c=a, b")),
        ("", ()),
        ("Call", ("Call",)),
    ],
)
def test_a_field_value_is_complete(text: str, fields: tuple[str, ...]) -> None:
    """With its commas and its equals signs."""
    assert split_fields(text) == fields


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("http://proxy.example.com:3128", True),
        ("http://ada:p%40ss@10.0.0.1:8080/", True),
        ("http://ada@[::1]:8080", True),
        ("http://proxy.example.com", False),
        ("https://proxy.example.com:3128", False),
        ("socks5://proxy.example.com:1080", False),
        ("proxy.example.com:3128", False),
        ("http://ada:p@ss@proxy:3128", False),
        ("http://ada:p%C3%BC@proxy:3128", False),
        ("http://proxy:3128/path", False),
    ],
)
def test_a_proxy_is_an_http_address_with_a_port(text: str, fits: bool) -> None:
    """Only ASCII in its password, because the two HTTP clients encode other text differently."""
    assert is_proxy(text) is fits
