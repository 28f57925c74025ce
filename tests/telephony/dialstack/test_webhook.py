"""A webhook as it came: what is believed, what is kept, what is refused."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from adapter.core.events import Report, TimePassed
from adapter.core.view import view
from adapter.telephony.dialstack import signing
from adapter.telephony.dialstack.webhook import open_webhook
from adapter.telephony.updates import IncomingDelivery, Moment, WebhookRefusal, as_event
from tests.core.people import IDLE, POLICY, after

ACCOUNT, SECRETS, NOW = "acct_1", ("whsec_new", "whsec_old"), 1_760_000_000_000


def event(**more: object) -> bytes:
    """One that tells of a call."""
    data = {"call_id": "call_1", "user": "user_1", "direction": "outbound"}
    told = {"id": "evt_1", "type": "call.initiated", "account_id": ACCOUNT, "data": data}
    return json.dumps(told | more).encode()


def opened(body: bytes, **headers: str) -> IncomingDelivery | WebhookRefusal:
    """What becomes of it, properly signed unless headers say otherwise."""
    proof = {signing.HEADER.lower(): signing.header(SECRETS[1:], NOW // 1000, body)}
    return open_webhook(proof | headers, body, account=ACCOUNT, secrets=SECRETS, now=NOW)


def delivery(body: bytes) -> IncomingDelivery:
    """It is taken."""
    found = opened(body)
    assert isinstance(found, IncomingDelivery)
    return found


def test_a_signed_event_of_a_call_is_read() -> None:
    """Under any of our secrets, with the time of its signature."""
    found = delivery(event())
    assert (found.account, found.event_id, found.type) == (ACCOUNT, "evt_1", "call.initiated")
    assert (found.readable, found.problem, found.signed_at) == (True, "", NOW // 1000)
    assert found.update is not None
    assert (found.update.moment, found.update.user_id) == (Moment.DIALED, "user_1")


@pytest.mark.parametrize("proof", ["", "t=1,v1=" + "0" * 64, "rubbish"])
def test_an_unverified_delivery_is_refused_with_its_reason(proof: str) -> None:
    """401; its address is watched."""
    found = opened(event(), **{signing.HEADER.lower(): proof})
    assert isinstance(found, WebhookRefusal)
    assert (found.status, found.unproved) == (401, True)
    assert found.reason in {"missing", "mismatch", "malformed"}


@pytest.mark.parametrize("seconds", [301, 4 * 3_600, -301])
def test_an_old_signature_differs_from_a_missing_one(seconds: int) -> None:
    """It is the provider's, who repeats with the first signature: no stranger to be shed."""
    proof = {signing.HEADER.lower(): signing.header(SECRETS, NOW // 1000 - seconds, event())}
    found = opened(event(), **proof)
    assert isinstance(found, WebhookRefusal)
    assert (found.status, found.reason, found.unproved) == (401, "stale", False)
    patient = open_webhook(
        proof, event(), account=ACCOUNT, secrets=SECRETS, now=NOW, tolerance=5 * 3_600
    )
    assert isinstance(patient, IncomingDelivery)


def test_a_compressed_body_is_refused() -> None:
    """415, once it is proved: else a stranger could make us unpack."""
    body = gzip.compress(event())
    found = opened(body, **{"content-encoding": "GZip"})
    assert isinstance(found, WebhookRefusal)
    assert (found.status, found.reason, found.unproved) == (415, "encoded", False)
    assert isinstance(opened(event(), **{"content-encoding": "identity"}), IncomingDelivery)
    forged = {"content-encoding": "gzip", signing.HEADER.lower(): "t=1,v1=" + "0" * 64}
    stranger = opened(body, **forged)
    assert isinstance(stranger, WebhookRefusal)
    assert stranger.status == 401


def test_signed_garbage_is_stored_under_its_hash() -> None:
    """The same rubbish again has the same name, so that it is kept once."""
    found, again = delivery(b"[1"), delivery(b"[1")
    assert (found.readable, found.type, found.problem) == (False, "malformed", "not JSON")
    assert found.event_id == again.event_id != delivery(b"[2").event_id


def test_another_accounts_event_is_kept_and_not_read() -> None:
    """A secret proves the sender, not whose the call is."""
    found = delivery(event(account_id="acct_2"))
    assert (found.readable, found.update, found.event_id) == (False, None, "evt_1")
    assert "another account" in found.problem


def test_an_event_without_a_call_says_what_it_lacks() -> None:
    """It is kept as one that means nothing to us."""
    found = delivery(event(data={}))
    assert (found.readable, found.update, found.problem) == (True, None, "no call_id")


def as_sent(skew_ms: int, at: int, kind: str, **fields: str) -> Report:
    """A webhook that arrives at `at` by our clock, from a provider whose own differs."""
    data = {"call_id": "call_1", "user": "user_1", "direction": "inbound", **fields}
    body = event(id=f"evt_{kind}", type=kind, data=data)
    proof = {signing.HEADER.lower(): signing.header(SECRETS, (at + skew_ms) // 1000, body)}
    taken = open_webhook(proof, body, account=ACCOUNT, secrets=SECRETS, now=at)
    assert isinstance(taken, IncomingDelivery)
    assert taken.update is not None
    return as_event(taken.update, at=at, call_id="c1", known=False)


@pytest.mark.parametrize("skew_ms", [-240_000, -9_000, 0, 9_000, 240_000])
@pytest.mark.parametrize("stated", ["connected_at", "ended_at", "neither"])
def test_a_talk_is_as_long_as_it_was_though_the_providers_clock_is_wrong(
    skew_ms: int, stated: str
) -> None:
    """Whichever of its two ends the events state, and without the CDR."""
    began, over = NOW + 5_300, NOW + 70_700

    def field(name: str, at: int) -> dict[str, str]:
        moment = datetime.fromtimestamp((at + skew_ms) / 1000, UTC)
        return {name: moment.isoformat()} if name == stated else {}

    ringing = as_sent(skew_ms, NOW, "call.incoming")
    talking = as_sent(skew_ms, began, "call.answered", **field("connected_at", began))
    ended = as_sent(skew_ms, over, "call.end", **field("ended_at", over))
    talk = after(IDLE, (ringing, talking))
    (card,) = view(talk.agent, (), POLICY, {})["calls"]
    assert stated == "connected_at" or card["connected_at"] == began
    gave_up = TimePassed(over + POLICY.cdr_wait_ms)
    (opened,) = after(talk.agent, (ended, gave_up)).opened
    assert opened.facts.talk_ms == pytest.approx(over - began, abs=1_000)
