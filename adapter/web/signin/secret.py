"""Hashes and compares secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac


def token_hash(token: str) -> str:
    """The stored form of a secret: its SHA-256, so the store itself gives no access."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def s256(verifier: str) -> str:
    """The challenge of a verifier: base64url of its SHA-256, unpadded (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def same(first: str, second: str) -> bool:
    """Whether two secrets are equal, compared in constant time."""
    return hmac.compare_digest(first.encode("utf-8", "replace"), second.encode("utf-8", "replace"))
