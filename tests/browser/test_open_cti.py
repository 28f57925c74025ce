"""Issue: every method of Open CTI that a softphone needs, on the demo org's wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Org, Tab, an_org
from tests.browser.test_inbound import act, calls_of, comes_in, pops

pytestmark = pytest.mark.browser

GRACE, GRACE_NUMBER = "Grace Okafor", "+1 202-555-9000"


async def tab_with(org: Org, **config: Any) -> Tab:
    """A tab of an org whose admin has set these items and rules."""
    said = {"softphone_url": f"{org.world.url}/softphone", "agent": "ada", **config}
    await org.context.route("**/demo-config.json", lambda route: route.fulfill(json=said))
    return await org.tab()


async def dialed(org: Org, tab: Tab) -> None:
    """Grace's number is clicked, she talks, it is over."""
    await org.plays("+12025559000", outcome="answered", talk_seconds=0.3)
    await tab.click(GRACE, GRACE_NUMBER)
    await tab.until("wrapup", "off")
    await tab.until_tasks(1)


async def test_the_call_center_definition_is_followed(org: Org) -> None:
    """Dispositions, wrap-up, fields of the Task, width; rubbish has its sentence."""
    settings = {
        "/softphone/wrapUpSeconds": "25",
        "/softphone/dispositions": "Sold, Call back",
        "/softphone/taskFields": "Priority=High",
        "/softphone/recordTypeId": "012000000000001",
        "/softphone/panelWidth": "420",
        "/softphone/defaultCountry": "Atlantis",
    }
    tab = await tab_with(org, settings=settings)
    await expect(tab.phone.get_by_text("/softphone/defaultCountry")).to_be_visible()
    await dialed(org, tab)
    options = await tab.phone.get_by_label("Outcome").locator("option").all_inner_texts()
    assert options[1:] == ["Sold", "Call back"]
    (saved, *_) = await calls_of(tab, "saveLog")
    assert saved["object"]["recordTypeId"] == "012000000000001"
    assert saved["object"]["Priority"] == "High"
    assert {"widthPX": 420} in await calls_of(tab, "setSoftphonePanelWidth")
    assert 0 < await wrap_up_left(tab) <= 25


async def wrap_up_left(tab: Tab) -> int:
    """The seconds that the countdown shows."""
    text = await tab.phone.locator(".timer").first.inner_text()
    minutes, seconds = text.split()[0].split(":")
    return int(minutes) * 60 + int(seconds)


async def test_the_agent_can_choose_among_the_admins_ring_profiles(tmp_path: Path) -> None:
    """The choice goes with a click as with a typed number, and is asked between calls only."""
    async with an_org(tmp_path, ring_profiles=("mobile", "desk")) as org:
        tab = await tab_with(org, settings={"/softphone/ringProfiles": "mobile, desk"})
        choice = tab.phone.get_by_label("Call me on")
        await expect(choice.locator("option")).to_have_text(["My usual phones", "mobile", "desk"])
        await choice.select_option("mobile")
        await dialed(org, tab)
        await expect(choice).to_be_hidden()
        (post,) = await org.posts()
        assert post["body"]["find_me_follow_me_key"] == "mobile"


async def test_work_of_sales_engagement_is_completed_with_its_task(org: Org) -> None:
    """The work whose number is clicked; with the agent's word, when the wrap-up is over."""
    tab = await org.tab()
    work = {"workId": "w1", "completeWorkWhen": "TaskSaved", "attributes": {"to": "2025559000"}}
    assert await tab.page.evaluate("work => demoOrg.fire('onWorkStart', work)", work)
    await dialed(org, tab)
    assert await calls_of(tab, "completeWork") == []
    await tab.phone.get_by_label("Outcome").select_option("Busy")
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.page.wait_for_function(
        "demoOrg.messages.some(m => m.message.methodName === 'completeWork')"
    )
    (task,) = await tab.tasks()
    (completed,) = await calls_of(tab, "completeWork")
    assert completed == {
        "workId": "w1",
        "attributes": {"taskId": task["Id"], "disposition": "Busy", "wasConnected": True},
    }


