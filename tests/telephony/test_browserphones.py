"""Which drivers have phones in the browser."""

from __future__ import annotations

from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.browserphones import BrowserPhones, PhoneLogin
from adapter.telephony.dialstack.driver import DialStackDriver
from tests.fakes.states import MemoryStates

ASKED = ("has_browser_phone", "open_phone", "close_phone", "restore_audio", "comfort")


async def test_asterisk_has_phones_in_the_browser_and_dialstack_has_not_yet() -> None:
    """What a driver lacks is never offered."""
    account = AsteriskAccount(url="http://127.0.0.1:1", user="user", secret="secret")
    client = AriClient(build_http(account), account)
    driver = AsteriskDriver("acct", client, account, MemoryStates(), now=lambda: 1)
    assert all(hasattr(driver, name) for name in ASKED)
    await driver.close()
    assert not any(hasattr(DialStackDriver, name) for name in ASKED)
    assert all(name in dir(BrowserPhones) for name in ASKED)


def test_a_login_keeps_its_password_to_itself() -> None:
    """It may end up in a log."""
    assert "secret" not in repr(PhoneLogin("web-ada", "secret", "wss://x"))
