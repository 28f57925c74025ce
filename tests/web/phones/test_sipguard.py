"""A page's phone can be rung, and says nothing else: what goes through, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.web.phones.sipguard import KEEP_ALIVE, NotAPhone, passed_on

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
        *("Route: <sip:192.0.2.1;lr>", "Record-Route: <sip:192.0.2.1;lr>"),
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
        ("a folded header", message(REGISTER, "Expires: 60", " ;q=1")),
        ("a bare line feed", message(REGISTER, "Expires: 60\nFrom: <sip:grace@x>")),
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


CONTACT = "Contact: <sip:web-ada@softphone.invalid;transport=ws>"


@pytest.mark.parametrize(
    "about",
    ["", ";expires=0", ';+sip.ice;reg-id=1;+sip.instance="<urn:uuid:0b0e-4c>";expires=120'],
)
def test_a_page_is_reached_at_its_own_socket(about: str) -> None:
    """As JsSIP writes it."""
    header = CONTACT + about
    assert f"\r\n{header.replace('C', 'c', 1)}\r\n" in passed_on(
        message(REGISTER, header), "web-ada"
    )


@pytest.mark.parametrize(
    "contacts",
    [
        ["Contact: <sip:+19005551234@192.0.2.1:5060;transport=udp>;expires=600"],
        ["m: <tel:1>;expires=0", "Contact: <sip:+19005551234@192.0.2.1>"],
        ["Contact: <tel:+19005551234>"],
        [f"{CONTACT};expires=0, <sip:+19005551234@192.0.2.1>"],
        [CONTACT, CONTACT],
        ["Contact: <sip:web-ada@192.0.2.1;transport=ws>"],
        ["Contact: <sip:web-ada@softphone.invalid;transport=ws;maddr=192.0.2.1>"],
        ["Contact: <sip:web-ada@softphone.invalid;transport=udp>"],
        ["Contact: <sip:web-grace@softphone.invalid;transport=ws>"],
        ["Contact: sip:web-ada@softphone.invalid;transport=ws"],
    ],
)
@pytest.mark.parametrize("first", [REGISTER, "SIP/2.0 200 OK", "SIP/2.0 302 Moved"])
def test_no_page_is_a_phone_at_another_address(first: str, contacts: list[str]) -> None:
    """The provider would call it instead of the page: any number at any address, past all rules."""
    with pytest.raises(NotAPhone, match="another address"):
        passed_on(message(first, *contacts), "web-ada")


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_input_becomes_a_valid_message_or_nothing(first: str, rest: str) -> None:
    """Text of any kind is refused, or has the agent's own name in it."""
    for text in (first, f"{REGISTER}\r\nFrom: {first}\r\n{rest}\r\n\r\n{rest}"):
        try:
            told = passed_on(text, "web-ada")
        except NotAPhone:
            continue
        assert told == KEEP_ALIVE or "web-ada" in told
