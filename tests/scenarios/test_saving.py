"""Who may report on a log: only the page that had the go, with the nonce that it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import World, a_world

QUICK = {"outcome": "answered", "pick_up_seconds": 0, "ring_seconds": 0, "talk_seconds": 0.3}


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "guessed"},
        {"attempt": 2},
        {"log_id": "call_unknown"},
        {"outcome": "refused", "nonce": "guessed"},
        {"outcome": "expired", "nonce": "guessed"},
    ],
    ids="-".join,
)
async def test_a_report_without_proof_changes_nothing(world: World, wrong: dict[str, Any]) -> None:
    """Of another agent, or with a wrong nonce, attempt or log: the true report still counts."""
    await world.scenario(**QUICK)
    page, stranger = await world.page(reports=False), await world.page("grace")
    await page.dial("+12025550143")
    go = await page.until_heard("go")
    true = {k: go[k] for k in ("log_id", "attempt", "nonce")}
    forged = {"type": "result", "outcome": "ok", "task_id": "00T000000000666", **true}
    await stranger.send(**forged)
    await page.send(**{**forged, **wrong})
    # Frames of one socket are heard in order: an answer to a later one proves the earlier heard.
    for one in (page, stranger):
        await one.until_answer(await one.dial("nonsense"))
    assert page.view["wrapups"][0]["log"] == {"state": "saving"}
    (task,) = world.salesforce.tasks.values()
    await page.send(type="result", outcome="ok", task_id=task["Id"], **true)
    view = await page.until(lambda v: v["wrapups"][0]["log"]["state"] == "saved")
    assert (await page.until_heard("settled"))["attempt"] == go["attempt"]
    assert (view["tray"], stranger.view["tray"]) == ([], [])


async def test_another_page_completes_the_work_of_an_unreported_task(
    tmp_path: Path,
) -> None:
    """The page that saved is gone; the one that finds the Task is told, with the Task's id."""
    hurried: dict[str, Any] = {
        "report_seconds": 1,
        "journal_seconds": 1,
        "read_back_seconds": "1,2,11,12",
        "wrap_up_seconds": 0,  # work ends with the agent's writing
    }
    async with a_world(tmp_path, read_back=True, **hurried) as world:
        await world.scenario(**QUICK)
        page, other = await world.page(reports=False), await world.page()
        await page.send(type="presence", visible=True, focused=True)
        request = {"request_id": "r1", "number": "+12025550143", "clicked_at": 1, "sent_at": 1}
        await page.send(type="dial", **request, work_id="w1")
        go = await page.until_heard("go")
        assert go["work"]["work_id"] == "w1"
        await page.close()
        done = await other.until_heard("complete")
        (task,) = world.salesforce.tasks.values()
        said = {**go["work"]["attributes"], "taskId": task["Id"]}
        assert done == {"type": "complete", "work": {"work_id": "w1", "attributes": said}}
