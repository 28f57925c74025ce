"""What an agent meets in the panel: nothing lost by one click, nothing said that is not true."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from adapter.storage.port import StorageError
from tests.browser.conftest import Org, Tab
from tests.browser.states import LONG, REFUSAL, by_hand

pytestmark = pytest.mark.browser

GRACE, NUMBER = "Grace Okafor", "+1 202-555-9000"


async def refused(org: Org) -> Tab:
    """A tab whose last call Salesforce would not take, in the tray."""
    tab = await org.tab()
    for _ in range(4):
        await tab.page.evaluate("reply => demoOrg.fail('saveLog', reply)", REFUSAL)
    await org.plays("+12025559000", outcome="busy")
    await tab.click(GRACE, NUMBER)
    await tab.until("wrapup")
    await tab.phone.locator(".card textarea[name=notes]").fill("As agreed.")
    await tab.phone.get_by_role("button", name="Save and done").click()
    await expect(tab.phone.locator(".tray-row")).to_be_visible(timeout=30_000)
    return tab


async def test_dismissing_an_unlogged_call_asks_for_confirmation(org: Org) -> None:
    """One click asks, the second is for good; "Keep it" leaves everything as it was."""
    tab = await refused(org)
    dismiss = tab.phone.locator('[data-action="dismiss"]')
    await dismiss.click()
    await expect(tab.phone.locator(".tray-question")).to_contain_text("notes would be lost")
    await tab.phone.get_by_role("button", name="Keep it").click()
    await expect(tab.phone.locator(".tray-row")).to_be_visible()
    await dismiss.click()
    await tab.phone.get_by_role("button", name="Dismiss for good").click()
    await expect(tab.phone.locator(".tray-row")).to_have_count(0)


async def test_saving_again_shows_that_it_is_at_work_until_the_outcome_comes(org: Org) -> None:
    """The row stays, a second press does nothing, and the focus is where it was."""
    tab = await refused(org)
    row = tab.phone.locator(".tray-row")
    again = row.locator('[data-action="save_again"]')
    await tab.page.evaluate("demoOrg.hold('saveLog')")
    await again.click()
    await expect(again).to_have_text("Saving…")
    await expect(again).to_have_attribute("aria-disabled", "true")
    await expect(row.locator('[data-action="dismiss"]')).to_have_attribute("aria-disabled", "true")
    await row.locator('[data-action="dismiss"]').click(force=True)
    await again.press("Enter")
    await expect(tab.phone.locator(".tray-question")).to_be_hidden()
    await tab.page.wait_for_function("demoOrg.release('saveLog') > 0", timeout=30_000)
    # It is refused once more.
    await expect(again).to_have_text("Save again", timeout=30_000)
    await expect(again).to_have_attribute("aria-disabled", "false")
    await expect(again).to_be_focused()


async def test_a_field_missing_in_the_panel_is_filled_in_salesforces_own_form(org: Org) -> None:
    """In one form, also by a double click; one save button at a time; saved there, the row goes."""
    tab = await refused(org)
    await tab.phone.locator('[data-action="edit"]').click()
    saving = tab.phone.locator(".tray-row").get_by_role("button", name="Save")
    await expect(saving.filter(visible=True)).to_have_count(1)
    await tab.phone.get_by_role("button", name="Back").click()
    await tab.phone.locator('[data-action="form"]').dblclick()
    form = tab.page.locator("dialog")
    await expect(form).to_have_count(1)
    await expect(form).to_contain_text("As agreed.")
    pops: list[dict[str, Any]] = await tab.page.evaluate("demoOrg.pops")
    values = pops[-1]["params"]["defaultFieldValues"]
    assert (values["WhoId"][:3], values["CallType"], values["Status"]) == (
        "003",
        "Outbound",
        "Completed",
    )
    await form.get_by_role("button", name="Close").click()
    await tab.phone.get_by_role("button", name="Saved there").click()
    await expect(tab.phone.locator(".tray-row")).to_have_count(0)


async def test_a_refused_log_offers_only_saving(org: Org) -> None:
    """So nobody is asked whether "it is there"; saving has one button."""
    tab = await refused(org)
    buttons = tab.phone.locator(".tray-row button").filter(visible=True)
    told = ["Save again", "Edit", "Open in Salesforce", "Dismiss"]
    await expect(buttons).to_have_text(told)


async def test_an_incoming_call_is_announced_once_with_the_called_number(org: Org) -> None:
    """In the narrowest panel, where its dot is as round as everywhere."""
    tab = await org.tab()
    await tab.page.locator("iframe").evaluate("e => { e.style.width = '240px'; }")
    await org.world.sandbox(
        user="user_ada", from_number="+12025559000", scenario={"outcome": "answered", **LONG}
    )
    await tab.until("ringing-inbound")
    seen = tab.phone.locator(".bar, .card")  # beside it there is what is said aloud
    await expect(seen.get_by_text("Incoming call")).to_have_count(1)
    await expect(tab.phone.locator("article.card")).to_contain_text("Your number: (202) 555-0100")
    dot = await tab.phone.locator(".phase-dot").bounding_box()
    assert dot is not None
    assert dot["width"] == dot["height"]


async def test_signing_out_during_a_call_asks_for_confirmation(org: Org) -> None:
    """The call goes on; only the second click signs out."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab()
    await tab.click(GRACE, NUMBER)
    await tab.until("ringing-user-devices")
    await tab.phone.get_by_role("button", name="Sign out").click()
    await expect(tab.phone.get_by_text("You are on a call.")).to_be_visible()
    await tab.until("ringing-user-devices")
    await tab.phone.get_by_role("button", name="Sign out anyway").click()
    await tab.until("signed-out")


