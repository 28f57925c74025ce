"""Tokens: RS256, short, each one new."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt

from adapter.voice.token import BadKey, Issuer, claims, is_pair, read_key, sign
from tests.fakes.voicecalls import key_pair

ISSUER = Issuer("00D000000000001", "SoftphoneVoice")


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """The key's text."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_a_token_names_its_subject_for_three_minutes_and_once() -> None:
    """`aud` only where a deployment asks for it."""
    said = claims(ISSUER, 1_760_000_000_999, "n1")
    assert said == {
        "iss": "00D000000000001",
        "sub": "SoftphoneVoice",
        "iat": 1_760_000_000,
        "exp": 1_760_000_180,
        "jti": "n1",
    }
    assert claims(Issuer("o", "c", "https://x"), 0, "n")["aud"] == "https://x"


def test_the_token_is_signed_by_the_key() -> None:
    """As whoever has the certificate can check."""
    key = read_key(key_pair()[0])
    decoded = jwt.decode(sign(claims(ISSUER, 0, "n1"), key), key, algorithms=["RS256"])
    assert decoded.header["alg"] == "RS256"
    assert decoded.claims["jti"] == "n1"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must be a PEM"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "must be a PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "RSA"),
        (pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "1024 bits"),
    ],
)
def test_a_key_that_salesforce_would_refuse_is_refused_first(text: str, why: str) -> None:
    """At the start, with a sentence that quotes none of it."""
    with pytest.raises(BadKey, match=why):
        read_key(text)


def test_key_and_certificate_are_compared() -> None:
    """The most frequent mistake when keys are exchanged."""
    key, certificate = key_pair()
    assert is_pair(key, certificate)
    other = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    assert not is_pair(other, certificate)
    with pytest.raises(BadKey, match="certificate"):
        is_pair(key, "x")
