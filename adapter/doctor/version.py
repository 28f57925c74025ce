"""Checks that Salesforce still supports the Open CTI version that pages load. Pure.

"Versions that are more than three years old might not be supported": the Open CTI Developer Guide,
https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_support_policy.htm
"""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.doctor.findings import Finding, ok, warn
from adapter.settings import Settings

CHECK = "open cti"
FIRST_VERSION, FIRST_YEAR = 57, 2023
"""Spring of that year. A year has three releases, in February, June and October."""

SUPPORTED = 9
"""Releases of three years."""


def version_finding(settings: Settings, now: int) -> Finding:
    """How old the version is at this time (Unix milliseconds)."""
    version, today = float(settings.open_cti_version), datetime.fromtimestamp(now / 1000, UTC)
    latest = FIRST_VERSION + 3 * (today.year - FIRST_YEAR) + (today.month - 2) // 4
    name = f"Open CTI {settings.open_cti_version} (SOFTPHONE_OPEN_CTI_VERSION)"
    if version > latest:
        return warn(CHECK, f"{name} is not released yet: the latest is {latest}.0.", _TODO)
    if latest - version > SUPPORTED:
        text = f"{name} is more than three years old: the latest is {latest}.0."
        return warn(CHECK, text, _TODO)
    return ok(CHECK, f"{name} is no more than three years old.")


_TODO = "Try a newer version with one agent. The adapter's own tests use 57.0."
