"""The token of the Telephony Integration API: an RS256 JWT, a new one for each request.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
`iss` is the org, `sub` the contact center's API name. A token with a `jti` is valid once, so none
is cached. Only older editions of the guide have `aud`, so it is a setting that is off by default.
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
"""The key sizes that Salesforce accepts."""


class BadKey(ValueError):
    """A key or certificate is unusable; the text says why and quotes none of it."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The signer: org id, contact center's API name, optional audience."""

    org_id: str
    contact_center: str
    audience: str = ""


def claims(issuer: Issuer, now_ms: int, token_id: str) -> dict[str, Any]:
    """A token's claims, valid for three minutes from `now_ms` (Unix milliseconds)."""
    issued = now_ms // 1000
    values: dict[str, Any] = {
        "iss": issuer.org_id,
        "sub": issuer.contact_center,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
        "jti": token_id,
    }
    return {**values, "aud": issuer.audience} if issuer.audience else values


def read_key(pem: str) -> RSAKey:
    """The private key that signs. Raises BadKey."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BadKey("it must be a PEM private key without a password") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadKey("it must be an RSA key")
    if key.key_size not in KEY_BITS:
        raise BadKey(f"it has {key.key_size} bits: Salesforce accepts 2048 or 4096")
    return RSAKey.import_key(pem)


def sign(values: Mapping[str, Any], key: RSAKey) -> str:
    """The signed token."""
    return jwt.encode({"alg": "RS256", "typ": "JWT"}, dict(values), key, algorithms=["RS256"])


def expires_ms(pem_certificate: str) -> int:
    """When the certificate expires, in Unix milliseconds. Raises BadKey."""
    return round(_certificate(pem_certificate).not_valid_after_utc.timestamp() * 1000)


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise BadKey("the certificate is not in PEM format") from error


def is_pair(pem_key: str, pem_certificate: str) -> bool:
    """Whether the certificate belongs to the key. Raises BadKey if either cannot be read."""
    key = serialization.load_pem_public_key(read_key(pem_key).as_pem(private=False))
    certificate = _certificate(pem_certificate)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_bytes(*form) == certificate.public_key().public_bytes(*form)
