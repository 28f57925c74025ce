"""An org's Open CTI, from settings."""

from __future__ import annotations

from contextlib import AsyncExitStack

from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.opencti.setup import connect
from adapter.opencti.surface import OpenCti
from adapter.orgfile import orgs_of
from adapter.runtime.clock import SystemClock
from adapter.settings.environment import load


async def test_an_org_has_open_cti_with_the_deployments_rules() -> None:
    """Its pages write; nobody is asked from here unless an app is set up for it."""
    settings = load({}, task_status="Done", read_back_class="Finder")
    async with AsyncExitStack() as stack:
        org = connect(orgs_of(settings).all[0], settings, Policy(), SystemClock(), stack)
    calls = org.page_calls[Route.PAGE]
    assert isinstance(calls, OpenCti)
    assert (calls.rules.status, calls.apex_class) == ("Done", "Finder")
    assert (org.finder, org.writer) == (None, None)
    assert [surface.name for surface in org.surfaces] == ["open-cti"]
