"""Work items and clicks find each other, whichever comes first."""

from msgspec.structs import replace

from adapter.core.callcenter import CallCenterSettings
from adapter.core.events import CallEnded, InboundRinging, WorkStarted
from adapter.core.works import KEPT, LATE_MS, WAIT_MS
from tests.core.people import IDLE, NUMBER, T0, after, click, report

WORK = WorkStarted(T0 - 5_000, "w1", NUMBER)


def test_a_click_takes_the_work_that_was_started_before_it() -> None:
    """Once: the next click to the number is for nothing."""
    placed = after(IDLE, [WORK, click()])
    assert placed.agent.calls[0].work_id == "w1"
    assert placed.agent.works == ()


def test_work_reported_after_its_click_belongs_to_the_call() -> None:
    """The guide promises no order."""
    placed = after(IDLE, [click(), replace(WORK, at=T0 + 900)])
    assert placed.agent.calls[0].work_id == "w1"
    assert placed.agent.works == ()


def test_a_click_may_name_its_work() -> None:
    """A page of its own memory; what waits for another click goes on waiting."""
    placed = after(IDLE, [WORK, replace(click(), work_id="w9")])
    assert placed.agent.calls[0].work_id == "w9"
    assert [work.work_id for work in placed.agent.works] == ["w1"]
    same = after(IDLE, [WORK, replace(click(), work_id="w1")])
    assert (same.agent.calls[0].work_id, same.agent.works) == ("w1", ())
    late = after(placed.agent, [replace(WORK, at=T0 + 900, work_id="w2")])
    assert late.agent.calls[0].work_id == "w9"


def test_work_is_matched_by_number_in_any_spelling() -> None:
    """As people write it, by the country of the agent's call center."""
    german = replace(IDLE, call_center=CallCenterSettings(region="DE"))
    work = WorkStarted(T0, "w1", "030 901820")
    clicked = replace(click(), number="+49 30 901820")
    assert after(german, [work, clicked]).agent.calls[0].work_id == "w1"
    other = replace(click(), number="+49 30 901821")
    assert after(german, [work, other]).agent.calls[0].work_id == ""
    odd = WorkStarted(T0, "w2", "x")
    assert after(german, [odd, clicked]).agent.calls[0].work_id == ""


def test_old_work_is_not_matched_with_old_calls() -> None:
    """And calls that came in have no work."""
    old = replace(WORK, at=T0 - WAIT_MS - 1)
    assert after(IDLE, [old, click()]).agent.calls[0].work_id == ""
    late = replace(WORK, at=T0 + LATE_MS + 1)
    assert after(IDLE, [click(), late]).agent.calls[0].work_id == ""
    came_in = report(InboundRinging, T0)
    assert after(IDLE, [came_in, WORK]).agent.calls[0].work_id == ""


def test_only_the_latest_work_waits_and_each_once() -> None:
    """So a page that says it again, or a day of clicking through, fills nothing."""
    many = [WorkStarted(T0 + n, f"w{n}", "x") for n in range(KEPT + 5)]
    waiting = after(IDLE, [*many, many[-1]]).agent.works
    assert len(waiting) == KEPT
    assert waiting[0].work_id == f"w{KEPT + 4}"


def test_a_work_reaches_the_log_of_its_call() -> None:
    """It ends with the agent's word, in the log."""
    over = after(IDLE, [WORK, click(), report(CallEnded, T0 + 60_000)])
    logs = [*over.opened]
    assert [log.work_id for log in logs] in ([], ["w1"])
