"""What may be dialed: the settings become the machine's rules."""

from __future__ import annotations

from adapter.core.numbers.dialplan import DialPlan
from adapter.core.numbers.phone import Dialable, Undialable, dialable
from adapter.settings.environment import load


def test_without_a_list_of_countries_only_the_home_region_may_be_called() -> None:
    """Every country is a word of its own, not what an admin forgets to say."""
    home = load({"SOFTPHONE_DEFAULT_REGION": "DE"}).policy().dial
    assert home.regions == frozenset({"DE"})
    for number in ("+18765551234", "+252612345678", "+491371234567", "+447012345678"):
        assert isinstance(dialable(number, home), Undialable)
    everywhere = load({"SOFTPHONE_REGIONS": "all"}).policy().dial
    assert everywhere.regions == frozenset()
    assert isinstance(dialable("+252612345678", everywhere), Dialable)


def test_a_dial_plan_without_a_country_is_the_home_regions() -> None:
    """The digits before an outside line, long distance, and abroad."""
    told = {"SOFTPHONE_DIAL_PLANS": "US:9/1/011,0//00", "SOFTPHONE_DEFAULT_REGION": "DE"}
    plans = load(told).policy().dial.plans
    assert plans == (DialPlan("US", "9", "1", "011"), DialPlan("DE", "0", "", "00"))
    assert load({"SOFTPHONE_RING_PROFILES": "desk"}).policy().ring_profiles == ("desk",)


def test_dial_rules_reach_the_policy() -> None:
    """Regions, lists and kinds of numbers are the dial policy's."""
    told = {
        "SOFTPHONE_DEFAULT_REGION": "GB",
        "SOFTPHONE_REGIONS": "DE, AT,",
        "SOFTPHONE_PREMIUM_NUMBERS": "true",
        "SOFTPHONE_SATELLITE_NUMBERS": "1",
        "SOFTPHONE_ALLOW_NUMBERS": "+49800",
        "SOFTPHONE_DENY_NUMBERS": "+1900,+44",
        "SOFTPHONE_EXTENSION_DIGITS": "3-3",
    }
    rules = load(told).policy().dial
    assert (rules.default_region, rules.regions) == ("GB", frozenset({"DE", "AT"}))
    assert (rules.premium, rules.satellite) == (True, True)
    assert (rules.allow, rules.deny) == (("+49800",), ("+1900", "+44"))
    assert (rules.extensions, rules.extension_digits) == (True, (3, 3))
    assert not load({"SOFTPHONE_EXTENSION_DIGITS": "none"}).policy().dial.extensions
