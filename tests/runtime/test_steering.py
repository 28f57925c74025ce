"""A driver's states and events go into the same store, and the same commit, as everything else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.model import Phase
from adapter.runtime.steering import IntakeSink, StoredStates
from adapter.storage.port import StorageError
from adapter.telephony.port import NotStored, StaleState
from adapter.telephony.updates import DriverState, Moment
from tests.runtime.conftest import ADA, LINE, Bench, incoming, news

STATE = DriverState("ours", '{"step": "user"}')


def states_of(bench: Bench) -> StoredStates:
    """Those of Ada's account."""
    return StoredStates(bench.store, LINE.account, bench.clock)


async def test_a_drivers_state_is_committed_with_what_its_delivery_changes(bench: Bench) -> None:
    """The agent is in the next phase and the state at its next version, at once."""
    await bench.greet()
    states, sink = states_of(bench), IntakeSink(bench.intake)
    assert await sink.deliver(replace(incoming(news(Moment.DIALED)), states=(STATE,)))
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.DIALING_DESTINATION
    assert await states.load("ours") == replace(STATE, version=1)
    assert await states.unfinished() == (replace(STATE, version=1),)


async def test_a_driver_with_an_old_state_gets_a_conflict_and_nothing_is_stored(
    bench: Bench,
) -> None:
    """Another process was faster: load, decide again, deliver again."""
    await bench.greet()
    states, sink = states_of(bench), IntakeSink(bench.intake)
    await states.save(STATE)
    late = replace(incoming(news(Moment.DIALED)), states=(STATE,))
    with pytest.raises(StaleState):
        await sink.deliver(late)
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.IDLE
    with pytest.raises(StaleState):
        await states.save(STATE)
    again = replace(late, states=(replace(STATE, version=1, over=True),))
    assert await sink.deliver(again)
    assert (await bench.agents.snapshot(ADA)).agent.phase is Phase.DIALING_DESTINATION
    assert await states.unfinished() == ()


@pytest.mark.parametrize("user", [LINE.user, "user_stranger", None])
async def test_a_repeated_event_changes_no_state_whoever_it_is_about(
    bench: Bench, user: str | None
) -> None:
    """Also where it is parked, ignored, or about no call at all: the state is in, once."""
    await bench.greet()
    states, sink = states_of(bench), IntakeSink(bench.intake)
    update = news(Moment.DIALED, user=user) if user else None
    delivery = replace(incoming(update), states=(STATE,))
    assert await sink.deliver(delivery)
    assert not await sink.deliver(replace(delivery, states=(replace(STATE, version=1),)))
    assert await states.load("ours") == replace(STATE, version=1)


async def test_the_driver_retries_when_the_store_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it was about to do, one kind of error says that nothing is in."""
    states, sink = states_of(bench), IntakeSink(bench.intake)

    async def fails(*_: object) -> None:
        raise StorageError("disk is full")

    def refuses(*_: object) -> None:
        raise StorageError("disk is full")

    for name in ("commit", "driver_row", "open_driver_rows"):
        monkeypatch.setattr(bench.store, name, fails)
    monkeypatch.setattr(bench.store, "begin", refuses)
    for doing in (
        states.load("ours"),
        states.unfinished(),
        states.save(STATE),
        sink.deliver(incoming(news(Moment.DIALED))),
    ):
        with pytest.raises(NotStored, match="disk is full"):
            await doing
