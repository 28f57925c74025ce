"""A checker that finds nothing proves nothing: one good history, and every way to spoil it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from qa.checker.check import check
from qa.checker.history import (
    Acked,
    Fault,
    History,
    Post,
    Step,
    StoredAgent,
    StoredLog,
    TaskWrite,
    Trail,
    TrueCall,
    Word,
    dump,
    load,
)

ADA = "00D/005ada"
LOG, CALL, PAGE = "call_1", "pc_1", "page_1"
LIFE = ("ringing-user-devices", "dialing-destination", "bridged", "wrapup")


def good() -> History:
    """One call from click to Task, with everything as it should be."""
    steps = [Step(i + 1, phase, {LOG: phase}) for i, phase in enumerate(LIFE)]
    fields = {
        "CallObject": LOG,
        "CallDurationInSeconds": 12,
        "CallDisposition": "Connected",
        "WhoId": "003A",
    }
    return History(
        seed=7,
        calls=[TrueCall(CALL, ADA, "Connected", "003A", 10_000, 22_400)],
        posts=[Post(1_000, "req_1")],
        tasks=[TaskWrite(24_000, "00T1", fields)],
        words=[
            Word(1, "alive", PAGE),
            Word(23_000, "go", PAGE, LOG, 1, create=True),
            Word(25_000, "result", PAGE, LOG, 1, outcome="ok"),
        ],
        acked=[Acked(10_001, "evt_1")],
        trails=[Trail(ADA, [Step(0, "idle", {}), *steps, Step(5, "idle", {})])],
        logs=[StoredLog(LOG, ADA, CALL, "settled", "00T1")],
        agents=[StoredAgent(ADA, 5)],
        deliveries=["evt_1"],
    )


def test_a_good_history_is_found_good() -> None:
    """Nothing is said, and the summary says so."""
    report = check(good())
    assert report.violations == []
    assert report.summary()["ok"] is True
    assert report.summary()["max_posts_per_dial"] == 1


def test_a_history_survives_json() -> None:
    """What was kept in a file is judged as the original."""
    history = good()
    assert load(json.loads(json.dumps(dump(history)))) == history


def two_posts(history: History) -> None:
    """The customer was rung twice."""
    history.posts.append(Post(2_000, "req_1", "reset"))


def no_log(history: History) -> None:
    """Nobody opened a log."""
    history.logs.clear()
    history.tasks.clear()
    history.words.clear()


def no_task(history: History) -> None:
    """The store believes in a Task that is not there."""
    history.tasks.clear()


def two_tasks(history: History) -> None:
    """Salesforce has the call twice."""
    history.tasks.append(replace(history.tasks[0], task_id="00T2"))


def two_logs(history: History) -> None:
    """One true call was logged as two."""
    history.logs.append(StoredLog("call_2", ADA, CALL, "tray", "", "refused"))
    history.faults.append(Fault(1, "refused-by-rule", "call_2"))


def other_seconds(history: History) -> None:
    """The talk time is off by one."""
    history.tasks.append(TaskWrite(30_000, "00T1", {"CallDurationInSeconds": 13}))


def other_disposition(history: History) -> None:
    """The outcome is another."""
    history.tasks[0].fields["CallDisposition"] = "No Answer"


def no_who(history: History) -> None:
    """The person is missing."""
    del history.tasks[0].fields["WhoId"]


def other_agent(history: History) -> None:
    """Somebody else logged it."""
    history.logs[0].agent = "00D/005eve"


def other_task(history: History) -> None:
    """The store knows another Task than there is."""
    history.logs[0].task_id = "00T9"


def stray_log(history: History) -> None:
    """A log of a call that never was."""
    history.logs.append(StoredLog("call_9", ADA, "pc_9", "closed"))


def stray_task(history: History) -> None:
    """A Task of a log that nobody has."""
    history.tasks.append(TaskWrite(1, "00T9", {"CallObject": "call_9"}))


def tray_for_nothing(history: History) -> None:
    """In the tray, and nobody broke anything."""
    history.logs[0] = StoredLog(LOG, ADA, CALL, "tray", "00T1", "not-confirmed")


def tray_for_another_fault(history: History) -> None:
    """A slow commit does not excuse a refusal."""
    history.logs[0] = StoredLog(LOG, ADA, CALL, "tray", "", "refused")
    history.faults.append(Fault(1, "slow-commit", LOG))


def refusal_forgotten(history: History) -> None:
    """A validation rule refused, and nobody was told."""
    history.words[-1] = Word(25_000, "result", PAGE, LOG, 1, outcome="refused", final=True)


def impatient_go(history: History) -> None:
    """A second create while the first one's outcome was unknown."""
    history.words.insert(2, Word(24_000, "go", PAGE, LOG, 2, create=True))


