"""Verifies and reads a DialStack webhook. Pure.

Law of this file: verify first, then read. A signed webhook that makes no sense is stored and
acknowledged, because repeating it would not help; an unsigned one is not stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec.structs import replace

from adapter.telephony.dialstack import signing, wire
from adapter.telephony.strictjson import Malformed
from adapter.telephony.updates import IncomingDelivery, WebhookRefusal

PATH = "/webhooks/dialstack"

_SIGNATURE = signing.HEADER.lower()


def open_webhook(
    headers: Mapping[str, str],
    body: bytes,
    *,
    account: str,
    secrets: tuple[str, ...],
    now: int,
    tolerance: float = signing.TOLERANCE_SECONDS,
) -> IncomingDelivery | WebhookRefusal:
    """Verify and read a webhook; `now` is Unix milliseconds, header names are lower case.

    `tolerance` is the most seconds between the signing and now.
    """
    try:
        proof = headers.get(_SIGNATURE)
        signed_at = signing.verify(proof, body, secrets, now / 1000, tolerance)
    except signing.BadSignature as error:
        return _refusal(error.reason)
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity"}:
        # Bodies are not decompressed here, so the sender must get an error rather than 200.
        text = "Send the body without a Content-Encoding."
        return WebhookRefusal(415, "encoded-body", text, "encoded", unproved=False)
    return _read(body, account, signed_at, now)


def _refusal(reason: signing.Reason) -> WebhookRefusal:
    if reason is signing.Reason.STALE:
        text = "The signature's time is too old or in the future. Sign again when you send again."
        return WebhookRefusal(401, "stale-signature", text, reason.value, unproved=False)
    text = "The signature does not match this body."
    return WebhookRefusal(401, "bad-signature", text, reason.value)


def _senders_time(signed_at: int, now: int) -> int:
    """When it was sent (Unix ms), by the sender's clock, which may differ from ours by minutes.

    Times that the event does not state must be comparable with those that it states. Within the
    second of the signature, the arrival is the most precise.
    """
    begin = signed_at * 1000
    return min(max(begin, now), begin + 999)


def _read(body: bytes, account: str, signed_at: int, now: int) -> IncomingDelivery:
    """The delivery; an unreadable body gets its hash as the event id."""
    try:
        delivery = wire.parse_webhook(body, _senders_time(signed_at, now))
    except Malformed as error:
        name = "sha256-" + hashlib.sha256(body).hexdigest()
        unread = IncomingDelivery(account, name, "malformed", body, readable=False)
        return replace(unread, signed_at=signed_at, problem=error.reason)
    ours = replace(delivery, account=account, signed_at=signed_at)
    if delivery.account in ("", account):
        return ours
    return replace(ours, update=None, readable=False, problem="it belongs to another account")
