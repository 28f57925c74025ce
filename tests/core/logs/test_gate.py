"""The go gate: exactly one Task for a call, whatever pages, browsers and Salesforce do."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.draft import Draft, Record
from adapter.core.facts import Facts, Known, Source
from adapter.core.logs.decision import LogDecision
from adapter.core.logs.events import (
    AlarmDoubled,
    DraftChanged,
    FactsLearned,
    GrantSave,
    LogAccepted,
    LogEvent,
    LogExpired,
    LogRefused,
    LogSaved,
    LogTimePassed,
    PageLost,
    PageProved,
    ProbePage,
    ReadBack,
    RecordPicked,
    RecordsFound,
    SendSettled,
    TrayDecided,
    WritingEnded,
)
from adapter.core.logs.gate import decide_log, may_be_offered, newly_opened
from adapter.core.logs.model import (
    Attempting,
    CallLog,
    Closed,
    ClosedBy,
    LogState,
    Pending,
    SaveError,
    Settled,
    Tray,
    TrayReason,
    Unknown,
    Verifying,
)
from adapter.core.policy import SavePolicy
from tests.core.gate import Gate, new_log
from tests.core.people import RECORD, T0

POLICY = SavePolicy()
ASKING = SavePolicy(read_back=True)
LOCKED = (SaveError("UNABLE_TO_LOCK_ROW", "locked", transient=True),)
ACCEPT = LogAccepted(T0, "page1", "n1")
SAVED = LogSaved(T0 + 900, "page1", 1, "n1", "00T1")


def after(
    *events: LogEvent, policy: SavePolicy = POLICY, log: CallLog | None = None
) -> LogDecision:
    """The last decision of a conversation; its effects are the last event's."""
    decision = LogDecision(log or new_log())
    for event in events:
        decision = decide_log(decision.log, event, policy)
    return decision


# --- the model: random histories ----------------------------------------------------------------


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.booleans())
def test_no_history_doubles_or_loses_a_task(seed: int, read_back: bool) -> None:
    """Crashes, lost callbacks, slow commits, reconnects, restarts: one Task, and it is right."""
    gate = Gate(Random(seed), SavePolicy(read_back=read_back))
    for _ in range(120):
        gate.step()
    gate.faults = False
    for _ in range(400):
        gate.step()
    assert gate.premature == []
    assert len(gate.tasks) == 1
    assert gate.log.saved is not None
    assert isinstance(gate.log.state, Settled)
    assert gate.tasks[gate.log.saved.record_id][1] == gate.log.wanted


# --- the plain way ------------------------------------------------------------------------------


def test_an_accepted_offer_becomes_a_go_with_the_current_fields() -> None:
    """Committed first, then sent: the effect comes with the new state."""
    going = after(ACCEPT)
    attempt = going.log.attempt
    assert attempt is not None
    assert (attempt.number, attempt.page_id, attempt.record_id) == (1, "page1", "")
    assert going.effects == (GrantSave("c1", attempt),)
    assert going.log.state == Attempting(T0 + POLICY.report_ms)


def test_only_one_of_two_accepting_pages_gets_the_go() -> None:
    """The compare-and-set."""
    second = after(ACCEPT, LogAccepted(T0 + 1, "page2", "n2"))
    assert (second.effects, second.ignored) == ((), "taken")


def test_a_saved_report_settles_and_lets_the_page_forget() -> None:
    """Its journal entry has done its work."""
    saved = after(ACCEPT, SAVED)
    assert saved.log.state == Settled(T0 + 900)
    assert saved.effects == (SendSettled("c1", "page1", 1),)
    assert saved.log.next_due is None


def test_a_repeated_report_is_acknowledged_again_and_changes_nothing() -> None:
    """The page may not have heard the first acknowledgement."""
    again = after(ACCEPT, SAVED, SAVED)
    assert (again.log, again.ignored) == (after(ACCEPT, SAVED).log, "repeated")
    assert again.effects == (SendSettled("c1", "page1", 1),)