def go_without_proof(history: History) -> None:
    """Nothing was found, but the first page was never seen again."""
    history.words[2:2] = [
        Word(24_000, "none", "page_2", LOG),
        Word(24_500, "go", "page_2", LOG, 2, create=True),
    ]


def late_go(history: History) -> None:
    """A frozen page finds its old go when the next one was saved elsewhere, and carries it out."""
    history.words[1:] = [
        Word(22_000, "tray", PAGE, LOG, outcome="save_again"),
        Word(23_000, "go", "page_2", LOG, 2, create=True),
        Word(25_000, "result", "page_2", LOG, 2, outcome="ok"),
        Word(26_000, "go", PAGE, LOG, 1, create=True),
    ]


def test_a_go_that_a_thawed_page_refuses_does_no_harm() -> None:
    """It came after the next one, and was too old for the page."""
    history = good()
    late_go(history)
    assert [one.kind for one in check(history).violations] == ["gate"]
    history.words.append(Word(26_000, "result", PAGE, LOG, 1, outcome="expired"))
    assert check(history).violations == []


def gap(history: History) -> None:
    """A version that nobody saw."""
    history.trails[0].steps.pop(1)


def backwards(history: History) -> None:
    """A call that was connected rings again."""
    steps = history.trails[0].steps
    steps[4] = Step(4, "dialing-destination", {LOG: "dialing-destination"})


def back_from_the_dead(history: History) -> None:
    """A call that was over is there again."""
    history.trails[0].steps.append(Step(6, "bridged", {LOG: "bridged"}))


def vanished(history: History) -> None:
    """A connected call is gone without a wrap-up."""
    steps = history.trails[0].steps
    steps[4] = Step(4, "idle", {})


def two_placements(history: History) -> None:
    """Two calls are placed at once."""
    calls = {LOG: "ringing-user-devices", "call_2": "ringing-user-devices"}
    history.trails[0].steps[1] = Step(1, "ringing-user-devices", calls)
    history.trails[0].steps[2].calls["call_2"] = "ringing-user-devices"


def wrong_phase(history: History) -> None:
    """Idle while a call is up."""
    history.trails[0].steps[3].phase = "idle"


def unlogged(history: History) -> None:
    """A webhook was acknowledged and is not in the store."""
    history.deliveries.clear()


def still_pending(history: History) -> None:
    """Nobody will ever save it."""
    history.logs[0].state = "pending"


def still_live(history: History) -> None:
    """Nobody will ever end it."""
    history.agents[0].calls.append("call_5")


def still_parked(history: History) -> None:
    """Nobody will ever look at it."""
    history.parked.append("evt_8")


def a_colleague_took_it(history: History) -> None:
    """It only rang here, and was logged all the same."""
    history.calls.append(replace(history.calls[0], agent="00D/005eve", who_id=None))
    history.calls[0].taken = True


def half_letters(history: History) -> None:
    """Salesforce has what no text may have in it."""
    history.tasks[0].fields["Subject"] = "Call from Zo\ud83d"


def another_caller(history: History) -> None:
    """The Task does not name who called."""
    history.calls[0].named = "+12025550143"
    history.tasks[0].fields["Subject"] = "Call from UNKNOWN"


def vanished_beside_a_colleagues(history: History) -> None:
    """The same, with its log there, though a colleague has taken another call."""
    vanished(history)
    agent = history.calls[0].agent
    history.calls.append(TrueCall("pc_9", agent, "Missed", logged=False, taken=True))


SPOILED: list[tuple[Callable[[History], None], str]] = [
    (two_posts, "posts"),
    (no_log, "lost"),
    (no_task, "lost"),
    (two_tasks, "doubled"),
    (two_logs, "doubled"),
    (other_seconds, "wrong_fields"),
    (other_disposition, "wrong_fields"),
    (no_who, "wrong_fields"),
    (other_agent, "wrong_fields"),
    (other_task, "wrong_fields"),
    (a_colleague_took_it, "wrong_fields"),
    (half_letters, "wrong_fields"),
    (another_caller, "wrong_fields"),
    (stray_log, "stray"),
    (stray_task, "stray"),
    (tray_for_nothing, "tray"),
    (tray_for_another_fault, "tray"),
    (refusal_forgotten, "tray"),
    (impatient_go, "gate"),
    (go_without_proof, "gate"),
    (late_go, "gate"),
    (gap, "versions"),
    (backwards, "illegal"),
    (back_from_the_dead, "illegal"),
    (vanished, "illegal"),
    (vanished_beside_a_colleagues, "illegal"),
    (two_placements, "illegal"),
    (wrong_phase, "illegal"),
    (unlogged, "unlogged_webhooks"),
    (still_pending, "unsettled"),
    (still_live, "unsettled"),
    (still_parked, "unsettled"),
]


