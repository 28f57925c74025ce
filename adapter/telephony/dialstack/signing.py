"""Signatures of DialStack webhooks: create and verify.

Law of this file: a stranger controls every character of the header and the body, so `verify` may
raise only `BadSignature`, whatever the input.

The header is `X-DialStack-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>…]`, where v1 is the
HMAC-SHA256 of `"<t>." + raw body` with the secret as UTF-8. There are several v1 while the provider
rolls a secret, and several secrets while we do.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

HEADER = "X-DialStack-Signature"

TOLERANCE_SECONDS = 300
"""The default for how far a timestamp may differ from our clock, in either direction.

If a sender repeats deliveries with the first signature, it must cover all repetitions."""

# Seventeen items are more than any rollover needs; the limit bounds the work. Explicit digit
# classes, because \d matches other scripts' digits. Other keys beside t and v1 are ignored, and
# spaces and empty items between commas are accepted, as by the provider's own SDK.
_ITEM = re.compile(
    r"(?:t=[0-9]{1,12}|v1=[0-9a-f]{64}"
    r"|(?!t=|v1=)[A-Za-z][A-Za-z0-9_-]{0,31}=[\x21-\x2b\x2d-\x7e]{0,256})"
)
MOST_ITEMS = 17
LONGEST_HEADER = 8_192
_USUAL_HEADER = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


class Reason(StrEnum):
    """Why a signature is rejected."""

    MISSING = "missing"
    MALFORMED = "malformed"
    STALE = "stale"
    MISMATCH = "mismatch"


class BadSignature(Exception):
    """The signature does not prove that the provider sent this; `reason` may be logged."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the v1 signature, 64 hex digits, of `body` sent at `timestamp` (Unix seconds)."""
    return _digest(secret, b"%d.%s" % (timestamp, body))


def _digest(secret: str, message: bytes) -> str:
    return hmac.digest(secret.encode(), message, hashlib.sha256).hex()


def header(secrets: Iterable[str], timestamp: int, body: bytes) -> str:
    """Return the whole header, with one v1 per secret, in their order."""
    signatures = (f"v1={sign(secret, timestamp, body)}" for secret in secrets)
    return ",".join((f"t={timestamp}", *signatures))


def verify(
    value: str | None,
    body: bytes,
    secrets: Iterable[str],
    now_seconds: float,
    tolerance: float = TOLERANCE_SECONDS,
) -> int:
    """When it was signed (Unix seconds), if `value` proves `body` under one of `secrets`.

    Raises:
        BadSignature: in every other case, with the reason.
    """
    if not value:
        raise BadSignature(Reason.MISSING)
    text, signatures = _parse(value)
    signed_at = int(text)
    # Verify first, so that a late provider is told apart from a stranger.
    if not _any_matches(text, body, signatures, secrets):
        raise BadSignature(Reason.MISMATCH)
    if abs(now_seconds - signed_at) > tolerance:
        raise BadSignature(Reason.STALE)
    return signed_at


def _parse(value: str) -> tuple[str, Sequence[str]]:
    """Split the header into the timestamp as it was written and its v1 signatures."""
    usual = _USUAL_HEADER.fullmatch(value)
    if usual:
        return usual[1], (usual[2],)
    if len(value) > LONGEST_HEADER:
        raise BadSignature(Reason.MALFORMED)
    texts = [text for item in value.split(",") if (text := item.strip(" \t"))]
    if len(texts) > MOST_ITEMS or not all(map(_ITEM.fullmatch, texts)):
        raise BadSignature(Reason.MALFORMED)
    items = [text.partition("=") for text in texts]
    times = [text for key, _, text in items if key == "t"]
    signatures = [text for key, _, text in items if key == "v1"]
    if len(times) != 1 or not signatures:
        raise BadSignature(Reason.MALFORMED)
    return times[0], signatures


def _any_matches(text: str, body: bytes, signatures: Sequence[str], secrets: Iterable[str]) -> bool:
    """Compare every pair, so that the time taken reveals nothing."""
    message = b"%s.%s" % (text.encode(), body)
    matched = False
    for secret in secrets:
        if not secret:  # anyone can sign with an empty key
            continue
        expected = _digest(secret, message)
        for signature in signatures:
            matched |= hmac.compare_digest(expected, signature)
    return matched
