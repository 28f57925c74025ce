"""What is dialed for whom."""

import re

import pytest

from adapter.telephony.asterisk.account import (
    AsteriskAccount,
    account_of,
    is_outside,
    written_identity,
)
from adapter.telephony.port import Rejected

PLAIN = AsteriskAccount("http://127.0.0.1:8088", "softphone", "secret")


def test_an_agents_phones_come_from_the_template_or_from_the_directory() -> None:
    """All of them ring; a mobile behind the trunk is not watched."""
    both = AsteriskAccount("", "", "", device="PJSIP/{user}&PJSIP/99{user}")
    assert both.devices_of("100") == ("PJSIP/100", "PJSIP/99100")
    listed = "PJSIP/ada&PJSIP/4917@trunk"
    assert PLAIN.devices_of(listed) == ("PJSIP/ada", "PJSIP/4917@trunk")
    assert PLAIN.watched_of(listed) == ("PJSIP/ada",)
    assert len(PLAIN.devices_of("&".join(["S/a"] * 20))) == 10
    with pytest.raises(Rejected):
        PLAIN.devices_of("a,b")


def test_numbers_use_the_trunk_and_extensions_stay_internal() -> None:
    """Each by its own template; anything else is refused."""
    assert PLAIN.endpoint_of("+15551230300") == "PJSIP/+15551230300@trunk"
    assert PLAIN.endpoint_of("2001") == "PJSIP/2001"
    assert is_outside("0015551230300")
    for bad in ("", "12,34", "sip:eve@example.com", "1" * 50):
        with pytest.raises(Rejected):
            PLAIN.endpoint_of(bad)


def test_options_become_an_account_or_a_clear_error() -> None:
    """Texts, as variables and files have them; an empty one is the default."""
    told = {"url": "http://127.0.0.1:8088", "user": "s", "secret": "x", "app": ""}
    account = account_of({**told, "emergency": "True", "ring_seconds": "20", "identity": "+1555"})
    assert (account.emergency, account.ring_seconds, account.app) == (True, 20, "softphone")
    assert account_of({"url": "http://127.0.0.1:8088"}).user == ""
    for wrong, said in [
        ({"emergency": "perhaps"}, "emergency: Expected `bool`"),
        ({"dial_seconds": "1.5"}, "dial_seconds: Expected `int`"),
        ({"device": "PJSIP/ada"}, "device must contain {user}"),
        ({"outside": "PJSIP/{number}@{trunk}"}, "no other braces"),
        ({"inside": "Local/{user}@x"}, "inside must contain {number}"),
        ({"identity": "Example"}, "identity must be a number"),
        ({"cel_url": "over there"}, "address for SQLAlchemy"),
        ({"device_state": "Stasis:ada"}, "device_state must contain {user}"),
        ({"device_state": "Custom:{user}"}, "device_state must begin with Stasis:"),
    ]:
        with pytest.raises(ValueError, match=re.escape(said)):
            account_of({**told, **wrong})


def test_a_device_state_has_a_name_that_a_dialplan_can_ask_for() -> None:
    """Whatever the agent's phones are called."""
    account = account_of({"url": "http://127.0.0.1:8088", "device_state": "Stasis:dnd-{user}"})
    assert account.device_state_of("ada") == "Stasis:dnd-ada"
    assert account.device_state_of("PJSIP/a&PJSIP/+49@t") == "Stasis:dnd-PJSIP-a-PJSIP--49-t"


def test_an_identity_cannot_break_out_of_its_quotes() -> None:
    """Whatever a name has in it; without a number there is none."""
    assert written_identity('Ex"ample, <Ltd>\n', "+1555") == '"Example Ltd" <+1555>'
    assert PLAIN.shown_as() == ""
    assert "secret" not in repr(PLAIN)


def test_a_phone_in_the_browser_is_one_more_phone_of_the_agent() -> None:
    """By the setting, or as the directory says of an agent; others' calls at it are not watched."""
    account = AsteriskAccount("u", "u", "s", browser_phone=True, browser_users={"grace": False})
    assert account.devices_of("ada") == ("PJSIP/web-ada", "PJSIP/ada")
    assert account.watched_of("ada") == ("PJSIP/ada",)
    assert account.devices_of("grace") == ("PJSIP/grace",)
    assert account.has_browser_phones
    one = AsteriskAccount("u", "u", "s", browser_users={"ada": True})
    assert (one.has_browser_phone("ada"), one.has_browser_phone("grace")) == (True, False)
    assert one.has_browser_phones
    assert not AsteriskAccount("u", "u", "s", browser_users={"ada": False}).has_browser_phones
