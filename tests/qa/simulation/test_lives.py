"""Calls that come in by a greeting, a group or a colleague, odd letters, deliveries hours old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec.structs
import pytest

from adapter.core import reporting
from adapter.core.decision import Decision, ignored
from adapter.core.events import Report
from adapter.core.facts import Facts, Source
from adapter.core.logs import gate
from adapter.core.model import Agent, Call
from adapter.core.policy import Policy
from adapter.telephony import updates
from adapter.telephony.dialstack import meaning
from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.updates import Moment
from qa.checker.check import check
from qa.checker.report import Report as Verdict
from qa.simulation.core.run import simulate_core
from qa.simulation.dice import Odds
from qa.simulation.run import simulate

NONE = Odds(greeting=0.0, group=0.0, colleague=0.0, fetched=0.0, odd_letters=0.0, hours_late=0.0)
KINDS = {
    "greeting": replace(NONE, greeting=1.0),
    "group": replace(NONE, group=1.0, unnamed=0.0),
    "group-unnamed": replace(NONE, group=1.0, unnamed=1.0),
    "colleague": replace(NONE, colleague=1.0),
    "fetched": replace(NONE, fetched=1.0),
    "odd-letters": replace(NONE, odd_letters=1.0),
    "told-hours-later": replace(NONE, hours_late=0.3),
    "retried-hours-later": replace(NONE, retried=0.5),
    "wavering": replace(NONE, wavering=1.0, lost_callback=0.1, slow_commit=0.1),
}
Patch = pytest.MonkeyPatch


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_call_keeps_every_promise(kind: str) -> None:
    """Where all calls that can be are of this kind, in both engines."""
    for seed, play in ((9_600_000, simulate_core), (9_600_001, simulate)):
        report = check(play(seed, 160, KINDS[kind]))
        assert report.faults.get(kind, 0) >= 5, play
        assert report.is_ok, _violations(report)


def _violations(report: Verdict) -> str:
    return "\n".join(f"{v.kind} {v.subject}: {v.text}" for v in report.violations)


def an_answer_is_a_talk(patch: Patch) -> None:
    """Whatever picked up, talked."""
    right = meaning._facts

    def wrong(record: CdrRow, moment: Moment, source: Source, at: int | None) -> Facts:
        talked = record.connected_at or record.answered_at
        return right(msgspec.structs.replace(record, connected_at=talked), moment, source, at)

    patch.setattr(meaning, "_facts", wrong)


def a_colleagues_talk_is_nothing_to_us(patch: Patch) -> None:
    """What rang here goes on ringing, until it is missed."""

    def wrong(agent: Agent, _call: Call | None, _event: Report, _policy: Policy) -> Decision:
        return ignored(agent, "answered elsewhere")

    patch.setattr(reporting, "taken_elsewhere", wrong)


def who_is_not_named_is_everybody(patch: Patch) -> None:
    """A talk that names nobody is the talk of all at whom it rang."""

    def wrong(update: updates.CallUpdate, at: int, call_id: str) -> Report:
        return updates.as_event(update, at=at, call_id=call_id, known=True)

    patch.setattr(updates, "_without_talk", wrong)
    patch.setattr(reporting, "_with_user_named", lambda call, _: call)


def a_talk_goes_on_at_a_colleagues(patch: Patch) -> None:
    """Who parked the call is told of its whole length."""
    patch.setattr(reporting, "taken_over", lambda *_: None)
    patch.setattr(reporting, "for_this_agent", lambda _, event: event)


def letters_are_taken_as_they_come(patch: Patch) -> None:
    """Names and numbers as the network writes them."""
    patch.setattr(updates, "cleaned", lambda facts: facts)


def what_is_over_may_begin_again(patch: Patch) -> None:
    """An old delivery of a known call begins it anew."""

    def wrong(agent: Agent, event: Report) -> Decision:
        return reporting._new_call(agent, event, Policy())

    patch.setattr(reporting, "_call_is_over", wrong)


def what_nobody_told_of_did_not_happen(patch: Patch) -> None:
    """An update without an outcome has written nothing."""
    patch.setattr(gate, "in_doubt", lambda log, _: log)


BROKEN: tuple[tuple[str, Callable[[Patch], None]], ...] = (
    ("greeting", an_answer_is_a_talk),
    ("group", a_colleagues_talk_is_nothing_to_us),
    ("group-unnamed", who_is_not_named_is_everybody),
    ("colleague", a_colleagues_talk_is_nothing_to_us),
    ("fetched", a_talk_goes_on_at_a_colleagues),
    ("odd-letters", letters_are_taken_as_they_come),
    ("told-hours-later", what_is_over_may_begin_again),
    ("wavering", what_nobody_told_of_did_not_happen),
)


@pytest.mark.interpreted
@pytest.mark.parametrize(("kind", "broken"), BROKEN)
def test_a_broken_rule_is_caught(
    kind: str, broken: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    """Each kind of call is there because without its rule something comes out wrong."""
    broken(monkeypatch)
    report = check(simulate_core(9_600_000, 160, KINDS[kind]))
    found = {violation.kind for violation in report.violations}
    assert found & {"wrong_fields", "illegal", "doubled", "lost"}, report.summary()