def test_facts_learned_after_the_save_become_an_update_by_id() -> None:
    """A corrected talk time, once the agent has finished writing."""
    talked = FactsLearned(T0 + 5_000, Facts(connected=Known(T0 - 60_000, Source.CDR)))
    writing = DraftChanged(T0 + 2_000, Draft(notes="a"), done=False, held_until=T0 + 62_000)
    held = after(ACCEPT, SAVED, writing, talked).log
    assert held.state == Pending(T0 + 62_000, T0 + 62_000)
    freed = after(WritingEnded(T0 + 9_000), log=held).log
    assert may_be_offered(freed, T0 + 9_000)
    again = after(LogAccepted(T0 + 9_000, "page2", "n2"), log=freed).log
    assert again.attempt is not None
    assert (again.attempt.record_id, again.attempt.number) == ("00T1", 2)
    done = after(LogSaved(T0 + 9_900, "page2", 2, "n2", ""), log=again).log
    assert done.saved is not None
    assert (done.saved.fields, type(done.state)) == (done.wanted, Settled)
    assert (done.wanted.talk_ms, done.wanted.draft.notes) == (60_000, "a")


def test_a_draft_or_record_from_before_the_save_is_in_the_create() -> None:
    """They only change what is wanted; nothing waits for the agent to finish."""
    picked = after(
        RecordPicked(T0, RECORD), DraftChanged(T0, Draft(subject="s"), False, T0 + 60_000), ACCEPT
    )
    assert picked.log.attempt is not None
    assert picked.log.attempt.fields.record == RECORD
    assert picked.log.attempt.fields.draft.subject == "s"


def test_changes_wait_while_a_create_is_unknown() -> None:
    """No second go for a note."""
    lost = after(ACCEPT, PageLost(T0 + 20_000, "page1")).log
    changed = after(DraftChanged(T0 + 21_000, Draft(notes="x"), done=True), log=lost)
    assert (changed.log.state, changed.effects) == (lost.state, ())
    saved = after(replace(SAVED, at=T0 + 22_000), log=changed.log).log
    assert isinstance(saved.state, Pending)
    assert saved.saved is not None


# --- refusals -----------------------------------------------------------------------------------


def test_a_transient_refusal_is_retried_after_5_30_and_120_seconds_then_trayed() -> None:
    """Nothing was created, so that another go is safe; but not for ever."""
    log, at, waits = new_log(), T0, []
    for number in (1, 2, 3, 4):
        log = after(LogAccepted(at, "page1", f"n{number}"), log=log).log
        log = after(LogRefused(at + 10, "page1", number, f"n{number}", LOCKED), log=log).log
        if isinstance(log.state, Pending):
            waits.append(log.state.not_before - at - 10)
            at = log.state.not_before
    assert waits == [5_000, 30_000, 120_000]
    assert log.state == Tray(TrayReason.REFUSED, at + 10, LOCKED)


@pytest.mark.parametrize(
    "errors",
    [(), (SaveError("REQUIRED_FIELD_MISSING", "no", "Subject"),), (*LOCKED, SaveError("X", "x"))],
)
def test_any_other_refusal_goes_to_the_tray_at_once(errors: tuple[SaveError, ...]) -> None:
    """The agent must mend it; a submission that changes something tries again."""
    refused = after(ACCEPT, LogRefused(T0 + 9, "page1", 1, "n1", errors)).log
    assert refused.state == Tray(TrayReason.REFUSED, T0 + 9, errors)
    same = after(DraftChanged(T0 + 10, Draft(), done=True), log=refused).log
    assert isinstance(same.state, Tray)
    mended = after(DraftChanged(T0 + 11, Draft(subject="s"), done=True), log=refused).log
    assert may_be_offered(mended, T0 + 11)


