"""The ways of a log, as rows name them; and the keyed one, on which doubt costs time alone."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.draft import Draft
from adapter.core.logs.decision import LogDecision
from adapter.core.logs.events import (
    DraftChanged,
    LogAccepted,
    LogEvent,
    LogRefused,
    LogSaved,
    LogTimePassed,
    PageLost,
    PageProved,
    ReadBack,
)
from adapter.core.logs.gate import decide_log
from adapter.core.logs.model import Attempt, CallLog, Pending, SaveError, Settled, Tray, Unknown
from adapter.core.policy import SavePolicy
from adapter.core.route import Route
from tests.core.gate import new_log
from tests.core.keyedgate import TASK, KeyedGate, keyed_log
from tests.core.people import T0

POLICY = SavePolicy(read_back=True)
ACCEPT = LogAccepted(T0, "page1", "n1", Route.KEYED)


def after(*events: LogEvent, log: CallLog | None = None) -> LogDecision:
    """The last decision of a conversation."""
    decision = LogDecision(log or keyed_log())
    for event in events:
        decision = decide_log(decision.log, event, POLICY)
    return decision


def test_old_rows_have_the_page_route_and_route_names_never_change() -> None:
    """They stand in every database."""
    assert [route.value for route in Route] == ["page", "keyed", "backend"]
    assert [route.by_page for route in Route] == [True, True, False]


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_no_history_doubles_or_loses_a_keyed_record_or_asks_anybody(seed: int) -> None:
    """Late commits, double sends, lost answers, crashes: one record, and it says the last word."""
    gate = KeyedGate(Random(seed), POLICY, log=keyed_log())
    states = set()
    for _ in range(120):
        gate.step()
        states.add(type(gate.log.state))
        assert not (isinstance(gate.log.state, Tray) and not gate.log.state.errors)
    gate.faults = False
    for _ in range(600):
        gate.step()
    assert gate.log.saved is not None
    assert (list(gate.tasks), gate.log.saved.record_id) == ([TASK], TASK)
    assert isinstance(gate.log.state, Settled)
    assert gate.says == gate.log.wanted
    assert Unknown not in states


def test_an_unanswered_save_is_repeated_with_growing_waits() -> None:
    """No read-back, no tray: five seconds, then ten, an hour at last, for as long as it takes."""
    log, at, waits = keyed_log(), T0, []
    for number in range(1, 16):
        log = after(LogAccepted(at, "page1", f"n{number}", Route.KEYED), log=log).log
        at += POLICY.report_ms
        decision = after(LogTimePassed(at), log=log)
        assert (decision.effects, isinstance(decision.log.state, Pending)) == ((), True)
        log = decision.log
        waits.append(log.state.not_before - at if isinstance(log.state, Pending) else 0)
        at += waits[-1]
    assert waits[:3] == [5_000, 10_000, 20_000]
    assert waits[-1] == POLICY.write_again_longest_ms


def test_losing_a_page_with_its_go_only_delays_the_save() -> None:
    """Another one sends it again; a page that never had it, at once."""
    lost = after(ACCEPT, PageLost(T0 + 500, "page1")).log
    assert lost.state == Pending(T0 + 5_500, T0 + 5_500)
    unsent = after(ACCEPT, PageProved(T0 + 11_000, "page1", 1, never_sent=True)).log
    assert isinstance(unsent.state, Pending)
    assert unsent.state.not_before == T0 + 11_000


def test_a_late_report_settles_a_log_that_would_be_sent_again() -> None:
    """It is believed, as on every route."""
    late = LogSaved(T0 + 40_000, "page1", 1, "n1", TASK)
    assert isinstance(after(ACCEPT, LogTimePassed(T0 + 30_000), late).log.state, Settled)


def test_a_refusal_goes_to_the_agent_as_on_every_route() -> None:
    """Doubt is ours; what Salesforce will not take is theirs."""
    why = (SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say more", "Subject"),)
    state = after(ACCEPT, LogRefused(T0 + 900, "page1", 1, "n1", why)).log.state
    assert isinstance(state, Tray)
    assert state.errors == why


def test_a_refused_save_is_in_doubt_because_a_copy_may_arrive_later() -> None:
    """The agent takes their words back: that is said, though the record is known to say it."""
    words = replace(keyed_log(), draft=Draft(notes="words"))
    saved = after(ACCEPT, LogSaved(T0 + 900, "page1", 1, "n1", TASK), log=words).log
    said = DraftChanged(T0 + 2_000, Draft(notes="other words"), True, 0)
    accept = replace(ACCEPT, at=T0 + 3_000, nonce="n2")
    why = (SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say less", "Description"),)
    refused = LogRefused(T0 + 4_000, "page1", 2, "n2", why)
    log = after(said, accept, refused, log=saved).log
    back = DraftChanged(T0 + 9_000, words.draft, True, 0)
    mended = after(back, log=log).log
    assert mended.saved is not None
    assert mended.wanted == mended.saved.fields
    assert isinstance(mended.state, Pending)
    accept = replace(ACCEPT, at=T0 + 9_500, nonce="n3")
    third = LogSaved(T0 + 9_900, "page1", 3, "n3", TASK)
    assert isinstance(after(accept, third, log=mended).log.state, Settled)


def test_no_agent_is_asked_about_a_keyed_record() -> None:
    """Even where Salesforce can be asked."""
    log = keyed_log()
    for event in (ACCEPT, LogTimePassed(T0 + 30_000), LogTimePassed(T0 + 10**9)):
        decision = after(event, log=log)
        assert not any(isinstance(effect, ReadBack) for effect in decision.effects)
        log = decision.log


def test_an_update_by_key_waits_for_no_other() -> None:
    """By the gate it would, for a late one would undo it; here the numbers keep the order."""
    saved = after(ACCEPT, LogSaved(T0 + 900, "page1", 1, "n1", TASK)).log
    first = saved.attempt
    assert first is not None
    going = replace(saved, attempts=(first, Attempt(2, "p", "n2", T0, saved.wanted, TASK)))
    doubt = after(PageLost(T0 + 1_000, "p"), log=going.at_state(after(ACCEPT).log.state)).log
    assert isinstance(doubt.state, Pending)
    assert doubt.state.not_before == T0 + 11_000
    assert new_log().route is Route.PAGE
