"""Which drivers have phones in the browser."""

from __future__ import annotations

from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.browserphones import BrowserPhones, PhoneLogin
from adapter.telephony.dialstack.driver import DialStackDriver

ASKED = ("has_browser_phone", "open_phone", "close_phone", "restore_audio", "comfort")


def test_asterisk_has_phones_in_the_browser_and_dialstack_has_not_yet() -> None:
    """What a driver lacks is never offered."""
    assert all(hasattr(AsteriskDriver, name) for name in ASKED)
    assert not any(hasattr(DialStackDriver, name) for name in ASKED)
    assert all(name in dir(BrowserPhones) for name in ASKED)


def test_a_login_keeps_its_password_to_itself() -> None:
    """It may end up in a log."""
    assert "secret" not in repr(PhoneLogin("web-ada", "secret", "wss://x"))
