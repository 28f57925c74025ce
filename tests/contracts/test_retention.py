"""The job that keeps people's data no longer than the settings say, on both databases."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.logs.model import Settled
from adapter.core.model import AgentKey, Bridged, Call
from adapter.runtime.clock import SystemClock
from adapter.runtime.retention import DAY_MS, Retention
from adapter.storage.archive import CALLS, DELIVERIES
from adapter.storage.port import AgentChange, Commit
from adapter.storage.sqlstore import SqlStore
from adapter.storage.transaction import execute
from tests.contracts.stores import ADA, BEN, NOW, Backend, agent, bound, delivery, log

DELIVERY_DAYS, CALL_DAYS = 7, 30


class StoppedClock(SystemClock):
    """Stands still."""

    def now(self) -> int:
        """Unix milliseconds."""
        return NOW


async def list_recent_calls(store: SqlStore) -> None:
    """What an older version left: a list in each agent's value."""
    left = "UPDATE agents SET value = REPLACE(value, ?, ?)"
    values = (',"v":', ',"recent":[{"number":"1"}],"v":')
    await store.journal.run(execute, left, *values)


def worked(read: int, *days: float, key: AgentKey = ADA) -> AgentChange:
    """An agent with rows and settled logs of calls; one log is not settled."""
    ages = {str(one): NOW - round(one * DAY_MS) for one in days}
    calls = tuple(
        replace(bound(0, f"pc-{one}", key).calls[0], call_id=one, at=at) for one, at in ages.items()
    )
    logs = (log("open", key), *(log(one, key, Settled(at)) for one, at in ages.items()))
    return AgentChange(read, agent(key), NOW + 5, logs, calls)


async def a_store(backend: Backend) -> SqlStore:
    """An empty one."""
    store = await backend.open()
    assert isinstance(store, SqlStore)
    return store


async def test_nothing_is_kept_longer_than_its_setting_says(backend: Backend) -> None:
    """Deliveries by the one, calls and settled logs by the other; older versions' lists at once."""
    store = await a_store(backend)
    await store.commit(Commit((worked(0, 29.9, 30.1, 40),)))
    await list_recent_calls(store)
    for days in (6.9, 7.1, 31):
        at = NOW - round(days * DAY_MS)
        await store.commit(Commit(delivery=replace(delivery(f"e{days}"), at=at)))
    job = Retention(store, StoppedClock(), delivery_days=DELIVERY_DAYS, call_days=CALL_DAYS)
    assert await job.prune() == 2 + 2 + 2 + 1
    assert [row["event_id"] async for row in store.archive.rows(DELIVERIES)] == ["e6.9"]
    assert [row["call_id"] async for row in store.archive.rows(CALLS)] == ["29.9"]
    assert await store.log(ADA, "29.9") is not None
    assert await store.log(ADA, "30.1") is None
    found = await store.load(ADA)
    assert found is not None
    assert [one.log_id for one in found.logs] == ["open"]
    assert found.agent.calls == (Call("call-1", "+14155550100", NOW, Bridged(NOW, NOW + 300_000)),)
    assert found.version == 2
    assert await store.due(NOW + 5, 5) == (ADA,)
    assert await job.prune() == 0


async def test_agents_beyond_the_first_page_are_pruned_too(backend: Backend) -> None:
    """And one without a list is not written at all."""
    store = await a_store(backend)
    keys = [AgentKey("00D1", f"a{number:04}") for number in range(450)]
    await store.commit(Commit(tuple(AgentChange(0, agent(key), None) for key in keys)))
    await list_recent_calls(store)
    await store.commit(Commit((worked(0, 1, key=BEN),)))
    job = Retention(store, StoppedClock(), delivery_days=DELIVERY_DAYS, call_days=CALL_DAYS)
    assert await job.prune() == 450
    assert await store.versions((keys[0], keys[-1], BEN)) == {keys[0]: 2, keys[-1]: 2, BEN: 1}
