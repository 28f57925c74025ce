"""Calls that were told of, and not yet of their end, outlive who steers them."""

from __future__ import annotations

from adapter.core.facts import Facts, Known, Source
from adapter.telephony.asterisk import wire
from adapter.telephony.asterisk.callupdates import NOBODY
from adapter.telephony.asterisk.ledger import Ledger
from adapter.telephony.updates import CallUpdate, DriverState, Moment
from tests.fakes.states import MemoryStates

CONNECTED = CallUpdate(Moment.CONNECTED, "c1", "ada", Facts(connected=Known(5_000, Source.EVENT)))


def tell(ledger: Ledger, states: MemoryStates, update: CallUpdate) -> DriverState:
    """Store it with what belongs to it."""
    entry = ledger.entry(update, wire.write_update(update))
    states.set((entry,))
    ledger.stored(entry)
    return entry


async def test_the_next_process_ends_a_call_without_its_end() -> None:
    """Unless it is still there; its end is no certain one."""
    states = MemoryStates()
    tell(Ledger(states), states, CONNECTED)
    heir = Ledger(states)
    await heir.read()
    assert heir.lost({"c1"}, 9_000) == ()
    (ended,) = heir.lost((), 9_000)
    assert (ended.moment, ended.user_id, ended.facts.talk_ms) == (Moment.ENDED, "ada", 4_000)
    assert not ended.facts.is_certain
    tell(heir, states, ended)
    assert heir.lost((), 9_500) == ()
    assert await states.unfinished() == ()


async def test_each_update_continues_from_the_previous_one() -> None:
    """As the store compares versions; who was overtaken reads again."""
    states = MemoryStates()
    one, other = Ledger(states), Ledger(states)
    assert [tell(one, states, CONNECTED).version for _ in range(2)] == [0, 1]
    await other.again("c1")
    assert tell(other, states, CONNECTED).version == 2
    await other.again("zz")
    assert other.entry(CallUpdate(Moment.RINGING, "zz", "ada", Facts()), b"{}").version == 0


async def test_a_call_taken_elsewhere_is_over_here() -> None:
    """And what cannot be read is nobody's call."""
    states = MemoryStates()
    ledger = Ledger(states)
    elsewhere = CallUpdate(Moment.CONNECTED, "9-1", NOBODY, Facts())
    assert tell(ledger, states, elsewhere).over
    await states.save(DriverState("odd", "{"))
    await ledger.read()
    assert ledger.lost((), 1) == ()
