"""A log that a page of another route may take over, and one that it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.logs.decision import LogDecision
from adapter.core.logs.events import (
    LogAccepted,
    LogEvent,
    LogRefused,
    LogSaved,
    LogTimePassed,
    TrayDecided,
)
from adapter.core.logs.gate import decide_log
from adapter.core.logs.model import CallLog, Pending, SaveError, Settled
from adapter.core.logs.rerouting import may_save
from adapter.core.policy import SavePolicy
from adapter.core.route import Route
from tests.core.gate import new_log
from tests.core.people import T0
from tests.strategies import call_logs

POLICY = SavePolicy()
ROUTES = st.sampled_from(list(Route))
LAST_COMMIT = POLICY.read_back_at[-1]


def after(log: CallLog, *events: LogEvent) -> LogDecision:
    """The last decision of a conversation."""
    decision = LogDecision(log)
    for event in events:
        decision = decide_log(decision.log, event, POLICY)
    return decision


def keyed(**fields: object) -> CallLog:
    """A log that is saved by key."""
    return replace(new_log(), route=Route.KEYED, **fields)


ACCEPT = LogAccepted(T0, "lwc1", "n1", Route.KEYED)


def test_a_keyed_page_takes_over_logs_that_wait_at_the_gate() -> None:
    """And from then on it is saved by key: in doubt, it is said again."""
    taken = after(new_log(), ACCEPT)
    assert (taken.log.route, len(taken.effects)) == (Route.KEYED, 1)
    in_doubt = after(taken.log, LogTimePassed(T0 + POLICY.report_ms))
    assert isinstance(in_doubt.log.state, Pending)


def test_the_gate_takes_over_logs_that_were_never_tried() -> None:
    """Then it is an ordinary create."""
    taken = after(keyed(), LogAccepted(T0, "cti1", "n1", Route.PAGE))
    assert taken.log.route is Route.PAGE


def test_the_gate_never_takes_over_a_first_save_in_doubt() -> None:
    """Salesforce may have its Task: without the key there would be two."""
    in_doubt = after(keyed(), ACCEPT, LogTimePassed(T0 + POLICY.report_ms)).log
    again = LogAccepted(T0 + 9 * LAST_COMMIT, "cti1", "n2", Route.PAGE)
    refused = after(in_doubt, again)
    assert (refused.ignored, refused.effects) == ("of another route", ())
    assert refused.log == in_doubt


def test_a_refused_first_save_stays_with_the_key() -> None:
    """It may have been sent twice, and the other copy still make the record."""
    why = (SaveError("REQUIRED_FIELD_MISSING", "Reason"),)
    tray = after(keyed(), ACCEPT, LogRefused(T0 + 900, "lwc1", 1, "n1", why)).log
    again = after(tray, TrayDecided(T0 + 5_000, "save_again")).log
    assert not may_save(again, Route.PAGE, T0 + 9 * LAST_COMMIT, POLICY)
    assert may_save(again, Route.KEYED, T0 + 5_000, POLICY)


def test_the_gate_takes_over_an_update_once_no_other_can_still_be_committed() -> None:
    """A late one by key would undo it."""
    saved = after(keyed(), ACCEPT, LogSaved(T0 + 900, "lwc1", 1, "n1", "00T1")).log
    assert isinstance(saved.state, Settled)
    assert not may_save(saved, Route.PAGE, T0 + 901, POLICY)
    assert may_save(saved, Route.PAGE, T0 + LAST_COMMIT, POLICY)


@pytest.mark.parametrize("route", [Route.PAGE, Route.KEYED])
def test_backend_logs_are_never_saved_by_pages_and_vice_versa(route: Route) -> None:
    """A log of Salesforce Voice has its own record."""
    assert not may_save(replace(new_log(), route=Route.BACKEND), route, T0, POLICY)
    assert not may_save(replace(new_log(), route=route), Route.BACKEND, T0, POLICY)


@given(log=call_logs(), route=ROUTES)
def test_a_log_may_always_keep_its_route(log: CallLog, route: Route) -> None:
    """Whatever has happened to it."""
    assert may_save(replace(log, route=route), route, T0, POLICY)
