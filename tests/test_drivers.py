"""Which providers there are, and what each of them must be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter.drivers import KINDS, build_driver, is_configured, missing
from adapter.orgfile import orgs_of
from adapter.orgs import Org, TelephonyAccount
from adapter.settings import WrongSetting
from adapter.settings.environment import load
from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.dialstack.driver import DialStackDriver
from adapter.telephony.port import StreamDriver
from tests.fakes.states import MemoryStates

WHOLE = {"token": "sk", "webhook_secrets": "one, two"}


def org(kind: str = "dialstack", account: str = "acct", **options: str) -> Org:
    """One with that account."""
    return Org("00D000000000001", (), telephony=TelephonyAccount(kind, account, options))


def nobody(_took_ms: int, _trouble: str) -> None:
    """Nobody looks how requests go."""


@pytest.mark.parametrize("name", ["account", "token", "webhook_secrets"])
def test_an_account_without_a_required_setting_is_not_configured(name: str) -> None:
    """It can neither dial nor be believed; everything else is a default."""
    told: dict[str, Any] = WHOLE | {"account": "acct"}
    assert is_configured(org(**told))
    assert not is_configured(org(**told | {name: ""}))
    assert missing(org(**told | {name: ""})) == [name]


async def test_the_variables_build_the_only_orgs_driver() -> None:
    """What stands behind the provider's name is the option's."""
    settings = load(
        {}, dialstack_account="acct", dialstack_token="sk", dialstack_user_field="user_id"
    )
    (one,) = orgs_of(settings).all
    driver = build_driver(one, MemoryStates(), nobody)
    assert isinstance(driver, DialStackDriver)
    await driver.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (org("telepathy"), "one of asterisk, dialstack.*not 'telepathy'"),
        (org(**WHOLE, tokn="sk"), "dialstack has no tokn .org 00D.*; it accepts token"),
        (org("asterisk", url="x", user="s", secret="s", emergency="maybe"), "emergency: Expected"),
        (org(**WHOLE, user_field="users"), "user_field must be user or user_id, not users"),
    ],
)
def test_a_wrong_option_prevents_the_start_by_name(wrong: Org, said: str) -> None:
    """And says which org and what there is instead."""
    with pytest.raises(WrongSetting, match=said):
        build_driver(wrong, MemoryStates(), nobody)


async def test_asterisk_is_built_from_its_variables_and_watches_the_directorys_phones(
    tmp_path: Path,
) -> None:
    """A call log only where it is told where Asterisk writes one."""
    book = tmp_path / "agents.toml"
    book.write_text('[[agent]]\nemail = "ada@example.com"\nprovider_user = "ada"\n')
    told = {"asterisk_user": "softphone", "asterisk_secret": "s", "directory_file": book}
    (one,) = orgs_of(load({}, provider="asterisk", **told)).all
    assert is_configured(one)
    driver = build_driver(one, MemoryStates(), nobody)
    assert isinstance(driver, AsteriskDriver)
    assert isinstance(driver, StreamDriver)
    assert not driver.capabilities.call_log
    assert driver.steering.endpoints() == {"PJSIP/ada": "ada"}
    await driver.close()
    logged = {**told, "asterisk_cel_url": f"sqlite:///{tmp_path}/cel.db"}
    (one,) = orgs_of(load({}, provider="asterisk", **logged)).all
    driver = build_driver(one, MemoryStates(), nobody)
    assert driver.capabilities.call_log
    await driver.close()
    (bare,) = orgs_of(load({}, provider="asterisk")).all
    assert not is_configured(bare)


def test_every_provider_lists_its_required_settings() -> None:
    """Else everything would look configured."""
    assert all(kind.needed for kind in KINDS.values())
