"""The archive's own edges; what it finds and erases is held in tests/contracts/test_person.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.core.logs.model import Settled
from adapter.core.model import AgentKey
from adapter.storage.archive import CALLS, DELIVERIES, Archive
from adapter.storage.open import open_reader, open_store
from adapter.storage.port import Commit, StorageError
from tests.contracts.stores import ADA, NOW, agent, delivery, log, logged, write

BODY = b'{"to_number":"+4930901820145"}'


async def test_reading_goes_on_beside_a_running_adapter(tmp_path: Path) -> None:
    """The file's lock is the writer's; who only reads needs none, and cannot erase."""
    url = f"sqlite:///{tmp_path}/test.db"
    store = await open_store(url, clock_ms=lambda: NOW)
    await store.commit(Commit(delivery=delivery("e1", BODY)))
    reader = open_reader(url)
    archive = Archive(reader)
    (row,) = [row async for row in archive.rows(DELIVERIES)]
    assert row == {
        "account": "acct",
        "event_id": "e1",
        "type": "call.ended",
        "at": NOW,
        "fate": "taken",
        "body": BODY.decode(),
    }
    with pytest.raises(StorageError, match="for reading"):
        await archive.erase_delivery(row, b"{}")
    await reader.close()
    await store.close()


async def test_an_agents_old_version_erases_nothing(tmp_path: Path) -> None:
    """False is told, and the value is as it was."""
    store = await open_store(f"sqlite:///{tmp_path}/test.db", clock_ms=lambda: NOW)
    archive = Archive(store.reader, store.journal)
    await store.commit(write(0, name="first"))
    await store.commit(write(1, name="second"))
    assert not await archive.erase_agent(agent(name="erased"), 1, ())
    found = await archive.load(ADA)
    assert found is not None
    assert (found.agent.name, found.version) == ("second", 2)
    assert await archive.load(AgentKey("00D9", "0051")) is None
    call = dict.fromkeys((*CALLS.key, "value"), "none")
    assert not await archive.erase_call(call, "{}")
    await store.close()


async def test_a_log_that_is_not_settled_cannot_be_removed(tmp_path: Path) -> None:
    """Whoever asks for it."""
    store = await open_store(f"sqlite:///{tmp_path}/test.db", clock_ms=lambda: NOW)
    await store.commit(logged(0, log("open"), log("done", state=Settled(NOW))))
    assert await store.archive.erase_agent(agent(), 1, ("open", "done"))
    assert await store.log(ADA, "open") == log("open")
    assert await store.log(ADA, "done") is None
    await store.close()