async def test_refused_work_is_reported_and_tried_once_more(org: Org) -> None:
    """The agent hears why; when the connection is back, the same words go out again."""
    tab = await org.tab()
    work = {"workId": "w1", "completeWorkWhen": "TaskSaved", "attributes": {"to": "2025559000"}}
    assert await tab.page.evaluate("work => demoOrg.fire('onWorkStart', work)", work)
    errors = [{"code": "SERVER_ERROR", "description": "Busy just now."}]
    refusal = {"success": False, "returnValue": None, "errors": errors}
    await tab.page.evaluate("reply => demoOrg.fail('completeWork', reply)", refusal)
    await dialed(org, tab)
    await tab.phone.get_by_role("button", name="Save and done").click()
    await expect(tab.phone.get_by_text("Busy just now.")).to_be_visible()
    for page in org.world.app.pages.everyone():
        page.close(1012, "the test ends it")
    await tab.page.wait_for_function(
        """demoOrg.messages.filter(
             m => m.direction === 'in' && m.message.methodName === 'completeWork').length === 2"""
    )
    first, again = await calls_of(tab, "completeWork")
    assert first == again
    assert len(await tab.tasks()) == 1


async def test_a_listener_that_throws_is_reported_and_gets_the_next_click(org: Org) -> None:
    """What Salesforce says may be odd, what we do may fail: neither ends in silence."""
    tab = await org.tab()
    odd = {"toString": 1, "valueOf": 1}
    payload = {"number": odd, "recordId": odd, "recordName": "Odd", "params": [odd]}
    await tab.page.evaluate("payload => demoOrg.click(payload)", payload)
    await expect(tab.phone.get_by_text("There is no number here.")).to_be_visible()
    broken = "() => void (crypto.getRandomValues = () => { throw new Error('no dice'); })"
    await tab.phone.evaluate(broken)
    await tab.page.evaluate("demoOrg.click({number: '+12025559000'})")
    await expect(tab.phone.get_by_text("no dice")).to_be_visible()
    assert await org.posts() == []
    await tab.phone.evaluate("() => delete crypto.getRandomValues")
    await org.plays("+12025559000", outcome="busy")
    await tab.page.evaluate("demoOrg.click({number: '+12025559000'})")
    await tab.until("wrapup", "off")
    assert len(await org.posts()) == 1


async def test_a_message_channel_reports_calls_and_may_request_one(org: Org) -> None:
    """State published to one channel; a wish to dial heard from another."""
    channels = {"/softphone/publishChannel": "Phone__c", "/softphone/dialChannel": "Dial__c"}
    tab = await tab_with(org, settings=channels)
    await org.plays("+12025559000", outcome="answered")
    await tab.page.wait_for_function("demoOrg.channel('Dial__c', {type: 'nothing'})")
    wish = {"type": "dial", "number": GRACE_NUMBER, "recordId": "003Hp0000000001IAA"}
    await tab.page.evaluate("wish => demoOrg.channel('Dial__c', wish)", wish)
    await tab.until("wrapup", "off")
    (task,) = await tab.until_tasks(1)
    told = [call["message"]["state"] for call in await calls_of(tab, "publish")]
    assert told[-4:] == ["ringing-user-devices", "dialing-destination", "bridged", "wrapup"]
    assert task["WhoId"] == "003Hp0000000001IAA"
    assert len(await org.posts()) == 1


async def test_an_apex_class_of_the_org_may_name_the_caller(org: Org) -> None:
    """It is asked in the place of the search; its one record is popped and logged."""
    tab = await tab_with(org, settings={"/softphone/lookUp": "Callers.find"})
    rows = json.dumps([{"Id": "003Hp0000000001IAA", "Name": GRACE, "Type": "Contact"}])
    answer = {"success": True, "returnValue": {"runApex": rows}, "errors": None}
    await tab.page.evaluate("answer => demoOrg.fail('runApex', answer)", answer)
    await comes_in(org, "+12025550199")
    await expect(tab.phone.get_by_role("heading", name=GRACE)).to_be_visible()
    (asked,) = await calls_of(tab, "runApex")
    assert asked["methodParams"] == "number=%2B12025550199&callType=inbound"
    await tab.page.wait_for_function("demoOrg.pops.length === 1")
    assert await pops(tab) == ["sobject"]


