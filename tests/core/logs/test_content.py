"""What a log's record should say, and what it may say, on either route."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.draft import Draft
from adapter.core.facts import Facts, Known, Source
from adapter.core.logs.content import (
    closed_by_hand,
    corrects_refusal,
    in_doubt,
    with_attempt,
    with_content,
    with_saved,
)
from adapter.core.logs.events import (
    DraftChanged,
    FactsLearned,
    RecordPicked,
    TrayDecided,
    WritingEnded,
)
from adapter.core.logs.model import Closed, ClosedBy, Saved, Tray, TrayReason
from adapter.core.policy import SavePolicy
from tests.core.gate import new_log
from tests.core.people import RECORD, T0

POLICY = SavePolicy()
LOG = replace(new_log(), held_until=T0 + 60_000)


def test_all_new_facts_go_into_the_wanted_fields() -> None:
    """Facts, the record, the agent's words; and when these are over."""
    named = with_content(LOG, FactsLearned(T0, Facts(name=Known("Ada", Source.EVENT))))
    assert named.wanted.name == "Ada"
    assert with_content(LOG, RecordPicked(T0, RECORD)).wanted.record == RECORD
    writing = DraftChanged(T0, Draft(notes="n"), done=False, held_until=T0 + 90_000)
    noted = with_content(LOG, writing)
    assert (noted.wanted.draft.notes, noted.held_until) == ("n", T0 + 90_000)
    assert with_content(noted, replace(writing, held_until=0)).held_until == T0 + 90_000
    assert with_content(noted, replace(writing, done=True)).held_until == 0
    assert with_content(noted, WritingEnded(T0)).held_until == 0


@pytest.mark.parametrize(
    ("event", "reason", "is_mended"),
    [
        (DraftChanged(T0, Draft(notes="n"), done=True), TrayReason.REFUSED, True),
        (DraftChanged(T0, Draft(notes="n"), done=False), TrayReason.REFUSED, False),
        (DraftChanged(T0, Draft(), done=True), TrayReason.REFUSED, False),
        (DraftChanged(T0, Draft(notes="n"), done=True), TrayReason.LOCKED, False),
        (DraftChanged(T0, Draft(notes="n"), done=True), None, False),
        (WritingEnded(T0), TrayReason.REFUSED, False),
    ],
)
def test_new_text_from_the_agent_can_resolve_a_refusal(
    event: DraftChanged | WritingEnded, reason: TrayReason | None, is_mended: bool
) -> None:
    """The same words would be refused again, and half of them perhaps, too."""
    log = LOG if reason is None else LOG.at_state(Tray(reason, T0))
    assert corrects_refusal(log, event) is is_mended


def test_a_go_is_numbered_and_has_the_currently_wanted_fields() -> None:
    """The latest are kept: a late report must find its own."""
    log, first = with_attempt(LOG, T0, POLICY, "page1", "n1")
    assert (first.number, first.record_id, first.fields) == (1, "", LOG.wanted)
    log, second = with_attempt(with_saved(log, Saved("00T1", LOG.wanted)), T0 + 1, POLICY)
    assert (second.number, second.record_id, log.attempt) == (2, "00T1", second)
    for _ in range(20):
        log, _ = with_attempt(log, T0 + 2, POLICY)
    assert [one.number for one in log.attempts] == list(range(15, 23))


def test_the_fields_of_a_go_are_in_doubt_until_a_later_one_is_confirmed() -> None:
    """Once for the same words; without a go there is nothing to doubt."""
    assert in_doubt(LOG, POLICY) is LOG
    going, attempt = with_attempt(with_saved(LOG, Saved("00T1", LOG.wanted)), T0, POLICY)
    assert going.is_said
    doubtful = in_doubt(going, POLICY)
    assert doubtful.unsure == (attempt.fields,)
    assert in_doubt(doubtful, POLICY) is doubtful
    assert not doubtful.is_said
    assert with_saved(doubtful, Saved("00T1", LOG.wanted)).is_said
    assert not LOG.is_said
    assert not with_content(going, RecordPicked(T0, RECORD)).is_said


def test_the_agent_closes_what_is_in_the_tray() -> None:
    """By the two words that there are for it."""
    for action, by in (("already_there", ClosedBy.ALREADY_THERE), ("dismiss", ClosedBy.DISMISSED)):
        assert closed_by_hand(LOG, TrayDecided(T0, action)).log.state == Closed(T0, by)
    assert closed_by_hand(LOG, TrayDecided(T0, "?")).ignored == "no such choice"
