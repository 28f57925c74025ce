"""What Salesforce refuses for the moment while the page starts is asked again, each call of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Org, Tab

pytestmark = pytest.mark.browser

START_UP = (
    "notifyInitializationComplete",
    "getCallCenterSettings",
    "getSoftphoneLayout",
    "getAppViewInfo",
    "setSoftphoneItemLabel",
    "setSoftphonePanelLabel",
    "setSoftphoneItemIcon",
    "setSoftphonePanelIcon",
    "setSoftphonePanelHeight",
)
NOT_READY: dict[str, Any] = {
    "success": False,
    "returnValue": None,
    "errors": [{"code": "SOFTPHONE_CONTAINER_ERROR", "description": "not yet", "details": None}],
}
COUNT = """method => demoOrg.messages.filter(
    m => m.direction === 'in' && m.message.methodName === method).length"""


async def test_each_startup_request_that_fails_once_is_repeated(org: Org) -> None:
    """SOFTPHONE_CONTAINER_ERROR says that the container was not ready yet, and no more."""
    tab = Tab(await org.context.new_page())
    await tab.page.goto(f"{org.url}/?agent=ada&unopened")
    await tab.page.wait_for_function("() => globalThis.demoOrg !== undefined")
    for method in START_UP:
        await tab.page.evaluate("([m, reply]) => demoOrg.fail(m, reply)", [method, NOT_READY])
    await tab.page.evaluate("demoOrg.open()")
    await tab.until_dialable()
    for method in START_UP:
        await tab.page.wait_for_function(f"method => ({COUNT})(method) >= 2", arg=method)
    assert await tab.phone.locator(".alert").count() == 0
