"""Every state that the panel can be in, made by the running product, one after the other.

For those who look at each: the photographer (screenshots.py), the accessibility check, the zoom.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.async_api import Route, expect

from tests.browser.conftest import Org, Tab, an_org

ADA = "Ada Lovelace"
GRACE, NUMBER = "Grace Okafor", "+1 202-555-9000"
LONG = {"pick_up_seconds": 300, "ring_seconds": 300, "talk_seconds": 300}

State = tuple[str, Tab]


async def by_hand(org: Org, act: str) -> None:
    """Do that to the newest call: from then on its scenario is over."""
    (call, *_) = (await org.world.provider.get("/v1/test_helpers/calls")).json()["data"]
    path = f"/v1/test_helpers/calls/{call['id']}/{act}"
    (await org.world.provider.post(path)).raise_for_status()


async def walk(org: Org) -> AsyncIterator[State]:
    """Name and tab of each state; the one before is over when the next is asked for."""
    for part in (_doors, _outbound, _idle, _inbound, _trouble, _doubt):
        async for state in part(org):
            yield state


async def _doors(org: Org) -> AsyncIterator[State]:
    tab = await org.tab(ADA)
    yield "idle-new", tab
    await tab.phone.get_by_role("button", name="Sign out").click()
    await tab.until("signed-out")
    yield "signed-out", tab
    await tab.page.close()
    async for state in blocked_doors(org):
        yield state
    waiting = Tab(await org.context.new_page())
    await waiting.page.route("**/api/page-settings*", lambda route: None)
    await waiting.page.goto(f"{org.url}/?agent={ADA}")
    await waiting.page.frame_locator("iframe").locator("#softphone .connecting").wait_for()
    yield "connecting", waiting
    await waiting.page.close()


LONE = {
    "no-origin": "",
    "no-mode": "?sfdcIframeOrigin={org}",
    "origin-refused": "?sfdcIframeOrigin=https%3A%2F%2Fevil.example&mode=Lightning",
    "origin-not-allowed": "?sfdcIframeOrigin=https%3A%2F%2Fother.my.salesforce.com&mode=Lightning",
}
"""What stands in the address of a page that nobody should start."""
LIBRARIES = {
    "library-missing": None,
    "library-refused": "window.sforce = {opencti: {}}; throw 'sfdcIframeOrigin is not valid';",
    "library-silent": (
        "window.sforce = {opencti: new Proxy({}, {get: () => () => undefined})};"
        "window.sforce.opencti.SCREENPOP_TYPE = {};"
    ),
}
"""A library that comes not at all, throws (as Salesforce's own does), or never answers."""


async def blocked_doors(org: Org) -> AsyncIterator[State]:
    """A page for each start-up condition that fails; the first has the plain name."""
    for code, query in LONE.items():
        lone = Tab(await org.context.new_page())
        await lone.page.set_viewport_size({"width": 400, "height": 550})
        await lone.page.goto(
            f"{org.world.url}/softphone{query.format(org=quote(org.url, safe=''))}"
        )
        await lone.until("blocked")
        yield "blocked" if code == "no-origin" else f"blocked-{code}", lone
        await lone.page.close()
    for code, library in LIBRARIES.items():
        tab = Tab(await org.context.new_page())
        await tab.page.route("**/opencti_min.js", partial(_library, library))
        async for state in _stopped(org, tab, code):
            yield state
    tab = Tab(await org.context.new_page())
    await tab.page.route("**/api/page-settings*", _elsewhere)
    async for state in _stopped(org, tab, "wrong-address"):
        yield state
    tab = Tab(await org.context.new_page())
    await tab.page.route("**/api/page-settings*", lambda route: route.abort())
    async for state in _stopped(org, tab, "server-unreachable"):
        yield state


async def _library(text: str | None, route: Route) -> None:
    """What the org answers instead of its library."""
    if text is None:
        await route.abort()
    else:
        await route.fulfill(body=text, content_type="text/javascript")


async def _elsewhere(route: Route) -> None:
    """The settings of an adapter whose public address is another one."""
    answer = await route.fetch()
    settings = await answer.json()
    await route.fulfill(json=settings | {"public_origin": "https://phone.example.com"})


async def _stopped(org: Org, tab: Tab, code: str) -> AsyncIterator[State]:
    await tab.page.goto(f"{org.url}/?agent={ADA}")
    blocked = tab.page.frame_locator("iframe").locator('#softphone[data-state="blocked"]')
    await blocked.wait_for()
    yield f"blocked-{code}", tab
    await tab.page.close()


async def _outbound(org: Org) -> AsyncIterator[State]:
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab(ADA)
    await tab.click(GRACE, NUMBER)
    await tab.until("ringing-user-devices", "off")
    yield "ringing-user-devices", tab
    await by_hand(org, "pick_up")
    await tab.until("dialing-destination")
    yield "dialing-destination", tab
    await by_hand(org, "answer")
    await tab.until("bridged")
    await tab.phone.get_by_label("Notes").fill("Asks for twenty units by March.")
    yield "bridged", tab
    await tab.phone.locator('[data-action="transfer"]').click()
    await tab.phone.locator('.transfer input[name="target"]').fill("lin")
    await expect(tab.phone.locator(".suggestions .option")).to_be_visible()
    yield "bridged-transfer", tab
    await tab.phone.locator('[data-action="transfer"]').click()
    async for state in _second_call(org, tab):
        yield state
    await by_hand_named(org, "in-progress", "hang_up")
    await tab.until("wrapup")
    await tab.until_tasks(1)
    await expect(tab.phone.get_by_text("Saved in Salesforce", exact=True)).to_be_visible()
    yield "wrapup", tab
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle")
    await tab.page.close()


async def _second_call(org: Org, tab: Tab) -> AsyncIterator[State]:
    await org.world.sandbox(
        user="user_ada",
        from_number="+12025550188",
        scenario={"outcome": "answered", **LONG},
    )
    await expect(tab.phone.locator('[data-phase="ringing-inbound"]')).to_be_visible()
    yield "call-waiting", tab
    await by_hand(org, "hang_up")
    await expect(tab.phone.locator('[data-phase="ringing-inbound"]')).to_have_count(0)
    missed = tab.phone.locator('[data-phase="wrapup"]')
    await missed.get_by_role("button", name="Save and done").click()
    await expect(missed).to_have_count(0)


async def by_hand_named(org: Org, phase: str, act: str) -> None:
    """Do that to the one call that is live."""
    calls = (await org.world.provider.get("/v1/test_helpers/calls")).json()["data"]
    live = next(call for call in calls if call["ended"] is None and not call["lapsed"])
    path = f"/v1/test_helpers/calls/{live['id']}/{act}"
    (await org.world.provider.post(path)).raise_for_status()


async def _idle(org: Org) -> AsyncIterator[State]:
    tab = await org.tab(ADA)
    yield "idle", tab
    row = tab.phone.locator(".row").first
    await row.hover()
    await row.locator(".star").click()
    await tab.phone.locator('[data-kind="favorites"]').click()
    await expect(row.locator('.star[aria-pressed="true"]')).to_be_visible()
    yield "idle-favorites", tab
    await tab.phone.locator('[data-kind="all"]').click()
    await tab.phone.locator(".availability").select_option("do-not-disturb")
    await expect(tab.phone.locator(".bar-note")).to_be_visible()
    yield "idle-do-not-disturb", tab
    await tab.phone.locator(".bar .icon-button").click()
    await expect(tab.phone.locator(".alert")).to_be_visible()
    yield "idle-leaving", tab
    await tab.phone.locator(".alert .icon-button").click()
    await tab.phone.locator(".availability").select_option("available")
    await expect(tab.phone.locator(".bar-note")).to_be_hidden()
    box = tab.phone.get_by_label("Phone number")
    await box.fill("202555")
    yield "idle-search", tab
    await box.fill("Grace")
    await expect(tab.phone.locator(".row, .empty:not([hidden])").first).to_be_visible()
    await expect(tab.phone.get_by_text("Searching Salesforce")).to_be_hidden()
    yield "idle-name", tab
    await box.fill("+1 202-555-01")
    await expect(tab.phone.locator("#dialer-reason")).to_be_visible()
    yield "idle-refused", tab
    await box.fill("")
    await tab.phone.get_by_role("button", name="Keypad").click()
    yield "idle-keypad", tab
    await tab.phone.get_by_role("button", name="Your account").click()
    await expect(tab.phone.get_by_text("When a call comes in")).to_be_visible()
    yield "account", tab
    await tab.page.close()


async def _inbound(org: Org) -> AsyncIterator[State]:
    tab = await org.tab(ADA)
    await org.world.sandbox(
        user="user_ada", from_number="+12025559000", scenario={"outcome": "answered", **LONG}
    )
    await tab.until("ringing-inbound")
    yield "ringing-inbound", tab
    await by_hand(org, "hang_up")
    await tab.until("wrapup")
    yield "wrapup-missed", tab
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle")
    await tab.page.close()


REFUSAL: dict[str, Any] = {
    "success": False,
    "returnValue": None,
    "errors": [
        {
            "code": "GENERIC_ERROR",
            "description": "We hit a snag.",
            "details": {
                "fieldErrors": {
                    "Region__c": [
                        {
                            "statusCode": "REQUIRED_FIELD_MISSING",
                            "message": "Enter a value",
                            "fieldLabel": "Region",
                            "columnApiName": "Region__c",
                        }
                    ]
                }
            },
        }
    ],
}


async def _trouble(org: Org) -> AsyncIterator[State]:
    tab = await org.tab(ADA)
    for _ in range(4):
        await tab.page.evaluate("reply => demoOrg.fail('saveLog', reply)", REFUSAL)
    await org.plays("+12025559000", outcome="busy")
    await tab.click(GRACE, NUMBER)
    await tab.until("wrapup")
    await tab.phone.get_by_role("button", name="Save and done").click()
    await expect(tab.phone.locator(".tray-row")).to_be_visible(timeout=30_000)
    await tab.until("idle")
    yield "tray", tab
    await tab.phone.locator('[data-action="dismiss"]').click()
    yield "tray-dismiss", tab
    # In whatever language the panel speaks.
    await tab.phone.locator(".tray-asks .danger").click()
    await tab.page.route("**/api/ws-ticket", lambda route: route.abort())
    for page in org.world.app.pages.everyone():
        page.close(1012, "the test ends it")
    await tab.until("offline")
    yield "offline", tab
    await tab.page.close()


BUSY: dict[str, Any] = {
    "success": False,
    "returnValue": None,
    "errors": [{"code": "SERVER_ERROR", "description": "Salesforce is busy."}],
}


async def _doubt(org: Org) -> AsyncIterator[State]:
    """What nobody can say yet: whether a Task was saved, whether a call was placed."""
    tab = await org.tab(ADA)
    await tab.page.evaluate("reply => demoOrg.fail('saveLog', reply)", BUSY)
    await tab.click(GRACE, NUMBER)
    await expect(tab.phone.get_by_text("Waiting to be saved")).to_be_visible()
    await tab.page.evaluate("demoOrg.hold('saveLog')")
    yield "wrapup-log-waiting", tab
    await expect(tab.phone.get_by_text("has not confirmed the save")).to_be_visible(timeout=30_000)
    yield "wrapup-log-unknown", tab
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle")
    await tab.phone.get_by_label("Phone number").fill("+12025559500")
    await tab.phone.get_by_role("button", name="Call", exact=True).click()
    await expect(tab.phone.get_by_text("did not confirm this call")).to_be_visible()
    yield "outcome-unknown", tab
    await tab.page.close()


@asynccontextmanager
async def a_stage(folder: Path, **wishes: Any) -> AsyncIterator[Org]:
    """An org for a walk: nothing in it ends by itself."""
    async with an_org(
        folder, **{"ring_seconds": 120, "wrap_up_seconds": 60, "report_seconds": 2, **wishes}
    ) as org:
        yield org
