"""From a DialStack webhook, as it came, to a delivery that is proved and read. Pure.

Law of this file: proved first, read after. A signed one that makes no sense is kept and
acknowledged, since sending it again would not mend it; of an unsigned one nothing is kept.
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
    """Prove and read it; `now` is in Unix milliseconds, names of headers are in lower case.

    `tolerance` is how many seconds may lie between its signing and now.
    """
    try:
        proof = headers.get(_SIGNATURE)
        signed_at = signing.verify(proof, body, secrets, now / 1000, tolerance)
    except signing.BadSignature as error:
        return _refusal(error.reason)
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity"}:
        # Nothing is unpacked here, so nothing can be read: who sends it must hear so, and not 200.
        text = "Send the body without a Content-Encoding."
        return WebhookRefusal(415, "encoded-body", text, "encoded", unproved=False)
    return _read(body, account, signed_at, now)


def _refusal(reason: signing.Reason) -> WebhookRefusal:
    if reason is signing.Reason.STALE:
        text = "The signature's time is too old or in the future. Sign again when you send again."
        return WebhookRefusal(401, "stale-signature", text, reason.value, unproved=False)
    text = "The signature does not match this body."
    return WebhookRefusal(401, "bad-signature", text, reason.value)


def _read(body: bytes, account: str, signed_at: int, now: int) -> IncomingDelivery:
    """What it says; rubbish is named by its own hash."""
    try:
        told = wire.parse_webhook(body, now)
    except Malformed as error:
        name = "sha256-" + hashlib.sha256(body).hexdigest()
        unread = IncomingDelivery(account, name, "malformed", body, readable=False)
        return replace(unread, signed_at=signed_at, problem=error.reason)
    ours = replace(told, account=account, signed_at=signed_at)
    if told.account in ("", account):
        return ours
    return replace(ours, update=None, readable=False, problem="it is another account's")