async def lose_connection(org: Org, tab: Tab) -> None:
    """The panel knows that it is cut off; it stays so until tickets are let through again."""
    await tab.page.route("**/api/ws-ticket", lambda route: route.abort())
    for page in org.world.app.pages.everyone():
        page.close(1012, "the test ends it")
    await tab.until("offline")


async def test_actions_without_a_connection_are_carried_out_when_it_is_back(org: Org) -> None:
    """What was said of the lost connection goes with it."""
    await org.plays("+12025559000", outcome="busy")
    tab = await org.tab()
    await tab.click(GRACE, NUMBER)
    await tab.until("wrapup")
    await lose_connection(org, tab)
    await tab.phone.get_by_role("button", name="Save and done").click()
    said = tab.phone.get_by_text("No connection right now.")
    await expect(said).to_be_visible()
    await tab.page.unroute("**/api/ws-ticket")
    await tab.phone.get_by_role("button", name="Try now").click()
    await tab.until("idle")
    await expect(said).to_be_hidden()


async def test_a_lost_connection_is_explained_for_the_current_call(org: Org) -> None:
    """A call goes on and is logged later; without one, only new ones have to wait."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab()
    offline = tab.phone.locator(".offline")
    for words in ("New calls have to wait until it is back.", "Your call continues"):
        if "continues" in words:
            await tab.click(GRACE, NUMBER)
            await tab.until("ringing-user-devices")
        await lose_connection(org, tab)
        await expect(offline).to_contain_text(words)
        await tab.page.unroute("**/api/ws-ticket")
        await tab.phone.get_by_role("button", name="Try now").click()
        await expect(offline).to_be_hidden()


async def test_missing_features_of_the_phone_system_are_explained_at_the_buttons(org: Org) -> None:
    """The provider has no hang-up: the agent reads that it is done on the phone."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab()
    await tab.click(GRACE, NUMBER)
    await tab.until("ringing-user-devices")
    await expect(tab.phone.locator(".controls")).to_contain_text("Only on your phone: Hang up.")
    await by_hand(org, "pick_up")
    await by_hand(org, "answer")
    await tab.until("bridged")
    await expect(tab.phone.locator(".controls")).to_contain_text("Mute, Hold, Keypad, and Hang up")


