"""Which providers there are, and what each of them must be told."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.drivers import KINDS, build_driver, is_configured
from adapter.environment import load
from adapter.orgs import Org, TelephonyAccount, orgs_of
from adapter.settings import WrongSetting
from adapter.telephony.dialstack.driver import DialStackDriver
from tests.fakes.states import MemoryStates

WHOLE = {"token": "sk", "webhook_secrets": "one, two"}


def org(kind: str = "dialstack", account: str = "acct", **options: str) -> Org:
    """One with that account."""
    return Org("00D000000000001", (), telephony=TelephonyAccount(kind, account, options))


def nobody(_took_ms: int, _trouble: str) -> None:
    """Nobody looks how requests go."""


@pytest.mark.parametrize("missing", ["account", "token", "webhook_secrets"])
def test_an_account_without_one_of_its_needs_is_not_configured(missing: str) -> None:
    """It can neither dial nor be believed; everything else is a default."""
    told: dict[str, Any] = WHOLE | {"account": "acct"}
    assert is_configured(org(**told))
    assert not is_configured(org(**told | {missing: ""}))


async def test_the_variables_of_the_one_org_make_its_driver() -> None:
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
        (org("telepathy"), "one of dialstack.*not 'telepathy'"),
        (org(**WHOLE, tokn="sk"), "dialstack has no tokn .org 00D.*; it knows token"),
        (org(**WHOLE, user_field="users"), "user_field must be user or user_id, not users"),
    ],
)
def test_a_wrong_option_stops_the_start_with_its_name(wrong: Org, said: str) -> None:
    """And says which org and what there is instead."""
    with pytest.raises(WrongSetting, match=said):
        build_driver(wrong, MemoryStates(), nobody)


def test_every_kind_says_what_it_needs() -> None:
    """Else everything would look configured."""
    assert all(kind.needed for kind in KINDS.values())