def test_a_backoff_is_not_cut_short_by_an_update() -> None:
    """Salesforce asked for patience."""
    refused = after(ACCEPT, LogRefused(T0 + 9, "page1", 1, "n1", LOCKED)).log
    learned = after(FactsLearned(T0 + 10, Facts(name=Known("Ada", Source.EVENT))), log=refused).log
    assert not may_be_offered(learned, T0 + 11)
    assert learned.next_due == T0 + 9 + 5_000


def test_a_late_refusal_is_acknowledged_and_changes_nothing() -> None:
    """The attempt was settled by another way."""
    late = after(ACCEPT, SAVED, LogRefused(T0 + 999, "page1", 1, "n1", LOCKED))
    assert (late.ignored, type(late.log.state)) == ("late", Settled)
    assert late.effects == (SendSettled("c1", "page1", 1),)


@pytest.mark.parametrize(
    "stray",
    [
        replace(SAVED, nonce="guessed"),
        replace(SAVED, attempt=7),
        LogRefused(T0, "page1", 1, "guessed", LOCKED),
    ],
)
def test_a_report_without_the_attempts_nonce_is_ignored(stray: LogEvent) -> None:
    """Only the page that had the go knows it."""
    told = after(ACCEPT, stray)
    assert (told.log, told.effects, told.ignored) == (after(ACCEPT).log, (), "no such attempt")


def test_a_log_whose_go_was_too_old_is_offered_again() -> None:
    """The page says that it did nothing; said again later, it is no news."""
    expired = LogExpired(T0 + 6_000, "page1", 1, "n1")
    assert may_be_offered(after(ACCEPT, expired).log, T0 + 6_000)
    assert after(ACCEPT, SAVED, expired).ignored == "late"


# --- the unknown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "silence",
    [LogTimePassed(T0 + 30_000), PageLost(T0 + 30_000, "page1"), replace(SAVED, record_id="")],
)
def test_a_missing_report_makes_the_outcome_unknown_but_sends_no_second_go(
    silence: LogEvent,
) -> None:
    """The page is probed; no other page may have the log."""
    lost = after(ACCEPT, silence)
    assert lost.log.state == Unknown(silence.at, silence.at + 30_000)
    assert lost.effects == (ProbePage("page1"),)
    second = after(LogAccepted(T0 + 40_000, "page2", "n2"), log=lost.log)
    assert (second.effects, second.ignored) == ((), "taken")
    assert after(replace(SAVED, record_id=""), log=lost.log).ignored == "no id"


def test_with_no_way_to_read_back_an_unknown_create_goes_to_the_tray() -> None:
    """The agent chooses."""
    lost = after(ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 60_000)).log
    assert lost.state == Tray(TrayReason.NOT_CONFIRMED, T0 + 60_000)


def verified(
    *between: LogEvent, answers: tuple[bool, ...] = (True, True, True, True)
) -> tuple[LogDecision, list[int]]:
    """A lost create, read back by the schedule with "nothing there"; and when it was asked."""
    decision = after(ACCEPT, LogTimePassed(T0 + 30_000), *between, policy=ASKING)
    asked: list[int] = []
    for _ in range(6):
        due = decision.log.next_due
        if due is None or isinstance(decision.log.state, Pending):
            break
        decision = after(LogTimePassed(due), policy=ASKING, log=decision.log)
        if any(isinstance(e, ReadBack) for e in decision.effects):
            asked.append(due - T0 - 30_000)
            if answers[len(asked) - 1]:
                decision = after(RecordsFound(due + 1, ()), policy=ASKING, log=decision.log)
    return decision, asked


def test_an_empty_read_back_frees_the_log_only_if_the_page_can_no_longer_save() -> None:
    """Asked at 30, 60, 120 and 330 s; then a proof of the page, or the tray."""
    trayed, asked = verified()
    assert asked == [30_000, 60_000, 120_000, 330_000]
    assert isinstance(trayed.log.state, Tray)
    freed, _ = verified(PageProved(T0 + 31_000, "page1", 1))
    assert isinstance(freed.log.state, Pending)