@pytest.mark.parametrize(("spoil", "kind"), SPOILED, ids=[s.__name__ for s, _ in SPOILED])
def test_each_corruption_of_a_history_is_found(spoil: Callable[[History], None], kind: str) -> None:
    """The violation is named, counted where it has a counter, and the run is not ok."""
    history = good()
    spoil(history)
    report = check(history)
    assert kind in {v.kind for v in report.violations}
    assert report.summary()["ok"] is False


def test_each_agent_has_a_part_in_a_transferred_call() -> None:
    """Two logs of one call are right where two have talked, each with seconds of their own."""
    history, eve = good(), "00D/005eve"
    history.calls.append(replace(history.calls[0], agent=eve, connected_at=22_400, ended_at=30_400))
    told = {**history.tasks[0].fields, "CallObject": "call_2", "CallDurationInSeconds": 8}
    history.tasks.append(TaskWrite(31_000, "00T2", told))
    history.logs.append(StoredLog("call_2", eve, CALL, "settled", "00T2"))
    assert check(history).violations == []
    told["CallDurationInSeconds"] = 20
    assert check(history).count("wrong_fields") == 1


def test_an_injected_refusal_accounts_for_a_log_in_the_tray() -> None:
    """Then the tray is as expected, and no Task is missed."""
    history = good()
    refusal_forgotten(history)
    history.tasks.clear()
    history.logs[0] = StoredLog(LOG, ADA, CALL, "tray", "", "refused")
    history.faults.append(Fault(24_000, "refused-by-rule", LOG))
    report = check(history)
    assert report.is_ok
    assert (report.tray, report.tray_expected) == (1, 1)
    assert report.summary()["faults"] == {"refused-by-rule": 1}


def test_a_talk_that_turns_out_to_be_a_colleagues_leaves_without_a_wrap_up() -> None:
    """Nobody was named when it began; there is no log of it here."""
    history = good()
    agent = history.calls[0].agent
    history.calls.append(TrueCall("pc_9", agent, "Missed", logged=False, taken=True))
    last = history.trails[0].steps[-1]
    talk = Step(last.version + 1, "bridged", {**last.calls, "call_9": "bridged"})
    history.trails[0].steps += [talk, Step(last.version + 2, last.phase, last.calls)]
    history.agents[0].version += 2
    assert check(history).violations == []


@pytest.mark.parametrize(
    "between",
    [
        [Word(24_000, "result", PAGE, LOG, 1, outcome="refused")],
        [Word(24_000, "result", PAGE, LOG, 1, outcome="expired")],
        [Word(24_000, "never-sent", PAGE, LOG, 1)],
        [Word(24_000, "tray", PAGE, LOG, outcome="save_again")],
        [Word(24_000, "alive", PAGE), Word(24_000, "none", "page_2", LOG)],
    ],
)
def test_a_second_create_after_the_first_was_settled_is_legal(between: list[Word]) -> None:
    """Refused, never sent, asked for again by the agent, or proved to be absent and dead."""
    history = good()
    again = [*between, Word(24_500, "go", PAGE, LOG, 2, create=True)]
    history.words[2:] = [*again, Word(25_000, "result", PAGE, LOG, 2, outcome="ok")]
    assert check(history).violations == []


def test_unseen_versions_are_not_gaps_in_a_trail_of_views() -> None:
    """Pages see the latest view, not each of them: then steps in between may be missing."""
    history = good()
    trail = history.trails[0]
    trail.whole = False
    trail.steps = [trail.steps[0], trail.steps[3], trail.steps[5]]
    assert check(history).violations == []
    trail.steps.reverse()
    assert not check(history).is_ok


def test_without_wrap_up_a_call_is_gone_when_it_is_over() -> None:
    """A deployment may have no wrap-up at all."""
    history = good()
    vanished(history)
    history.wrapup = False
    assert check(history).violations == []
