"""What the settings say of each org, and of the deployment where an org says nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.core.route import Route
from adapter.opencti.surface import OpenCti
from adapter.orgfile import orgs_of
from adapter.page.port import SalesforceOrg
from adapter.runtime.clock import SystemClock
from adapter.settings.environment import load
from adapter.tenantbuilder import Builder
from adapter.tenants import Tenants
from tests.fakes.states import MemoryStates
from tests.test_orgfile import org_text

OWN = """
[org.salesforce]
client_id = "3MVG9-own"
client_secret_file = "{folder}/token-a"
task_status = "Done"
task_extra_fields = ["Type=Call", "Link__c=https://x.example/?a=b"]
"""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Closes what tenants hold open."""
    async with AsyncExitStack() as made:
        yield made


async def built(stack: AsyncExitStack, **settings: Any) -> Tenants[SalesforceOrg]:
    """The tenants of these settings."""
    told = load({}, **settings)
    http = await stack.enter_async_context(httpx.AsyncClient())
    return Builder(told, SystemClock(), http, lambda _: MemoryStates(), stack).build(
        orgs_of(told).all
    )


async def test_each_org_has_its_own_tasks_and_read_back(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """What an org does not say is as the deployment says."""
    text = org_text(tmp_path, "a") + OWN.format(folder=tmp_path) + org_text(tmp_path, "b")
    (tmp_path / "orgs.toml").write_text(text)
    tenants = await built(stack, orgs_file=tmp_path / "orgs.toml", task_status="Completed")
    a, b = tenants.all
    calls_a, calls_b = (one.salesforce.page_calls[Route.PAGE] for one in (a, b))
    assert isinstance(calls_a, OpenCti)
    assert isinstance(calls_b, OpenCti)
    assert (calls_a.rules.status, calls_b.rules.status) == ("Done", "Completed")
    assert calls_a.rules.extra == (("Type", "Call"), ("Link__c", "https://x.example/?a=b"))
    assert calls_b.rules.extra == ()
    assert a.salesforce.finder is not None
    assert b.salesforce.finder is None
    assert (a.rules.save.read_back, b.rules.save.read_back) == (True, False)


async def test_one_app_queries_each_org_at_its_own_domain(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """Never one org about another's Tasks."""
    (tmp_path / "orgs.toml").write_text(org_text(tmp_path, "a") + org_text(tmp_path, "b"))
    tenants = await built(
        stack,
        orgs_file=tmp_path / "orgs.toml",
        salesforce_client_id="client",
        salesforce_client_secret="secret",
    )
    finders = [tenant.salesforce.finder for tenant in tenants.all]
    assert len({id(finder) for finder in finders if finder is not None}) == 2


async def test_without_a_provider_no_user_is_looked_up(stack: AsyncExitStack) -> None:
    """The one org of a fresh machine starts all the same."""
    (tenant,) = (await built(stack, org_origins="https://a.example")).all
    assert not tenant.telephony.is_configured
    assert tenant.salesforce.finder is None
