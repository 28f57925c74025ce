"""The settings that decide each refusal, by the code of its answer.

The agent reads the reason (`core.dialing`, `core.phone`, and the page's texts). The log line of the
refusal, `python -m adapter doctor` and docs/security.md name the settings. A leaf: only names.
"""

from __future__ import annotations

PREFIX = "SOFTPHONE_"

SETTINGS: dict[str, tuple[str, ...]] = {
    "refused-empty": (),
    "refused-too-long": (),
    "refused-not-a-number": (),
    "refused-has-extension": (),
    "refused-impossible": ("DEFAULT_REGION", "EXTENSION_DIGITS"),
    "refused-no-area-code": ("DEFAULT_REGION",),
    "refused-ambiguous": ("DEFAULT_REGION",),
    "refused-several-numbers": (),
    "refused-denied": ("DENY_NUMBERS", "ALLOW_NUMBERS"),
    "refused-satellite": ("SATELLITE_NUMBERS", "ALLOW_NUMBERS"),
    "refused-premium": ("PREMIUM_NUMBERS", "ALLOW_NUMBERS"),
    "refused-region": ("REGIONS", "DEFAULT_REGION", "ALLOW_NUMBERS"),
    "not-configured": ("DIRECTORY_FILE",),
    "use-your-phone": (),
    "too-old": (),
    "busy": ("DIAL_WHILE_WRAP_UP",),
    "do-not-disturb": (),
    "too-many": ("DIALS_PER_MINUTE", "DIALS_PER_HOUR"),
    "too-many-org": ("DIALS_PER_MINUTE_PER_ORG",),
    "transfer-pending": (),
    "confirm-repeat": ("CONFIRM_REPEAT_SECONDS",),
    "other-user": ("CHECK_SALESFORCE_USER",),
    "user-unknown": ("CHECK_SALESFORCE_USER", "READ_BACK_CLASS"),
    "provider-refused": (),
}
"""By code. Empty if no setting decides: the number is wrong, or the provider refused."""


def variables(code: str) -> tuple[str, ...]:
    """The variables that decide this refusal; empty for any other code."""
    return tuple(PREFIX + name for name in SETTINGS.get(code, ()))