async def test_a_call_that_could_not_be_stored_is_explained_in_one_sentence(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was dialed, and nothing is awaited: no second message comes later."""

    async def fail(*_: object) -> None:
        raise StorageError("disk full")

    tab = await org.tab()
    await tab.page.clock.install()
    with monkeypatch.context() as broken:
        broken.setattr(org.world.app.agents, "handle", fail)
        await tab.phone.get_by_label("Phone number").fill("+12025559000")
        await tab.phone.get_by_role("button", name="Call", exact=True).click()
        await expect(tab.phone.locator(".alert")).to_contain_text("Nothing was dialed")
    await tab.page.clock.run_for(30_000)
    await expect(tab.phone.locator(".alert")).to_have_count(1)
    await expect(tab.phone.locator(".pending")).to_be_hidden()


async def test_a_completed_transfer_is_announced_as_a_success(org: Org) -> None:
    """Green and with a tick, not a warning."""
    await org.plays("+12025559000", outcome="answered", **LONG)
    tab = await org.tab()
    await tab.click(GRACE, NUMBER)
    await tab.until("ringing-user-devices")
    await by_hand(org, "pick_up")
    await by_hand(org, "answer")
    await tab.until("bridged")
    await tab.phone.locator('[data-action="transfer"]').click()
    await tab.phone.get_by_label("Number or extension").fill("+12025550133")
    await tab.phone.locator(".transfer").get_by_role("button", name="Transfer").click()
    alert = tab.phone.locator(".alert")
    await expect(alert).to_have_attribute("data-tone", "good")
    await expect(alert.locator(".icon-alert")).to_be_hidden()


async def test_holding_zero_down_enters_a_plus(org: Org) -> None:
    """By a long press, and by Shift and Enter."""
    tab = await org.tab()
    await tab.phone.locator('[data-tab="pad"]').click()
    key = tab.phone.locator('[data-key="0"]')
    await key.click(delay=700)
    await expect(tab.phone.get_by_label("Phone number")).to_have_value("+")
    await tab.phone.locator('[data-key="4"]').click()
    await key.click()
    await expect(tab.phone.get_by_label("Phone number")).to_have_value("+40")
    await key.focus()
    await tab.page.keyboard.press("Shift+Enter")
    await expect(tab.phone.get_by_label("Phone number")).to_have_value("+40+")


@pytest.mark.parametrize("language", ["en", "de", "ja", "ar"])
async def test_the_button_that_ends_a_wrap_up_is_visible_in_every_language(
    org: Org, language: str
) -> None:
    """Several records match, and the window is low: the button stands at the bottom."""
    tab = Tab(await org.context.new_page())
    org.tabs.append(tab)
    await tab.page.set_viewport_size({"width": 1366, "height": 657})
    await tab.page.route("**/demo-config.json", lambda route: _with_language(org, route, language))
    await tab.page.goto(f"{org.url}/?agent=ada")
    await tab.until_dialable()
    await org.world.sandbox(
        user="user_ada", from_number="+12025550171", scenario={"outcome": "answered", **LONG}
    )
    await tab.until("ringing-inbound")
    await expect(tab.phone.locator(".option")).to_have_count(3)
    await by_hand(org, "hang_up")
    await tab.until("wrapup")
    save = tab.phone.locator(".form-foot button[type=submit]")
    await expect(save).to_be_in_viewport(ratio=1)
    box, frame = await save.bounding_box(), await tab.page.locator("iframe").bounding_box()
    assert box is not None
    assert frame is not None
    assert box["y"] + box["height"] <= min(657, frame["y"] + frame["height"])


async def _with_language(org: Org, route: Any, language: str) -> None:
    answer = await route.fetch()
    config = await answer.json()
    await route.fulfill(
        json={**config, "softphone_url": f"{config['softphone_url']}?lang={language}"}
    )


async def test_the_panel_is_in_its_language_and_the_task_in_the_orgs(org: Org) -> None:
    """Outcomes are in German on the panel; the Task keeps the org's words. Arabic is mirrored."""
    await org.plays("+12025559000", outcome="busy")
    tab = Tab(await org.context.new_page())
    org.tabs.append(tab)
    await tab.page.route("**/demo-config.json", lambda route: _with_language(org, route, "de"))
    await tab.page.goto(f"{org.url}/?agent=ada")
    await tab.until_dialable()
    await tab.click(GRACE, NUMBER)
    await tab.until("wrapup")
    await expect(tab.phone.locator("select[name=disposition]")).to_contain_text("Besetzt")
    (task,) = await tab.until_tasks(1)
    assert (task["CallDisposition"], task["Subject"]) == ("Busy", f"Call to {GRACE}")
