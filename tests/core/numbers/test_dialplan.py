"""What a telephone system is told to dial, and which numbers it may take that for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.callcenter import CallCenterSettings
from adapter.core.numbers.dialplan import DialPlan, is_unknown, picked
from adapter.core.numbers.phone import DialRules, Order, Undialable, order, refused

US, DE = DialPlan("US", "9", "1", "011"), DialPlan("DE", "0", "0", "00")


def center(plan: DialPlan, region: str = "") -> CallCenterSettings:
    """The call center that names this plan's prefixes."""
    return CallCenterSettings(
        region=region,
        outside_prefix=plan.outside,
        long_distance_prefix=plan.long_distance,
        international_prefix=plan.international,
    )


@pytest.mark.parametrize(
    ("plan", "number", "dialed"),
    [
        (US, "+12125550123", "912125550123"),
        (US, "+493012345678", "9011493012345678"),
        (DE, "+493012345678", "003012345678"),
        (DE, "+12125550123", "00012125550123"),
        (DialPlan("US", "9", "1"), "+493012345678", None),
    ],
)
def test_a_number_follows_its_phone_systems_prefixes(
    plan: DialPlan, number: str, dialed: str | None
) -> None:
    """At home as within the country, abroad with its code; or not at all."""
    assert plan.dialed(number) == dialed
    if dialed is not None:
        assert number in plan.read(dialed)


def test_text_that_is_not_a_number_is_refused() -> None:
    """It reaches nobody, and is refused."""
    assert DialPlan("US", "9").dialed("+0") is None
    refusal = refused("+0", DialRules())
    assert refusal is not None
    assert refusal.reason == "not-a-number"


def test_a_number_that_the_phone_system_cannot_express_is_refused() -> None:
    """Another outside digit, or no number behind it."""
    assert list(US.read("012125550123")) == []
    assert list(US.read("9011")) == []
    assert list(US.read("92125550123")) == []


def test_a_call_center_selects_a_complete_dial_plan() -> None:
    """Not a prefix of one and a prefix of another; the country decides between equals."""
    assert picked(center(US), (DE, US)) == US
    mixed = CallCenterSettings(outside_prefix="9", long_distance_prefix="0")
    assert picked(mixed, (DE, US)) is None
    assert is_unknown(mixed, (DE, US))
    assert picked(CallCenterSettings(), (DialPlan("US"),)) is None
    assert not is_unknown(CallCenterSettings(), (US,))
    twin = DialPlan("CA", "9", "1", "011")
    assert picked(center(US, "CA"), (US, twin)) == twin
    assert picked(center(US, "MX"), (US, twin)) == US


def test_a_prefixed_number_that_reads_as_a_costly_one_is_refused() -> None:
    """A page that picks the wrong plan of two would have the switch dial what nobody judged."""
    plans = (DialPlan("US", "9", "1", "011"), DialPlan("DE", "9", "1", "00"))
    rules = DialRules(default_region="DE", plans=plans, regions=frozenset({"DE", "US"}))
    refusal = order("+49 876 5551234", rules, center(plans[1], "DE"))
    assert isinstance(refusal, Undialable)
    assert refusal.reason == "region"


def test_a_foreign_number_without_an_international_prefix_is_refused() -> None:
    """Else those digits would be a number of the system's own country."""
    plan = DialPlan("US", "9", "1")
    refusal = order("+49 30 12345678", DialRules(plans=(plan,)), center(plan))
    assert refusal == Undialable(
        "region", "Your phone system has no prefix for international calls."
    )


@pytest.mark.parametrize("text", ["4711", "911"])
def test_only_external_numbers_get_prefixes(text: str) -> None:
    """Extensions and emergencies never."""
    found = order(text, DialRules(plans=(US,)), center(US))
    assert isinstance(found, Order)
    assert found.dialed == text


@given(
    st.text("0123456789*#+", max_size=8),
    st.text("0123456789*#", max_size=8),
    st.text("0123456789*#", max_size=8),
    st.sampled_from(["", "US", "DE", "GB"]),
)
def test_no_page_can_dial_an_arbitrary_text(
    outside: str, long_distance: str, international: str, region: str
) -> None:
    """Whatever it says, the system is told the number itself or that behind a listed plan."""
    told = CallCenterSettings(
        region=region,
        outside_prefix=outside,
        long_distance_prefix=long_distance,
        international_prefix=international,
    )
    found = order("+12125550123", DialRules(plans=(US,)), told)
    assert isinstance(found, Order)
    assert found.dialed in {"+12125550123", "912125550123"}


def test_a_number_has_its_country_s_own_form_behind_the_prefix() -> None:
    """An Argentine mobile is dialed with a 15 at home, and no 9."""
    assert DialPlan("AR", "", "0", "00").dialed("+5491112345678") == "0111512345678"
    assert DialPlan("AR", "", "0", "00").dialed("+541123456789") == "01123456789"
