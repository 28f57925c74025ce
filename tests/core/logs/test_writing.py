"""The backend's route: a record is completed once all is said, and again where that is in doubt."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.draft import Draft, Record
from adapter.core.facts import Facts, Known, Source
from adapter.core.logs.decision import LogDecision
from adapter.core.logs.events import (
    DraftChanged,
    FactsLearned,
    LogAccepted,
    LogEvent,
    LogTimePassed,
    RecordPicked,
    RecordRefused,
    RecordUnknown,
    RecordWritten,
    TrayDecided,
    WriteRecord,
    WritingEnded,
)
from adapter.core.logs.gate import decide_log, may_be_offered
from adapter.core.logs.model import (
    CallLog,
    Closed,
    ClosedBy,
    LogFields,
    LogState,
    Pending,
    SaveError,
    Settled,
    Tray,
    TrayReason,
    Writing,
)
from adapter.core.logs.writing import newly_opened
from adapter.core.policy import SavePolicy
from adapter.core.route import Route
from tests.core.gate import new_log
from tests.core.people import RECORD, T0
from tests.strategies import log_states

POLICY = SavePolicy()
HELD = T0 + 60_000
WHY = (SaveError("HTTP_400", "no such field"),)


def ours(**fields: Any) -> CallLog:
    """A log of the backend's route, whose agent still wraps up."""
    opened = {"route": Route.BACKEND, "state": newly_opened(T0, HELD), "held_until": HELD}
    return replace(new_log(), **{**opened, **fields})


def after(*events: LogEvent, log: CallLog | None = None) -> LogDecision:
    """The last decision of a conversation."""
    decision = LogDecision(log or ours())
    for event in events:
        decision = decide_log(decision.log, event, POLICY)
    return decision


ENDED = WritingEnded(T0 + 9_000)
WRITTEN = RecordWritten(T0 + 9_500, 1, "0LQ000000000001")


def test_a_log_is_written_when_the_agent_has_finished() -> None:
    """One completion: not before the words are there."""
    assert after(LogTimePassed(T0 + 1_000)).ignored == "not due"
    done = after(DraftChanged(T0 + 9_000, Draft(notes="n"), done=True))
    attempt = done.log.attempt
    assert attempt is not None
    assert (attempt.number, attempt.fields.draft.notes, attempt.page_id) == (1, "n", "")
    assert done.effects == (WriteRecord("c1", attempt),)
    assert done.log.state == Writing(T0 + 9_000 + POLICY.write_ms)


def test_a_log_is_written_when_the_time_for_notes_is_over() -> None:
    """Nobody has to do anything for that."""
    assert isinstance(after(LogTimePassed(HELD)).log.state, Writing)
    longer = after(DraftChanged(T0 + 50_000, Draft(notes="n"), done=False, held_until=T0 + 110_000))
    assert longer.log.next_due == T0 + 110_000


def test_without_a_wrap_up_it_is_due_at_once() -> None:
    """The sweeper takes it then."""
    assert newly_opened(T0, 0) == Pending(T0, T0)


def test_a_written_log_is_settled_and_has_an_id() -> None:
    """The answer's own id, or the key that the record was named by."""
    assert after(ENDED, WRITTEN).log.state == Settled(T0 + 9_500)
    saved = after(ENDED, WRITTEN).log.saved
    assert saved is not None
    assert saved.record_id == "0LQ000000000001"
    nameless = after(ENDED, RecordWritten(T0 + 9_500, 1)).log.saved
    assert nameless is not None
    assert nameless.record_id == "c1"


def test_later_facts_are_written_under_the_same_id() -> None:
    """Notes of the next hour, a corrected duration, another record."""
    settled = after(ENDED, WRITTEN).log
    facts = Facts(connected=Known(T0 + 1, Source.CDR), ended=Known(T0 + 2, Source.CDR))
    for event in (
        DraftChanged(T0 + 20_000, Draft(notes="later"), done=True),
        FactsLearned(T0 + 20_000, facts),
        RecordPicked(T0 + 20_000, replace(RECORD, id="003000000000009")),
    ):
        again = after(event, log=settled)
        assert isinstance(again.log.state, Writing)
        assert again.log.attempt is not None
        assert (again.log.attempt.number, again.log.attempt.record_id) == (2, "0LQ000000000001")
    assert after(FactsLearned(T0 + 20_000, settled.facts), log=settled).effects == ()


def test_changes_during_a_write_are_written_after_it() -> None:
    """One at a time: the older one could be the later one at Salesforce."""
    changed = after(ENDED, DraftChanged(T0 + 9_100, Draft(notes="x"), done=True))
    assert changed.effects == ()
    assert isinstance(after(WRITTEN, log=changed.log).log.state, Writing)


