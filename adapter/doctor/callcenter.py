"""Checks that the org has a call center with the adapter's address and with agents.

https://developer.salesforce.com/docs/platform/object-reference/references/standard-objects/object-callcenter.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.page.port import ReadBackFailed

Row = dict[str, Any]
Ask = Callable[[str], Awaitable[Sequence[Row]]]
"""Runs a query; raises ReadBackFailed."""

CENTERS = "SELECT Id, InternalName, AdapterUrl, CustomSettings FROM CallCenter LIMIT 200"
AGENTS = (
    "SELECT CallCenterId, COUNT(Id) agents FROM User "
    "WHERE IsActive = true AND CallCenterId != null GROUP BY CallCenterId"
)
_CHECK = "call center"
_SETUP = "Setup → Call Centers"


async def call_center_findings(ask: Ask, adapter_url: str) -> tuple[Finding, ...]:
    """The findings, read by the client that also searches for Tasks."""
    try:
        centers, agents = await ask(CENTERS), await ask(AGENTS)
    except ReadBackFailed as error:
        text = f"The org's call centers cannot be read: {error}."
        todo = "Let the run-as user view setup, or check CTI Adapter URL and users by hand."
        return (warn(_CHECK, text, todo),)
    counts = {str(row.get("CallCenterId")): int(row.get("agents") or 0) for row in agents}
    return tuple(judged(centers, counts, adapter_url))


def judged(centers: Sequence[Row], agents: dict[str, int], adapter_url: str) -> Iterator[Finding]:
    """Each call center with the adapter's address; if there is none, the addresses found."""
    ours = [row for row in centers if _url(row) == adapter_url]
    if not ours:
        others = ", ".join(f"{row.get('InternalName')} has {_url(row)}" for row in centers[:5])
        others = others or "none is set"
        text = f"No call center has {adapter_url} as its CTI Adapter URL ({others})."
        todo = f"Correct the address in {_SETUP}; only a softphone without Open CTI needs none."
        yield warn(_CHECK, text, todo)
    # An imported one may exist, unused, beside a deployed one.
    for row in [row for row in ours if agents.get(str(row.get("Id")))] or ours:
        yield _one(str(row.get("InternalName")), _mode(row), agents.get(str(row.get("Id")), 0))


def _one(name: str, mode: str, agents: int) -> Finding:
    if mode == "Classic":
        text = f"{name} is only for Classic: in Lightning the phone item stays empty."
        todo = f"{_SETUP} → {name}: set Salesforce Compatibility Mode to Classic_and_Lightning."
        return fail(_CHECK, text, todo)
    if not agents:
        text = f"No active user is in {name}: the phone item stays empty, without an error."
        return fail(_CHECK, text, f"{_SETUP} → {name} → Manage Call Center Users.")
    return ok(_CHECK, f"{name} has the adapter's address and {agents} active users.")


def _url(row: Row) -> str:
    return str(row.get("AdapterUrl") or "").rstrip("/")


def _mode(row: Row) -> str:
    """Classic is Salesforce's default; an unreadable value counts as right."""
    try:
        return str(json.loads(str(row.get("CustomSettings")))["reqSalesforceCompatibilityMode"])
    except (ValueError, KeyError, TypeError):
        return ""
