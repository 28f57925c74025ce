"""What a store promises to drivers of streams, held against SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from msgspec.structs import replace

from adapter.storage.port import (
    Commit,
    Conflict,
    DriverRow,
    DriverStore,
    Duplicate,
    Keep,
    StaleDriverState,
    Store,
)
from tests.contracts.stores import ADA, NOW, change, delivery

FIRST = DriverRow("acct", "call-1", '{"legs": 1}', 0, over=False, at=NOW)


@pytest.fixture
def drivers(store: Store) -> DriverStore:
    """The same store, as drivers see it."""
    return cast("DriverStore", store)


async def test_a_state_is_read_back_with_its_next_version(drivers: DriverStore) -> None:
    """Each commit makes the next one; another account's call of that id is another."""
    await drivers.commit(Commit(states=(FIRST,)))
    found = await drivers.driver_row("acct", "call-1")
    assert found == replace(FIRST, version=1)
    await drivers.commit(Commit(states=(replace(found, value="{}", over=True),)))
    assert await drivers.driver_row("acct", "call-1") == replace(
        FIRST, version=2, value="{}", over=True
    )
    assert await drivers.driver_row("other", "call-1") is None


async def test_a_change_based_on_an_old_state_is_refused(
    drivers: DriverStore, store: Store
) -> None:
    """Neither the agent nor the delivery of that commit is in: it may be delivered again."""
    await drivers.commit(Commit(states=(FIRST,)))
    late = Commit((change(0),), delivery("e1"), states=(replace(FIRST, value="late"),))
    for _ in range(2):
        with pytest.raises(StaleDriverState):
            await drivers.commit(late)
    assert await store.load(ADA) is None
    found = await drivers.driver_row("acct", "call-1")
    assert found is not None
    assert found.value == FIRST.value
    await drivers.commit(replace(late, states=(replace(found, value="new"),)))
    assert await store.versions((ADA,)) == {ADA: 1}


async def test_a_state_is_committed_with_its_agent_and_delivery_or_not_at_all(
    drivers: DriverStore,
) -> None:
    """A repeated delivery, or an agent's lost race, leaves it as it was."""
    both = Commit((change(0),), delivery("e1"), states=(FIRST,))
    await drivers.commit(both)
    found = await drivers.driver_row("acct", "call-1")
    assert found is not None
    for error, commit in (
        (Duplicate, Commit((change(1),), delivery("e1"), states=(found,))),
        (Conflict, Commit((change(0),), delivery("e2"), states=(found,))),
    ):
        with pytest.raises(error):
            await drivers.commit(commit)
    assert await drivers.driver_row("acct", "call-1") == found


async def test_exactly_one_of_many_concurrent_changes_of_a_state_wins(drivers: DriverStore) -> None:
    """Also within one batch; those of other calls beside them are all in."""
    others = [replace(FIRST, call_id=f"other-{n}") for n in range(10)]
    racers = [replace(FIRST, value=str(n)) for n in range(10)]
    works = [drivers.commit(Commit(states=(row,))) for row in (*others, *racers)]
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    assert outcomes[:10] == [None] * 10
    assert outcomes[10:].count(None) == 1
    assert sum(isinstance(outcome, StaleDriverState) for outcome in outcomes[10:]) == 9


async def test_unfinished_states_are_listed_oldest_first(drivers: DriverStore) -> None:
    """Of one account; what a new listener compares with what exists."""
    rows = [replace(FIRST, call_id=f"c{n}", at=NOW - n, over=n == 1) for n in range(3)]
    await drivers.commit(Commit(states=(*rows, replace(FIRST, account="other"))))
    assert [row.call_id for row in await drivers.open_driver_rows("acct")] == ["c2", "c0"]


async def test_old_states_are_pruned_with_old_calls(drivers: DriverStore, store: Store) -> None:
    """A driver that is gone leaves nothing for ever."""
    await drivers.commit(Commit(states=(FIRST, replace(FIRST, call_id="new", at=NOW + 2))))
    assert await store.prune(Keep(0, NOW + 1, 0, 0)) == 1
    assert [row.call_id for row in await drivers.open_driver_rows("acct")] == ["new"]


async def test_a_lease_has_one_holder_until_it_expires(drivers: DriverStore) -> None:
    """Its holder has it longer; another one when its time is over, or when it was let go."""
    assert await drivers.take_lease("stream", "one", NOW, NOW + 10)
    assert not await drivers.take_lease("stream", "two", NOW + 9, NOW + 19)
    assert await drivers.take_lease("stream", "one", NOW + 9, NOW + 20)
    assert not await drivers.take_lease("stream", "two", NOW + 10, NOW + 30)
    assert await drivers.take_lease("another", "two", NOW + 10, NOW + 30)
    assert await drivers.take_lease("stream", "two", NOW + 20, NOW + 30)
    assert not await drivers.take_lease("stream", "one", NOW + 21, NOW + 31)
    await drivers.release_lease("stream", "one")
    assert not await drivers.take_lease("stream", "one", NOW + 22, NOW + 32)
    await drivers.release_lease("stream", "two")
    assert await drivers.take_lease("stream", "one", NOW + 22, NOW + 32)


async def test_exactly_one_of_many_contenders_gets_a_free_lease(drivers: DriverStore) -> None:
    """However close they are."""
    taken = await asyncio.gather(
        *(drivers.take_lease("stream", str(n), NOW, NOW + 10) for n in range(20))
    )
    assert taken.count(True) == 1
