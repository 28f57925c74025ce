"""The provider's settings, whole or not there."""

from __future__ import annotations

import pytest

from adapter.settings.environment import load

SECRET = "whsec_" + "9f2c1e7a5b3d8064"


def test_several_webhook_secrets_are_valid_at_once() -> None:
    """While rotating, old and new are separated by a comma."""
    settings = load({"SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": f" {SECRET}, {SECRET}b ,"})
    assert settings.webhook_secrets == (SECRET, f"{SECRET}b")


@pytest.mark.parametrize("missing", ["TOKEN", "ACCOUNT", "WEBHOOK_SECRETS", None])
def test_a_provider_is_configured_only_if_complete(missing: str | None) -> None:
    """Without a token no call can be placed, without secrets none can be heard of."""
    names = {"TOKEN", "ACCOUNT", "WEBHOOK_SECRETS"} - {missing}
    told = {f"SOFTPHONE_DIALSTACK_{name}": SECRET for name in names if name}
    assert load(told).is_provider_configured is (missing is None)