def test_an_unanswered_last_read_back_leaves_it_to_the_agent() -> None:
    """Earlier answers may have come before the commit."""
    trayed, _ = verified(PageProved(T0 + 31_000, "page1", 1), answers=(True, True, True, False))
    assert isinstance(trayed.log.state, Tray)


def test_a_proof_while_verifying_counts_too() -> None:
    """Each question probes the page again."""
    asking = after(ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 60_000), policy=ASKING)
    assert [type(e) for e in asking.effects] == [ReadBack, ProbePage]
    proved = after(PageProved(T0 + 61_000, "page1", 1), policy=ASKING, log=asking.log).log
    assert isinstance(proved.state, Verifying)
    assert proved.state.proved
    again = after(LogTimePassed(T0 + 90_000), policy=ASKING, log=proved)
    assert [type(e) for e in again.effects] == [ReadBack]


def test_a_single_task_found_belongs_to_the_log() -> None:
    """Saved after all; a change since then becomes an update."""
    unknown = after(ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 60_000), policy=ASKING)
    found = after(RecordsFound(T0 + 60_500, ("00T9",)), policy=ASKING, log=unknown.log).log
    assert found.saved is not None
    assert (found.saved.record_id, found.state) == ("00T9", Settled(T0 + 60_500))
    changed = after(RecordPicked(T0, RECORD), policy=ASKING, log=unknown.log).log
    other = after(RecordsFound(T0 + 60_500, ("00T9",)), policy=ASKING, log=changed).log
    assert may_be_offered(other, T0 + 60_500)


def test_two_tasks_found_are_a_duplicate_and_everybody_is_told() -> None:
    """It must never happen; if it does, both ids are shown, once."""
    unknown = after(ACCEPT, LogTimePassed(T0 + 30_000)).log
    doubled = after(RecordsFound(T0 + 60_500, ("00T1", "00T2")), log=unknown)
    assert doubled.effects == (AlarmDoubled("c1", ("00T1", "00T2")),)
    assert isinstance(doubled.log.state, Tray)
    assert doubled.log.state.reason is TrayReason.DOUBLED
    again = after(RecordsFound(T0 + 60_600, ("00T1", "00T2")), log=doubled.log)
    assert (again.log, again.effects) == (doubled.log, ())


def test_a_second_reported_task_id_is_a_duplicate() -> None:
    """Another page, another browser: the report is believed."""
    doubled = after(ACCEPT, SAVED, replace(SAVED, record_id="00T2"))
    assert AlarmDoubled("c1", ("00T1", "00T2")) in doubled.effects
    assert doubled.log.doubles == ("00T2",)


def test_a_found_task_does_not_settle_an_update_under_way() -> None:
    """A Task that is there says nothing of what it says."""
    log = after(ACCEPT, SAVED, RecordPicked(T0 + 1_000, RECORD), LogAccepted(T0 + 1_001, "p", "n2"))
    found = after(RecordsFound(T0 + 1_002, ("00T1",)), log=log.log).log
    assert isinstance(found.state, Attempting)


def test_answers_without_a_question_are_ignored() -> None:
    """Nothing there, while nobody asked; something there, before anybody saved."""
    assert after(RecordsFound(T0, ())).ignored == "late"
    assert after(RecordsFound(T0, ("00T1",))).ignored == "no attempt"


