"""The token of the Telephony Integration API: an RS256 JWT, made anew for every single request.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
`iss` is the org, `sub` the contact center's API name. A token with a `jti` is good once, so none
is ever kept. `aud` is in older editions of the guide only: a setting, left out by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

LIFETIME_SECONDS = 180
KEY_BITS = (2048, 4096)
"""The sizes that Salesforce takes."""


class BadKey(ValueError):
    """The private key cannot sign for Salesforce; the text says why, and quotes none of it."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: the org's id, the contact center's API name, and perhaps an audience."""

    org_id: str
    contact_center: str
    audience: str = ""


def claims(issuer: Issuer, now_ms: int, token_id: str) -> dict[str, Any]:
    """What a token says, from now on for three minutes; `now_ms` in Unix milliseconds."""
    issued = now_ms // 1000
    said: dict[str, Any] = {
        "iss": issuer.org_id,
        "sub": issuer.contact_center,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
        "jti": token_id,
    }
    return {**said, "aud": issuer.audience} if issuer.audience else said


def read_key(pem: str) -> RSAKey:
    """The private key that signs. Raises BadKey."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BadKey("it is no PEM private key without a password") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadKey("it must be an RSA key")
    if key.key_size not in KEY_BITS:
        raise BadKey(f"it has {key.key_size} bits: Salesforce takes 2048 or 4096")
    return RSAKey.import_key(pem)


def sign(said: Mapping[str, Any], key: RSAKey) -> str:
    """The token's text."""
    return jwt.encode({"alg": "RS256", "typ": "JWT"}, dict(said), key, algorithms=["RS256"])


def expires_ms(pem_certificate: str) -> int:
    """Until when the certificate is good, Unix milliseconds. Raises BadKey."""
    return round(_certificate(pem_certificate).not_valid_after_utc.timestamp() * 1000)


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise BadKey("the certificate is no PEM certificate") from error


def is_pair(pem_key: str, pem_certificate: str) -> bool:
    """Whether the certificate is that of the key. Raises BadKey where either cannot be read."""
    key = serialization.load_pem_public_key(read_key(pem_key).as_pem(private=False))
    certificate = _certificate(pem_certificate)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_bytes(*form) == certificate.public_key().public_bytes(*form)