def test_a_transient_refusal_is_retried_for_a_day_and_then_trayed() -> None:
    """Twice as long each time, an hour at most; nobody is asked before."""
    log, waits, at = after(ENDED).log, [], T0
    while isinstance(log.state, Writing):
        at = log.state.due - POLICY.write_ms
        number = log.attempt.number if log.attempt else 0
        log = after(RecordRefused(at, number, WHY), log=log).log
        if isinstance(log.state, Pending):
            waits.append(log.state.not_before - at)
            log = after(LogTimePassed(log.state.due), log=log).log
    assert waits[:3] == [5_000, 10_000, 20_000]
    assert max(waits) == POLICY.write_again_longest_ms
    assert 20 * 3_600_000 < sum(waits) < 28 * 3_600_000
    assert log.state == Tray(TrayReason.REFUSED, at, WHY)


def test_an_update_does_not_cut_salesforces_requested_wait_short() -> None:
    """A 429 says how long."""
    refused = after(ENDED, RecordRefused(T0 + 9_500, 1, WHY, wait_ms=90_000))
    assert refused.log.next_due == T0 + 99_500
    told = after(FactsLearned(T0 + 9_600, Facts(name=Known("Ada", Source.EVENT))), log=refused.log)
    assert (told.log.next_due, told.effects) == (T0 + 99_500, ())


def test_a_permanent_refusal_goes_to_the_tray_until_it_is_resolved() -> None:
    """The same would be refused again."""
    refused = after(ENDED, RecordRefused(T0 + 9_500, 1, WHY, permanent=True)).log
    assert refused.state == Tray(TrayReason.REFUSED, T0 + 9_500, WHY)
    assert (
        after(DraftChanged(T0 + 9_600, Draft(), done=True), log=refused).log.state == refused.state
    )
    mended = after(DraftChanged(T0 + 9_600, Draft(subject="s"), done=True), log=refused).log
    assert isinstance(mended.state, Writing)


@pytest.mark.parametrize(
    "event", [RecordUnknown(T0 + 39_000, 1), LogTimePassed(T0 + 39_000)], ids=["unknown", "killed"]
)
def test_a_lost_answer_is_written_again(event: LogEvent) -> None:
    """The same words under the same key, also when the process that wrote has died."""
    lost = after(ENDED, event).log
    assert lost.state == Pending(T0 + 44_000, T0 + 44_000)
    again = after(LogTimePassed(T0 + 44_000), log=lost).log
    assert again.attempt is not None
    assert (again.attempt.number, again.attempt.fields) == (2, lost.attempts[0].fields)


def test_fields_of_a_lost_write_are_sent_again_even_without_changes() -> None:
    """A, then B that nobody told of, then A: the record may say B."""
    changed = after(ENDED, WRITTEN, RecordPicked(T0 + 20_000, RECORD)).log
    lost = after(RecordUnknown(T0 + 20_100, 2), RecordPicked(T0 + 20_200, None), log=changed).log
    again = after(LogTimePassed(T0 + 25_100), log=lost)
    assert isinstance(again.log.state, Writing)
    told = after(RecordWritten(T0 + 25_200, 3), log=again.log).log
    doubt_ends = T0 + 20_000 + POLICY.write_ms
    assert (told.state, told.unsure) == (Pending(doubt_ends, doubt_ends), ())
    refused = after(
        RecordRefused(T0 + 20_100, 2, WHY), RecordPicked(T0 + 20_200, None), log=changed
    )
    assert refused.log.state == Settled(T0 + 20_200)


def test_an_unanswered_write_may_still_overwrite_a_later_one() -> None:
    """The last word is said once more when nothing else can be under way any more."""
    lost = after(ENDED, DraftChanged(T0 + 9_100, Draft(notes="x"), done=True)).log
    lost = after(RecordUnknown(T0 + 14_000, 1), LogTimePassed(T0 + 19_000), log=lost).log
    written = after(RecordWritten(T0 + 19_500, 2), log=lost).log
    doubt_ends = T0 + 9_000 + POLICY.write_ms
    assert written.state == Pending(doubt_ends, doubt_ends)
    again = after(LogTimePassed(doubt_ends), log=written)
    assert [effect.attempt.number for effect in again.effects] == [3]  # type: ignore[union-attr]
    settled = after(RecordWritten(doubt_ends + 500, 3), log=again.log).log
    assert isinstance(settled.state, Settled)


def test_a_creation_in_doubt_delays_the_completion() -> None:
    """Also when the agent is done: carried out late, it would make a second record."""
    waiting = ours(not_before=HELD, state=newly_opened(T0, HELD))
    assert after(ENDED, log=waiting).log.state == Pending(HELD, HELD)


def test_doubt_that_lasts_a_day_is_reported() -> None:
    """Without any error: nobody ever answered."""
    tired = replace(after(ENDED).log, refusals=POLICY.writes)
    assert after(RecordUnknown(T0 + 9_900, 1), log=tired).log.state == Tray(
        TrayReason.NOT_CONFIRMED, T0 + 9_900
    )