def test_an_unknown_update_waits_until_it_can_no_longer_undo_the_next() -> None:
    """Committed late, the old words would replace the new ones (found by the simulation)."""
    updating = after(
        ACCEPT, SAVED, RecordPicked(T0 + 1_000, RECORD), LogAccepted(T0 + 1_001, "page1", "n2")
    ).log
    for silence in (LogTimePassed(T0 + 31_001), PageLost(T0 + 2_000, "page1")):
        lost = after(silence, log=updating)
        assert lost.effects == ()
        due = T0 + 1_001 + POLICY.read_back_at[-1]
        assert lost.log.next_due == due
        late = LogSaved(due - 1, "page1", 2, "n2", "00T1")
        assert isinstance(after(late, log=lost.log).log.state, Settled)
        assert may_be_offered(after(LogTimePassed(due), log=lost.log).log, due)


def test_fields_of_an_unknown_update_are_sent_again_even_without_changes() -> None:
    """A, then B that nobody told of, then A: the record may say B, so A is no old news."""
    other = RecordPicked(T0 + 1_000, RECORD)
    updating = after(ACCEPT, SAVED, other, LogAccepted(T0 + 1_001, "page1", "n2")).log
    due = T0 + 1_001 + POLICY.read_back_at[-1]
    back = RecordPicked(T0 + 2_000, None)
    for between in ([back], []):
        lost = after(LogTimePassed(T0 + 31_001), *between, LogTimePassed(due), log=updating).log
        undone = after(replace(back, at=due + 1), log=lost).log
        assert may_be_offered(undone, due + 1)
        assert undone.unsure == (updating.attempts[1].fields,)
        told = after(
            LogAccepted(due + 2, "page1", "n3"), LogSaved(due + 9, "page1", 3, "n3", ""), log=undone
        ).log
        assert (told.state, told.unsure) == (Settled(due + 9), ())


def test_a_go_that_was_certainly_not_sent_leaves_no_doubt() -> None:
    """Refused, too old, or not in the page's journal: the record says what it said."""
    updating = after(
        ACCEPT, SAVED, RecordPicked(T0 + 1_000, RECORD), LogAccepted(T0 + 1_001, "page1", "n2")
    ).log
    for outcome in (
        LogRefused(T0 + 1_900, "page1", 2, "n2", LOCKED),
        LogExpired(T0 + 9_000, "page1", 2, "n2"),
        PageProved(T0 + 20_000, "page1", 2, never_sent=True),
    ):
        undone = after(outcome, RecordPicked(T0 + 30_000, None), log=updating).log
        assert (undone.state, undone.unsure) == (Settled(T0 + 30_000), ())


def test_a_page_that_never_sent_frees_the_log_at_once() -> None:
    """Same page load, and its journal knows nothing of the attempt."""
    lost = after(ACCEPT, PageLost(T0 + 2_000, "page1")).log
    assert may_be_offered(after(PageProved(T0 + 3_000, "page1", 1, True), log=lost).log, T0 + 3_000)
    late = after(ACCEPT, PageProved(T0 + 11_000, "page1", 1, never_sent=True)).log
    assert may_be_offered(late, T0 + 11_000)


def test_a_hello_that_may_have_crossed_the_go_is_no_proof() -> None:
    """The go may have been sent behind the journal that the hello told."""
    early = after(ACCEPT, PageProved(T0 + 1_000, "page1", 1, never_sent=True))
    assert (early.log.state, early.ignored) == (after(ACCEPT).log.state, "too early")


def test_a_found_record_may_contain_what_any_create_said() -> None:
    """What is wanted at last is said once more, though the first of them said the same."""
    unsent = PageProved(T0 + 11_000, "page1", 1, never_sent=True)
    second = LogAccepted(T0 + 12_000, "page1", "n2")
    twice = after(
        ACCEPT, unsent, RecordPicked(T0 + 11_500, RECORD), second, PageLost(T0 + 13_000, "page1")
    )
    found = after(RecordsFound(T0 + 14_000, ("00T1",)), log=twice.log)
    back = after(RecordPicked(T0 + 15_000, None), log=found.log)
    assert isinstance(back.log.state, Pending)
    said = after(LogAccepted(T0 + 16_000, "page1", "n3"), log=back.log).log
    assert said.attempt is not None
    assert (said.attempt.record_id, said.attempt.fields.record) == ("00T1", None)


