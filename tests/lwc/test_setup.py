"""An org's own host, from settings."""

from __future__ import annotations

from contextlib import AsyncExitStack

from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.lwc.setup import connect
from adapter.lwc.surface import HostCalls
from adapter.orgfile import orgs_of
from adapter.runtime.clock import SystemClock
from adapter.settings.environment import load


async def test_an_org_has_our_own_host_with_the_deployments_rules() -> None:
    """Nothing is to be set up here: who has no such page has no use of it."""
    settings = load({}, task_status="Done", read_back_class="Finder")
    async with AsyncExitStack() as stack:
        org = connect(orgs_of(settings).all[0], settings, Policy(), SystemClock(), stack)
    calls = org.page_calls[Route.KEYED]
    assert isinstance(calls, HostCalls)
    assert (calls.rules.status, calls.apex_class) == ("Done", "Finder")
    assert [(one.name, one.route) for one in org.surfaces] == [("lwc", Route.KEYED)]
    assert (org.finder, org.writer) == (None, None)