@pytest.mark.parametrize(
    ("rule", "popped"),
    [
        ("search", "search"),
        ("url:/apex/Caller?n={number}", "url"),
        ("home:Contact", "objecthome"),
        ("list:00B000000000001", "list"),
        ("flow:Greeting", "flow"),
    ],
)
async def test_an_admin_may_set_what_pops_for_an_unknown_caller(
    org: Org, rule: str, popped: str
) -> None:
    """Each type of screen pop can be reached by configuration."""
    tab = await tab_with(org, settings={"/softphone/popNone": rule})
    await comes_in(org, "+12025550199")
    await tab.page.wait_for_function("demoOrg.pops.length === 1")
    assert await pops(tab) == [popped]


async def test_a_new_record_is_offered_only_after_the_ringing(org: Org) -> None:
    """The layout wants a dialog: it never covers a ringing call; then the agent may open it."""
    rules = {"Inbound": {"NoMatch": {"screenPopType": "PopToNewEntity", "screenPopData": "Lead"}}}
    tab = await tab_with(org, layout=rules)
    call = await comes_in(org, "+12025550199")
    await tab.until("ringing-inbound", "off")
    create = tab.phone.get_by_role("button", name="Create a record")
    await expect(create).to_be_hidden()
    await act(org, call, "answer")
    await tab.until("bridged", "off")
    assert await pops(tab) == []
    await create.click()
    await tab.page.wait_for_function("demoOrg.pops.length === 1")
    assert await pops(tab) == ["newRecord"]


async def test_a_click_opens_the_panel_and_the_utility_item_shows_the_state(org: Org) -> None:
    """Visibility, label, icon and height follow the call; ready is told once."""
    tab = await org.tab()
    await tab.page.evaluate("demoOrg.close()")
    await dialed(org, tab)
    await expect(tab.page.locator("#panel")).to_be_visible()
    labels = [args["label"] for args in await calls_of(tab, "setSoftphoneItemLabel")]
    assert labels[-4:] == ["Phone: pick up", "Phone: dialing", "Phone: on a call", "Phone: wrap-up"]
    icons = [args["key"] for args in await calls_of(tab, "setSoftphoneItemIcon")]
    assert icons == [args["key"] for args in await calls_of(tab, "setSoftphonePanelIcon")]
    assert icons[-1] == "edit"
    heights = [args["heightPX"] for args in await calls_of(tab, "setSoftphonePanelHeight")]
    assert all(240 <= height <= 2560 for height in heights)
    # As high as its content, which another font makes another number.
    assert 500 < heights[-1] < 700
    assert len(await calls_of(tab, "notifyInitializationComplete")) == 1


@pytest.mark.parametrize(("standby", "told"), [("https://status.example.com/", 1), ("", 0)])
async def test_a_standby_page_does_not_take_the_sign_in_form_away(
    org: Org, standby: str, told: int
) -> None:
    """Where one is set Salesforce is told of the form; else it waits for agent and connection."""
    said = {
        "softphone_url": f"{org.world.url}/softphone",
        "agent": "",
        "settings": {"/reqGeneralInfo/reqStandbyUrl": standby},
    }
    await org.context.route("**/demo-config.json", lambda route: route.fulfill(json=said))
    tab = await org.tab("", ready=False)
    name = tab.page.frame_locator("iframe").get_by_label("Your name")
    await name.wait_for()
    await tab.page.wait_for_function(
        "demoOrg.messages.some(m => m.direction === 'out' &&"
        " m.message.methodName === 'getCallCenterSettings')"
    )
    method = "notifyInitializationComplete"
    count = """([method, told]) => demoOrg.messages.filter(
        m => m.direction === 'in' && m.message.methodName === method).length === told"""
    await tab.page.wait_for_function(count, arg=[method, told])
    await name.fill("ada")
    await name.press("Enter")
    await tab.until("idle", "on")
    assert len(await calls_of(tab, method)) == 1


async def test_invalid_settings_cost_a_message_but_no_call(org: Org) -> None:
    """The org answers with null: told, ignored, and the phone works."""
    tab = await org.tab()
    nothing = {"success": True, "returnValue": None, "errors": None}
    await tab.page.evaluate("said => demoOrg.fail('getCallCenterSettings', said)", nothing)
    await tab.page.evaluate("demoOrg.reloadPanel()")
    await expect(tab.phone.get_by_text("getCallCenterSettings")).to_be_visible()
    await tab.until_dialable()
    await dialed(org, tab)
    assert len(await tab.tasks()) == 1