def test_a_proof_about_one_go_says_nothing_about_the_next() -> None:
    """A replica that was slow to hear of the second go passes on what was said of the first."""
    second = after(ACCEPT, PageProved(T0 + 11_000, "page1", 1, never_sent=True)).log
    gone = after(
        LogAccepted(T0 + 11_001, "page1", "n2"), PageLost(T0 + 12_000, "page1"), log=second
    )
    late = after(PageProved(T0 + 13_000, "page1", 1, never_sent=True), log=gone.log)
    assert (late.log, late.ignored) == (gone.log, "another go")


def test_a_page_that_returns_without_an_outcome_leaves_it_unknown_but_proved() -> None:
    """It sent, and does not know what became of it; it will not send again."""
    back = after(ACCEPT, PageProved(T0 + 20_000, "page1", 1))
    assert back.log.state == Unknown(T0 + 20_000, T0 + 50_000, proved=True)
    assert back.effects == ()


def test_pages_do_not_affect_settled_logs_or_those_of_other_pages() -> None:
    """Only the page of the latest attempt counts, and only while something is open."""
    assert after(ACCEPT, PageLost(T0, "page2")).ignored == "another page"
    assert after(PageLost(T0, "page1")).ignored == "another page"
    assert after(ACCEPT, SAVED, PageLost(T0 + 999, "page1")).ignored == "nothing open"


def test_a_late_report_of_an_earlier_create_makes_the_next_go_an_update() -> None:
    """The agent chose to save again, and then the first page reports after all."""
    trayed = after(ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 60_000)).log
    again = after(
        TrayDecided(T0 + 61_000, "save_again"), LogAccepted(T0 + 62_000, "p2", "n2"), log=trayed
    )
    late = after(replace(SAVED, at=T0 + 63_000), log=again.log)
    assert isinstance(late.log.state, Attempting)
    assert late.log.saved is not None
    silent = after(LogTimePassed(T0 + 92_000), log=late.log).log
    assert isinstance(silent.state, Settled)
    second = LogSaved(T0 + 93_000, "p2", 2, "n2", "00T2")
    assert AlarmDoubled("c1", ("00T1", "00T2")) in after(second, log=silent).effects
    same = replace(second, record_id="00T1")
    assert after(same, log=late.log).log.state == Settled(T0 + 93_000)
    older = after(
        RecordPicked(T0 + 64_000, RECORD), LogAccepted(T0 + 64_001, "p3", "n3"), log=silent
    )
    assert after(SAVED, log=older.log).ignored == "repeated"


# --- the tray, and time -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "state"),
    [
        (TrayDecided(T0 + 61_000, "already_there"), Closed(T0 + 61_000, ClosedBy.ALREADY_THERE)),
        (TrayDecided(T0 + 61_000, "dismiss"), Closed(T0 + 61_000, ClosedBy.DISMISSED)),
        (TrayDecided(T0 + 61_000, "already_there", "00T7"), Settled(T0 + 61_000)),
    ],
)
def test_the_agent_settles_what_is_in_the_tray(choice: TrayDecided, state: LogState) -> None:
    """Already there (with its id, if told), or never mind."""
    trayed = after(ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 60_000)).log
    decided = after(choice, log=trayed).log
    assert decided.state == state
    assert decided.is_settled
    assert decided.next_due is None


def test_an_unknown_or_late_choice_changes_nothing() -> None:
    """The tray is empty, or the word unknown."""
    trayed = after(ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 60_000)).log
    assert after(TrayDecided(T0, "explode"), log=trayed).ignored == "no such choice"
    assert after(TrayDecided(T0, "dismiss")).ignored == "not in the tray"


