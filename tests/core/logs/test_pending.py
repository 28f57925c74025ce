"""When a log of the page's route is to be saved next."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.logs.model import Attempting, Pending, Saved, Settled
from adapter.core.logs.pending import open_again, pending, reconciled
from adapter.core.policy import SavePolicy
from tests.core.gate import new_log
from tests.core.people import T0

POLICY = SavePolicy()


def test_a_log_that_may_be_offered_is_checked_again_later() -> None:
    """What may not yet is looked at when it may."""
    assert pending(T0, T0, POLICY) == Pending(T0, T0 + POLICY.wake_ms)
    assert pending(T0, T0 + 9, POLICY) == Pending(T0 + 9, T0 + 9)


def test_a_record_with_the_wanted_fields_is_settled() -> None:
    """Nothing more is to be saved until that changes."""
    log = new_log()
    saved = replace(log, saved=Saved("00T1", log.wanted))
    assert reconciled(saved, T0, POLICY).log.state == Settled(T0)
    assert open_again(saved, T0, POLICY).log.state == Settled(T0)


def test_an_update_waits_for_the_agents_words_and_a_first_save_does_not() -> None:
    """Unless the deployment wants records made when the wrap-up is over."""
    log = replace(new_log(), held_until=T0 + 60_000)
    assert open_again(log, T0, POLICY).log.state == Pending(T0, T0 + POLICY.wake_ms)
    later = replace(POLICY, after_wrapup=True)
    assert open_again(log, T0, later).log.state == Pending(T0 + 60_000, T0 + 60_000)
    other = replace(log, saved=Saved("00T1", replace(log.wanted, name="other")))
    assert open_again(other, T0, POLICY).log.state == Pending(T0 + 60_000, T0 + 60_000)


def test_a_log_that_is_being_saved_is_left_alone() -> None:
    """The difference is looked at when that is over."""
    log = replace(new_log(), state=Attempting(T0 + 1))
    assert reconciled(log, T0, POLICY).log is log
