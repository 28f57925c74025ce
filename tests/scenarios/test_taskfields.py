"""Fields of the Task by templates and by the agent's word, from the page to Salesforce."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.conftest import World, a_world

QUICK = {"outcome": "answered", "ring_seconds": 0, "talk_seconds": 0.05}


async def test_the_admins_fields_are_saved_with_defaults_and_answers(
    world: World,
) -> None:
    """What a click brought along, the number, and what the agent was asked for."""
    await world.scenario(**QUICK)
    page = await world.page()
    await page.send(
        type="settings",
        task_fields={"Phone__c": "{number}", "Source__c": "{params.sourceId}", "WhoId": "x"},
        ask_fields=[{"name": "Region__c", "choices": ["North"], "required": True}],
    )
    request = {"request_id": "r1", "number": "(202) 555-0143", "clicked_at": 1, "sent_at": 1}
    await page.send(type="dial", **request, params="sourceId=Q4,vip")
    view = await page.until(lambda v: bool(v["wrapups"]) and bool(world.salesforce.tasks))
    assert view["settings"]["ask_fields"][0]["label"] == "Region__c"
    (task,) = world.salesforce.tasks.values()
    assert (task["Phone__c"], task["Source__c"]) == ("+12025550143", "Q4")
    assert "WhoId" not in task
    assert task["Subject"] == "Call to +12025550143"
    call_id = view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, fields={"Region__c": "North"}, done=True)
    await page.until(lambda v: not v["wrapups"])
    await page.until(lambda _: "Region__c" in next(iter(world.salesforce.tasks.values())))


async def test_a_caller_who_withholds_their_number_is_not_searched_for(world: World) -> None:
    """By the word that the network sends instead; the panel shows no number."""
    page = await world.page()
    answered = {"outcome": "answered", "talk_seconds": 0.3, "pick_up_seconds": 0.2}
    await world.sandbox(
        user="user_ada", direction="inbound", from_number="+266696687", scenario=answered
    )
    pop = await page.until_heard("pop")
    assert pop["call"] is None
    await page.until(lambda view: bool(view["wrapups"]))
    assert page.view["wrapups"][0]["number"] == ""
    await world.until_task(lambda task: task["Subject"] == "Call from an unknown number")


async def test_a_caller_can_be_called_back(world: World) -> None:
    """Without a record and without a name, the number is what the Task is called by."""
    page = await world.page()
    await world.sandbox(
        user="user_ada",
        direction="inbound",
        from_number="+12025550143",
        scenario={"outcome": "no-answer", "ring_seconds": 0.2},
    )
    await page.until(lambda view: bool(view["wrapups"]))
    assert page.view["wrapups"][0]["called_number"] != ""
    await world.until_task(lambda task: task["Subject"] == "Call from +12025550143")


async def test_recording_and_summary_are_in_the_task_if_a_template_names_them(
    tmp_path: Path,
) -> None:
    """No event tells it, and the call log only when the talk is over."""
    fields = "Recording__c=https://play.example.com/{recording}", "Summary__c={summary}"
    async with a_world(tmp_path, task_extra_fields=fields) as world:
        await world.scenario(**QUICK, recorded=True, summary="Wants a lamp.")
        page = await world.page()
        await page.dial("(202) 555-0143")
        view = await page.until(lambda v: bool(v["wrapups"]))
        await page.send(type="wrapup", call_id=view["wrapups"][0]["call_id"], done=True)
        task = await world.until_task(lambda task: "Summary__c" in task)
        (call,) = (await world.history())["calls"]
        assert task["Recording__c"] == f"https://play.example.com/{call['id']}"
        assert task["Summary__c"] == "Wants a lamp."


async def test_a_talks_summary_is_not_fetched_unless_a_template_names_it(world: World) -> None:
    """Nothing but one create: what the phone system has besides is not asked for."""
    await world.scenario(**QUICK, recorded=True, summary="Wants a lamp.")
    page = await world.page()
    await page.dial("(202) 555-0143")
    view = await page.until(lambda v: bool(v["wrapups"]) and bool(world.salesforce.tasks))
    await page.send(type="wrapup", call_id=view["wrapups"][0]["call_id"], notes="ok", done=True)
    task = await world.until_task(lambda task: task.get("Description") == "ok")
    assert "Wants" not in str(task)
