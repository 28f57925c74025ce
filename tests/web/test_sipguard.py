"""A page's phone can be rung, and says nothing else: what goes through, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.web.sipguard import KEEP_ALIVE, NotAPhone, passed_on

ME = "<sip:web-ada@softphone.invalid>"
REGISTER = "REGISTER sip:softphone.invalid SIP/2.0"


def message(first: str, *more: str, body: str = "", **usual: str) -> str:
    """A message with the usual headers, or others in their place."""
    headers = {
        "Via": "SIP/2.0/WS x.invalid;branch=z9hG4bK1",
        "To": ME,
        "From": f"{ME};tag=1",
        "Call-ID": "i1",
        "CSeq": "1 REGISTER",
        **{name.replace("_", "-"): value for name, value in usual.items()},
    }
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    return "\r\n".join([first, *lines, *more, "", body])


def test_a_registration_and_a_keep_alive_pass() -> None:
    """As they are, but for their length, which is counted here."""
    told = passed_on(message(REGISTER, "Authorization: Digest x", "Expires: 120"), "web-ada")
    assert told.startswith(f"{REGISTER}\r\nvia: SIP/2.0/WS")
    assert "\r\nauthorization: Digest x\r\n" in told
    assert told.endswith("content-length: 0\r\n\r\n")
    assert passed_on(KEEP_ALIVE, "web-ada") == KEEP_ALIVE


def test_an_answer_passes_with_its_body() -> None:
    """Whoever called is in From then."""
    told = passed_on(
        message(
            "SIP/2.0 200 OK", "Content-Type: application/sdp", body="v=0\r\né", From="<sip:x@y>"
        ),
        "web-ada",
    )
    assert told.endswith("content-length: 7\r\n\r\nv=0\r\né")


def test_a_bye_within_a_call_passes() -> None:
    """And so does what changes the call's media."""
    for method in ("BYE", "INVITE"):
        passed_on(
            message(f"{method} sip:asterisk@192.0.2.1 SIP/2.0", To="<sip:a@b>;tag=2"), "web-ada"
        )


@pytest.mark.parametrize(
    "header",
    [
        *("X-Trunk: yes", "P-Asserted-Identity: <sip:boss@x>", "Remote-Party-ID: <sip:boss@x>"),
        *("Replaces: 1;to-tag=2;from-tag=3", "Refer-To: <sip:900@x>", "Diversion: <sip:x@y>"),
        *("P-Preferred-Identity: <sip:boss@x>", "Content-Length: 3", "l: 3"),
    ],
)
def test_unneeded_headers_are_removed(header: str) -> None:
    """A server may know callers by them."""
    told = passed_on(message(REGISTER, header, body="abc"), "web-ada")
    assert header.lower() not in told.lower() or "content-length: 3" in told
    assert "sip:boss" not in told


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("a call", message("INVITE sip:900@x SIP/2.0", To="<sip:900@x>")),
        ("a transfer", message("REFER sip:x@y SIP/2.0", To="<sip:a@b>;tag=2")),
        ("a text", message("MESSAGE sip:x@y SIP/2.0", To="<sip:a@b>;tag=2")),
        ("a subscription", message("SUBSCRIBE sip:x@y SIP/2.0", To="<sip:a@b>;tag=2")),
        ("another's registration", message(REGISTER, To="<sip:web-grace@x>")),
        ("another's name", message(REGISTER, From="<sip:web-grace@x>;tag=1")),
        ("hidden in a name", message(REGISTER, From=f'"{ME}" <sip:grace@x>;tag=1')),
        ("two senders", message(REGISTER, "f: <sip:grace@x>;tag=1")),
        ("two receivers", message(REGISTER, "t: <sip:web-grace@x>")),
        ("no sender", message(REGISTER, From="")),
        ("no receiver that can be read", message(REGISTER, To="sip:web-ada@x")),
        ("a folded header", message(REGISTER, "Contact: <sip:x@y>", " ;q=1")),
        ("a bare line feed", message(REGISTER, "Contact: <sip:x@y>\nFrom: <sip:grace@x>")),
        ("no SIP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("nothing", ""),
        ("a broken answer", message("SIP/2.0 900 What")),
    ],
)
def test_messages_that_no_phone_sends_are_dropped(why: str, text: str) -> None:
    """Nor is any of it quoted."""
    with pytest.raises(NotAPhone) as refused:
        passed_on(text, "web-ada")
    assert "grace" not in str(refused.value)


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_input_becomes_a_valid_message_or_nothing(first: str, rest: str) -> None:
    """Text of any kind is refused, or has the agent's own name in it."""
    for text in (first, f"{REGISTER}\r\nFrom: {first}\r\n{rest}\r\n\r\n{rest}"):
        try:
            told = passed_on(text, "web-ada")
        except NotAPhone:
            continue
        assert told == KEEP_ALIVE or "web-ada" in told
