"""What a call center's definition file may rule: only what it says."""

from __future__ import annotations

from adapter.core.callcenter import NO_CALL_CENTER, CallCenterSettings
from adapter.core.policy import Policy


def test_an_empty_call_center_leaves_the_policy_unchanged() -> None:
    """The very same policy, not a copy."""
    policy = Policy()
    assert policy.of(NO_CALL_CENTER) is policy


def test_a_call_center_overrides_only_what_it_names() -> None:
    """Its wrap-up and its country; the rest is ours."""
    policy = Policy()
    ruled = policy.of(CallCenterSettings(wrapup_ms=0, region="DE"))
    assert ruled.wrapup_ms == 0
    assert ruled.dial.default_region == "DE"
    assert ruled.ring_ms == policy.ring_ms


def test_an_unknown_country_is_ignored() -> None:
    """Rubbish in a definition file must not make every number undialable."""
    assert Policy().of(CallCenterSettings(region="XX")).dial.default_region == "US"