def test_a_late_report_counts_even_after_the_agent_closed_the_log() -> None:
    """The Task exists: it is the log's."""
    trayed = after(ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 60_000)).log
    closed = after(TrayDecided(T0 + 61_000, "dismiss"), log=trayed).log
    saved = after(replace(SAVED, at=T0 + 99_000), log=closed).log
    assert saved.state == Settled(T0 + 99_000)


def test_a_pending_log_is_offered_again_and_again() -> None:
    """Nobody was there to take it; somebody will be."""
    woken = after(LogTimePassed(T0 + POLICY.wake_ms)).log
    assert woken.next_due == T0 + 2 * POLICY.wake_ms
    assert after(LogTimePassed(T0 + 1)).ignored == "not due"


# --- totality and deadlines ---------------------------------------------------------------------

ats = st.integers(T0, T0 + 1_000_000)
people = st.sampled_from(["page1", "page2"])
ids = st.sampled_from(["", "00T1", "00T2"])
numbers, nonces = st.integers(1, 3), st.sampled_from(["n1", "n2"])
drafts = st.builds(Draft, notes=st.none() | st.sampled_from(["a", "b"]))
errors = st.sampled_from([(), LOCKED, (SaveError("X", "x", "Subject"),)])
choices = st.sampled_from(["save_again", "already_there", "dismiss", ""])
learnable = st.builds(Facts, connected=st.builds(Known, ats, st.just(Source.EVENT)))
log_events = st.one_of(
    st.builds(LogAccepted, ats, people, nonces),
    st.builds(LogSaved, ats, people, numbers, nonces, ids),
    st.builds(LogRefused, ats, people, numbers, nonces, errors),
    st.builds(LogExpired, ats, people, numbers, nonces),
    st.builds(PageLost, ats, people),
    st.builds(PageProved, ats, people, st.booleans()),
    st.builds(RecordsFound, ats, st.lists(ids.filter(bool), max_size=3).map(tuple)),
    st.builds(
        FactsLearned, ats, st.builds(Facts, connected=st.builds(Known, ats, st.just(Source.EVENT)))
    ),
    st.builds(DraftChanged, ats, drafts, st.booleans(), ats),
    st.builds(RecordPicked, ats, st.builds(Record, ids)),
    st.builds(WritingEnded, ats),
    st.builds(
        TrayDecided, ats, st.sampled_from(["save_again", "already_there", "dismiss", ""]), ids
    ),
    st.builds(LogTimePassed, ats),
)
states = st.one_of(
    st.builds(Pending, ats, ats),
    st.builds(Attempting, ats),
    st.builds(Unknown, ats, ats, st.booleans()),
    st.builds(Verifying, ats, ats, st.integers(0, 5), st.booleans(), st.booleans()),
    st.builds(Tray, st.sampled_from(TrayReason), ats),
    st.builds(Settled, ats),
    st.builds(Closed, ats, st.sampled_from(ClosedBy)),
)


@given(states, st.lists(log_events, max_size=8), st.sampled_from([POLICY, ASKING]))
def test_no_event_raises_in_any_state_and_every_open_log_has_a_deadline(
    state: LogState, events: list[LogEvent], policy: SavePolicy
) -> None:
    """Total: even from states that nothing leads to."""
    log = after(*events, policy=policy, log=replace(new_log(), state=state)).log
    open_ = not isinstance(log.state, Tray | Settled | Closed)
    assert (log.next_due is not None) is open_
    assert log.is_settled is isinstance(log.state, Settled | Closed)


@given(st.lists(log_events, max_size=12), st.sampled_from([POLICY, ASKING]))
def test_every_wait_except_that_for_a_page_times_out(
    events: list[LogEvent], policy: SavePolicy
) -> None:
    """However it got there: by deadlines alone a log comes to rest, or waits for a page."""
    log = after(*events, policy=policy).log
    for _ in range(10):
        due = log.next_due
        if due is None or isinstance(log.state, Pending):
            break
        moved = after(LogTimePassed(due), policy=policy, log=log).log
        assert moved.next_due is None or moved.next_due > due
        log = moved
    assert isinstance(log.state, Pending | Tray | Settled | Closed)