def test_a_late_success_counts_unless_it_was_overtaken() -> None:
    """Time had run out, but Salesforce has it: nothing more is to be said."""
    waiting = after(ENDED, LogTimePassed(T0 + 39_000)).log
    assert isinstance(after(WRITTEN, log=waiting).log.state, Settled)
    second = after(LogTimePassed(T0 + 44_000), log=waiting).log
    assert after(WRITTEN, log=second).ignored == "late"
    assert after(RecordRefused(T0, 1, WHY), log=second).ignored == "late"
    assert after(RecordUnknown(T0, 1), log=second).ignored == "late"
    assert after(WRITTEN, WRITTEN, log=after(ENDED).log).ignored == "late"
    assert after(WRITTEN).ignored == "late"
    assert after(RecordUnknown(T0, 1), log=waiting).ignored == "late"


def test_the_agent_decides_in_the_tray() -> None:
    """As on the other route, but for ids, which nobody has to look up."""
    trayed = after(ENDED, RecordRefused(T0 + 9_500, 1, WHY, permanent=True)).log
    assert isinstance(after(TrayDecided(T0 + 1, "save_again"), log=trayed).log.state, Writing)
    for action, by in (("already_there", ClosedBy.ALREADY_THERE), ("dismiss", ClosedBy.DISMISSED)):
        assert after(TrayDecided(T0 + 1, action), log=trayed).log.state == Closed(T0 + 1, by)
    assert after(TrayDecided(T0 + 1, "?"), log=trayed).ignored == "no such choice"
    assert after(TrayDecided(T0 + 1, "dismiss")).ignored == "not in the tray"


def test_no_page_writes_it_and_nobody_else_writes_a_pages() -> None:
    """Each log keeps the route that it was opened with."""
    assert after(LogAccepted(HELD, "page1", "n1")).ignored == "no page writes it"
    assert not may_be_offered(replace(ours(), state=Pending(T0, T0)), T0)
    assert decide_log(new_log(), WRITTEN, POLICY).ignored == "a page writes it"


ats = st.integers(T0, T0 + 1_000_000)
numbers = st.integers(1, 3)
events = st.one_of(
    st.builds(RecordWritten, ats, numbers, st.sampled_from(["", "0LQ1"])),
    st.builds(RecordRefused, ats, numbers, st.just(WHY), st.booleans(), st.integers(0, 99_999)),
    st.builds(RecordUnknown, ats, numbers),
    st.builds(
        DraftChanged, ats, st.builds(Draft, notes=st.none() | st.text(max_size=1)), st.booleans()
    ),
    st.builds(RecordPicked, ats, st.builds(Record, st.sampled_from(["", "003"]))),
    st.builds(WritingEnded, ats),
    st.builds(TrayDecided, ats, st.sampled_from(["save_again", "dismiss", ""])),
    st.builds(LogTimePassed, ats),
    st.builds(LogAccepted, ats, st.just("p"), st.just("n")),
)


@given(log_states, st.lists(events, max_size=8))
def test_no_event_raises_in_any_state_and_every_open_log_has_a_deadline(
    state: LogState, told: list[LogEvent]
) -> None:
    """Total: even from states that nothing leads to."""
    log = after(*told, log=ours(state=state)).log
    assert (log.next_due is None) is isinstance(log.state, Tray | Settled | Closed)


@given(st.integers(0, 2**32))
def test_no_history_of_faults_loses_a_record_or_leaves_it_wrong(seed: int) -> None:
    """Lost answers, kills before the write, refusals, words at any time: it says the last."""
    random, log, at = Random(seed), ours(), T0
    salesforce: dict[str, LogFields] = {}
    late: list[tuple[int, LogFields]] = []
    for step in range(200):
        faults = step < 100
        due = log.next_due
        if random.random() < 0.3 and faults:
            at += random.randrange(5_000)
            said: LogEvent = DraftChanged(
                at, Draft(notes=str(step)), random.random() < 0.5, at + 60_000
            )
        elif due is None:
            continue
        else:
            at = max(at, due)
            said = LogTimePassed(at)
        for arrives, fields in sorted(late, key=lambda one: one[0]):
            if arrives < at:
                salesforce["c1"] = fields
        late = [one for one in late if one[0] >= at]
        decision = after(said, log=log)
        log = decision.log
        for effect in decision.effects:
            assert isinstance(effect, WriteRecord)
            fate = random.choice(["ok", "ok", "lost", "killed", "busy", "late"]) if faults else "ok"
            if fate in {"ok", "lost"}:
                salesforce[effect.log_id] = effect.attempt.fields
            elif fate == "late":
                arrives = at + random.randrange(POLICY.write_ms)
                late.append((arrives, effect.attempt.fields))
            number = effect.attempt.number
            outcome: dict[str, LogEvent] = {
                "ok": RecordWritten(at, number),
                "lost": RecordUnknown(at, number),
                "late": RecordUnknown(at, number),
                "busy": RecordRefused(at, number, WHY),
            }
            log = after(outcome[fate], log=log).log if fate in outcome else log
    assert isinstance(log.state, Settled)
    assert salesforce == {"c1": log.wanted}
