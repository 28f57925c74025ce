"""Who may write VoiceCall records at the stand-in, and what becomes of them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapter.voice.record import RecordRules, create_body
from adapter.voice.standin.book import LONGEST_TOKEN_SECONDS, Book
from adapter.voice.token import Issuer, claims, read_key, sign
from tests.core.people import T0
from tests.fakes.voicecalls import CENTER, ORG, key_pair, new_book, private_pem

KEY = read_key(key_pair()[0])
STRANGER = read_key(private_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
RINGING = create_body("c1", caller="+1202", called="", started=T0, rules=RecordRules(CENTER))
OVER = {"isActiveCall": False}

_numbers = itertools.count()


def headers(*, key: Any = KEY, at: int = T0, **said: Any) -> dict[str, str]:
    """Those of one request; `said` overrides claims."""
    made = claims(Issuer(ORG, CENTER), at, f"n{next(_numbers)}")
    whole = {name: value for name, value in {**made, **said}.items() if value is not None}
    return {
        "Authorization": f"Bearer {sign(whole, key)}",
        "Telephony-Provider-Name": "Softphone",
    }


def status(book: Book, sent: dict[str, str], at: int = T0) -> int:
    """What a request with these headers is answered, were its body empty."""
    denied = book.denied(sent, at)
    return denied.status if denied else 0


def test_a_token_is_valid_once() -> None:
    """The same again is refused; one without an id is not told apart."""
    book, sent = new_book(), headers()
    assert (status(book, sent), status(book, sent)) == (0, 401)
    nameless = headers(jti=None)
    assert (status(book, nameless), status(book, nameless)) == (0, 0)
    assert book.refused == ["401 INVALID_JWT: the token was used before"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer x"},
        headers(key=STRANGER),
        headers(iss="00D000000000009"),
        headers(sub="Other"),
        headers(iat=None),
        headers(exp=None),
        headers(at=T0 - 200_000),
        headers(at=T0 + 400_000),
        headers(exp=T0 // 1000 + LONGEST_TOKEN_SECONDS + 1),
    ],
)
def test_without_a_valid_token_nothing_is_written(sent: dict[str, str]) -> None:
    """None, a stranger's, another org's, another center's, an old one, one from the future."""
    assert status(new_book(), sent) == 401


def test_a_request_names_its_provider() -> None:
    """The header is required."""
    sent = headers()
    del sent["Telephony-Provider-Name"]
    assert status(new_book(), sent) == 400


def test_a_record_is_created_once_and_completed_by_either_id() -> None:
    """By the vendor's key or by Salesforce's id; a second creation is refused and noticed."""
    book = new_book()
    made = book.create(RINGING)
    assert (made.status, made.body["errors"], made.is_good) == (201, [], True)
    assert book.records["c1"]["CallDisposition"] == "new"
    assert book.create(RINGING).status == 400
    assert book.doubled == ["c1"]
    assert book.complete("c1", {"isActiveCall": True}).body == {"status": "pending"}
    assert book.records["c1"]["CallDisposition"] == "in-progress"
    assert book.complete(made.body["voiceCallId"], OVER).status == 202
    assert book.records["c1"]["CallDisposition"] == "completed"
    assert list(book.records) == ["c1"]


def test_a_refused_request_changes_nothing() -> None:
    """Another center's creation, a body that is wrong, a key that is none."""
    book = new_book()
    assert book.create({**RINGING, "callCenterApiName": "Other"}).status == 404
    assert book.create({}).status == 400
    assert book.complete("c1", {"notes": "n"}).status == 400
    assert book.complete("x" * 256, OVER).status == 404
    assert book.records == {}


def test_a_call_that_ended_before_its_record_gets_one() -> None:
    """So do calls that Salesforce's own page was told of."""
    book = new_book()
    assert book.complete("c1", OVER).is_good
    told = book.tell("c2", {"CallType": "Outbound"})
    assert (set(book.records), told["CallType"]) == ({"c1", "c2"}, "Outbound")
    assert book.tell("c2", {"x": 1}) is told