def test_a_link_that_salesforce_refuses_is_given_up_once() -> None:
    """The same create without it, at once; refused again, it is the agent's to mend."""
    errors = (SaveError("FIELD_INTEGRITY_EXCEPTION", "no", "Related To", link=True),)
    first = after(ACCEPT, LogRefused(T0 + 9, "page1", 1, "n1", errors))
    assert isinstance(first.log.state, Pending)
    assert first.log.state.not_before == T0 + 9
    assert first.log.wanted.unlinked
    assert first.effects == (SendSettled("c1", "page1", 1),)
    again = after(
        LogAccepted(T0 + 10, "page1", "n2"),
        LogRefused(T0 + 19, "page1", 2, "n2", errors),
        log=first.log,
    )
    assert again.log.state == Tray(TrayReason.REFUSED, T0 + 19, errors)


def test_a_record_may_be_created_when_the_wrap_up_is_over() -> None:
    """Where a record that is made cannot be changed: with the notes, at once when they are done."""
    late = SavePolicy(after_wrapup=True)
    assert newly_opened(T0, T0 + 60_000, late) == Pending(T0 + 60_000, T0 + 60_000)
    assert newly_opened(T0, T0 + 60_000, POLICY).not_before == T0
    assert newly_opened(T0, 0, late).not_before == T0
    waiting = replace(new_log(), held_until=T0 + 60_000, state=newly_opened(T0, T0 + 60_000, late))
    noted = after(
        DraftChanged(T0 + 5, Draft(notes="a"), done=False, held_until=T0 + 60_000),
        policy=late,
        log=waiting,
    ).log
    assert not may_be_offered(noted, T0 + 6)
    done = after(WritingEnded(T0 + 7), policy=late, log=noted).log
    assert may_be_offered(done, T0 + 7)
    assert done.wanted.draft.notes == "a"


def test_work_is_completed_once_when_the_agent_finishes_writing() -> None:
    """Not at hang-up; what is written later ends nothing again."""
    log = replace(new_log(), work_id="w1", held_until=T0 + 60_000)
    assert not log.wanted.ends_work
    created = after(ACCEPT, SAVED, log=log).log
    assert isinstance(created.state, Settled)
    ended = after(WritingEnded(T0 + 60_000), log=created).log
    assert ended.wanted.ends_work
    assert may_be_offered(ended, T0 + 60_000)
    updated = after(
        LogAccepted(T0 + 60_001, "page1", "n2"),
        LogSaved(T0 + 60_002, "page1", 2, "n2", "00T1"),
        log=ended,
    ).log
    assert isinstance(updated.state, Settled)
    written = DraftChanged(T0 + 70_000, Draft(notes="b"), done=False, held_until=T0 + 90_000)
    assert after(written, log=updated).log.wanted.ends_work
    assert not replace(log, work_id="", held_until=0).wanted.ends_work


def test_a_record_that_is_locked_has_a_reason_of_its_own() -> None:
    """To save it again is of no use; a create that may not be is a refusal like any other."""
    locked = (SaveError("ENTITY_IS_LOCKED", "locked", locked=True),)
    noted = after(ACCEPT, SAVED, DraftChanged(T0 + 1_000, Draft(notes="a"), done=True)).log
    refused = after(
        LogAccepted(T0 + 1_001, "page1", "n2"),
        LogRefused(T0 + 1_002, "page1", 2, "n2", locked),
        log=noted,
    ).log
    assert refused.state == Tray(TrayReason.LOCKED, T0 + 1_002, locked)
    first = after(ACCEPT, LogRefused(T0 + 9, "page1", 1, "n1", locked)).log
    assert first.state == Tray(TrayReason.REFUSED, T0 + 9, locked)
