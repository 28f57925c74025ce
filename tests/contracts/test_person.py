"""One number's data, found whole and erased, in SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from adapter.core.draft import Draft, Record
from adapter.core.facts import Facts, Known, Source
from adapter.core.logs.model import (
    Attempt,
    CallLog,
    Closed,
    ClosedBy,
    LogState,
    Pending,
    Saved,
    Settled,
    Tray,
    TrayReason,
)
from adapter.core.model import Agent, AgentKey, Answer, Call, Dialing, TelephonyUser, Wrapup
from adapter.core.numbers.query import NumberQuery, sought
from adapter.runtime.privacy import Erased, PersonalData, Scope, collect, erase
from adapter.storage.archive import Archive
from adapter.storage.port import (
    AgentChange,
    CallRow,
    Commit,
    Conflict,
    Delivery,
    DriverRow,
    Duplicate,
    Parked,
)
from adapter.storage.sqlstore import SqlStore
from adapter.storage.transaction import execute
from tests.contracts.stores import ADA, BEN, NOW, Backend

NUMBER, SPELLED, OTHER = "+4930901820145", "030 901820145", "+4930901820146"
CAY = AgentKey("00D2", "0051")
ACCOUNTS = {"00D1": "acct_1", "00D2": "acct_2"}
KEPT = {
    "agents": 0, "call_logs": 0, "calls": 0, "deliveries": 0, "parked": 0, "driver_states": 0,
}  # fmt: skip
DEEP = b"[" * 900 + f'"{NUMBER}"'.encode() + b"]" * 900
WHO = Record("003000000000001", "Grete Hansen")


def of(number: str) -> NumberQuery:
    """What is looked for."""
    found = sought(number, ("DE",))
    assert found is not None
    return found


def call_log(log_id: str, number: str, key: AgentKey, state: LogState) -> CallLog:
    """A log that tells the number wherever one can."""
    facts = Facts(number=Known(number, Source.EVENT), name=Known(WHO.name, Source.EVENT))
    draft = Draft(notes=f"ring {number} again", who=WHO)
    log = CallLog(log_id, key, NOW, number, facts, WHO, "UTC", state, f"pc-{log_id}", draft)
    attempt = Attempt(1, "page", "nonce", NOW, log.wanted)
    return replace(log, saved=Saved(f"00T{log_id}", log.wanted), attempts=(attempt,))


def call_row(call_id: str, number: str, key: AgentKey) -> CallRow:
    """How it went."""
    told: dict[str, object] = {
        "agent": "Ada",
        "number": number,
        "record": WHO.id,
        "outcome": "answered",
    }
    told |= {"talk_seconds": 7}
    value = json.dumps(told, separators=(",", ":"))
    return CallRow((ACCOUNTS[key.org_id], f"pc-{call_id}"), call_id, key, NOW, value)


def delivered(event_id: str, account: str = "acct_1", **data: str) -> Delivery:
    """A webhook of a call."""
    body = json.dumps({"id": event_id, "data": data}).encode()
    return Delivery(account, event_id, "call.ended", body, NOW, "applied")


@dataclass
class Kept:
    """A store, and what is done to it."""

    store: SqlStore

    @property
    def archive(self) -> Archive:
        """The side that people ask."""
        return self.store.archive

    async def put(
        self, key: AgentKey, number: str, *logs: CallLog, calls: tuple[Call, ...] = ()
    ) -> Agent:
        """An agent who has talked with that number, and these logs."""
        answer = Answer("r1", "not-a-number", f"“{number} x” is not a phone number.", NOW)
        line = TelephonyUser(ACCOUNTS[key.org_id], f"user_{key.user_id}")
        agent = Agent(key, line, "Ada", answers=(answer,), calls=calls)
        rows = tuple(call_row(log.log_id, number, key) for log in logs)
        found = await self.store.load(key)
        version = found.version if found else 0
        dues = [log.next_due for log in logs if log.next_due is not None]
        change = AgentChange(version, agent, min(dues, default=None), logs, rows)
        await self.store.commit(Commit((change,)))
        return agent

    async def deliver(self, *deliveries: Delivery) -> None:
        """Take them."""
        await asyncio.gather(*(self.store.commit(Commit(delivery=one)) for one in deliveries))

    async def held(self, number: str = NUMBER, scope: Scope = Scope()) -> PersonalData:  # noqa: B008 - frozen
        """What there is of it."""
        return await collect(self.archive, of(number), scope)

    async def erase(self, number: str = NUMBER, scope: Scope = Scope()) -> Erased:  # noqa: B008 - frozen
        """Take it out."""
        return await erase(self.archive, of(number), scope)


@pytest.fixture
async def archive(backend: Backend) -> Kept:
    """A store of either kind, and its archive."""
    store = await backend.open()
    assert isinstance(store, SqlStore)
    return Kept(store)


async def test_all_stored_data_about_the_number_is_found(archive: Kept) -> None:
    """Each table, in each spelling; a delivery without the number by its call's id."""
    await archive.put(ADA, NUMBER, call_log("a", NUMBER, ADA, Settled(NOW)))
    await archive.put(BEN, SPELLED, call_log("b", "0049 30/901820145", BEN, Pending(NOW, NOW)))
    await archive.deliver(
        delivered("e1", to_number="4930901820145"),
        delivered("e2", call_id="pc-a"),
        Delivery("acct_1", "e3", "call.odd", b"\xff not JSON: +4930901820145", NOW, "quarantined"),
        Delivery("acct_1", "e3b", "call.odd", DEEP, NOW, "quarantined"),
        delivered("e4", "acct_2", call_id="pc-a"),
        delivered("e5", to_number=OTHER, call_id="pc-z"),
    )
    waiting = Parked("acct_1", "pc-9", "e9", f'{{"from":"{NUMBER}"}}'.encode(), NOW, NOW + 1)
    await archive.store.commit(Commit(park=(waiting,)))
    held = await archive.held()
    assert [(one["user_id"], len(one["answers"])) for one in held.agents] == [
        ("0051", 1),
        ("0052", 1),
    ]
    assert [one["log_id"] for one in held.call_logs] == ["a", "b"]
    assert [one["call_id"] for one in held.calls] == ["a", "b"]
    assert [one["event_id"] for one in held.deliveries] == ["e1", "e2", "e3", "e3b"]
    assert [one["event_id"] for one in held.parked] == ["e9"]
    told = json.loads(json.dumps(held.as_json()))
    assert told["call_logs"][0]["value"]["draft"]["notes"] == f"ring {NUMBER} again"
    assert told["deliveries"][0]["body"]["data"] == {"to_number": "4930901820145"}


async def test_no_data_about_another_number_is_found(archive: Kept) -> None:
    """One digit makes another person."""
    await archive.put(ADA, OTHER, call_log("a", OTHER, ADA, Settled(NOW)))
    await archive.deliver(delivered("e1", to_number=OTHER))
    assert (await archive.held()).counts() == KEPT
    before = [await archive.store.load(ADA), await archive.store.log(ADA, "a")]
    erased = await archive.erase()
    assert (erased.counts, erased.tasks, erased.remaining) == ({}, [], [])
    assert [await archive.store.load(ADA), await archive.store.log(ADA, "a")] == before


async def test_finished_calls_are_erased_but_still_counted(archive: Kept) -> None:
    """Nothing tells the number afterwards; times, outcomes, ids and webhooks' ids stay."""
    log = call_log("a", NUMBER, ADA, Settled(NOW))
    closed = call_log("b", SPELLED, ADA, Closed(NOW, ClosedBy.DISMISSED))
    await archive.put(ADA, NUMBER, log, closed)
    delivery = delivered("e1", to_number=NUMBER)
    await archive.deliver(delivery, delivered("e2", to_number=OTHER))
    erased = await archive.erase()
    assert erased.counts == {
        "recent": 0, "answers": 1, "notices": 0, "favorites": 0,
        "call_logs": 2, "calls": 2, "deliveries": 1,
    }  # fmt: skip
    assert (erased.tasks, erased.remaining) == (["00Ta", "00Tb"], [])
    assert (await archive.held()).counts() == KEPT
    (first, second) = sorted(
        await archive.store.board_calls("00D1", 0, 2**53), key=lambda call: call.call_id
    )
    assert (first.call_id, first.result["outcome"], first.result["talk_seconds"]) == (
        "a",
        "answered",
        7,
    )
    assert (first.result["number"], second.result["record"]) == ("", "")
    assert (await archive.store.route("acct_1", "pc-a")).owners.popitem()[1] == "a"
    with pytest.raises(Duplicate):
        await archive.store.commit(Commit(delivery=delivery))
    other = await archive.held(OTHER)
    assert [one["event_id"] for one in other.deliveries] == ["e2"]


async def test_unfinished_calls_stay_and_are_reported(archive: Kept) -> None:
    """A live call; a log that waits, is in the tray, or wrapped up; a parked delivery."""
    live = Call("call-1", NUMBER, NOW, Dialing(NOW, NOW + 9))
    wrapped = Call("w", NUMBER, NOW, Wrapup(NOW, NOW + 9))
    logs = (
        call_log("p", NUMBER, ADA, Pending(NOW, NOW + 9)),
        call_log("t", NUMBER, ADA, Tray(TrayReason.REFUSED, NOW)),
        call_log("w", NUMBER, ADA, Settled(NOW)),
        call_log("s", NUMBER, ADA, Settled(NOW)),
    )
    await archive.put(ADA, NUMBER, *logs, calls=(live, wrapped))
    waiting = Parked("acct_1", "pc-9", "e9", f'{{"from":"{NUMBER}"}}'.encode(), NOW, NOW + 1)
    await archive.store.commit(Commit(park=(waiting,)))
    before = await archive.store.load(ADA)
    erased = await archive.erase()
    assert erased.tasks == ["00Ts"]
    assert [(one["kind"], one["id"], one["why"]) for one in erased.remaining] == [
        ("call", "call-1", "it is not over, or is in wrap-up"),
        ("call", "w", "it is not over, or is in wrap-up"),
        ("call_log", "p", "not settled yet: pending"),
        ("call_log", "t", "not settled yet: tray"),
        ("call_log", "w", "its call is in wrap-up"),
        ("parked delivery", "e9", "it waits for its call, at most ten minutes: run it again later"),
    ]
    after = await archive.store.load(ADA)
    assert before is not None
    assert after is not None
    assert after.agent.calls == before.agent.calls
    assert after.logs == before.logs
    assert await archive.store.log(ADA, "w") == logs[2]
    board = {
        call.call_id: call.result["number"]
        for call in await archive.store.board_calls("00D1", 0, 2**53)
    }
    assert board == {"p": NUMBER, "t": NUMBER, "w": NUMBER, "s": ""}
    assert await archive.store.log(ADA, "s") is None
    assert await archive.store.due(NOW + 9, 5) == (ADA,)
    assert (await archive.store.route("acct_1", "pc-9")).parked == (waiting,)


async def test_a_drivers_state_is_erased_once_its_call_is_over(archive: Kept) -> None:
    """As long as a call is steered its driver needs the number; another org's stays."""
    text = f'{{"number":"{NUMBER}"}}'
    rows = (
        DriverRow("acct_1", "over", text, 0, over=True, at=NOW),
        DriverRow("acct_1", "live", text, 0, over=False, at=NOW),
        DriverRow("acct_2", "over", text, 0, over=True, at=NOW),
        DriverRow("acct_1", "another", text.replace(NUMBER, OTHER), 0, over=True, at=NOW),
    )
    await archive.store.commit(Commit(states=rows))
    erased = await archive.erase(NUMBER, Scope("00D1", frozenset({"acct_1"})))
    assert erased.counts["driver_states"] == 1
    assert [(one["kind"], one["id"]) for one in erased.remaining] == [("driver state", "live")]
    left = [(row["account"], row["call_id"]) for row in (await archive.held()).driver_states]
    assert left == [("acct_1", "live"), ("acct_2", "over")]
    assert await archive.store.driver_row("acct_1", "another") is not None


async def test_a_second_erasure_removes_what_was_unfinished(archive: Kept) -> None:
    """Once the log has settled, nothing is left."""
    await archive.put(ADA, NUMBER, call_log("p", NUMBER, ADA, Pending(NOW, NOW + 9)))
    assert (await archive.erase()).remaining
    await archive.put(ADA, OTHER, call_log("p", NUMBER, ADA, Settled(NOW)))
    assert (await archive.erase()).remaining == []
    assert (await archive.held()).counts() == KEPT


async def test_only_the_requested_org_is_searched(archive: Kept) -> None:
    """The other org's agents, logs, calls and deliveries stay as they are, also with equal ids."""
    for key in (ADA, CAY):
        await archive.put(key, NUMBER, call_log("a", NUMBER, key, Settled(NOW)))
        account = ACCOUNTS[key.org_id]
        await archive.deliver(
            delivered("e1", account, to=NUMBER), delivered("e2", account, id="pc-a")
        )
    scope = Scope("00D1", frozenset({"acct_1"}))
    assert (await archive.held(NUMBER, scope)).counts() == {
        "agents": 1, "call_logs": 1, "calls": 1, "deliveries": 2, "parked": 0, "driver_states": 0,
    }  # fmt: skip
    assert (await archive.erase(NUMBER, scope)).remaining == []
    assert (await archive.held(NUMBER, scope)).counts() == KEPT
    left = await archive.held()
    assert {one["org_id"] for one in (*left.agents, *left.call_logs, *left.calls)} == {"00D2"}
    assert [one["account"] for one in left.deliveries] == ["acct_2", "acct_2"]


async def test_a_reader_from_before_the_erasure_must_read_again(archive: Kept) -> None:
    """A replica's commit on what it had read is a Conflict: it cannot write the number back."""
    log = call_log("a", NUMBER, ADA, Settled(NOW))
    agent = await archive.put(ADA, NUMBER, log)
    read = await archive.store.load(ADA)
    assert read is not None
    await archive.erase()
    reopened = log.at_state(Pending(NOW, NOW))
    with pytest.raises(Conflict):
        await archive.store.commit(Commit((AgentChange(read.version, agent, None, (reopened,)),)))
    assert (await archive.held()).counts() == KEPT


async def test_an_erasure_that_loses_a_race_is_decided_again(
    archive: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that begins while it is erased is there afterwards, and what told it is gone."""
    await archive.put(ADA, NUMBER, call_log("a", NUMBER, ADA, Settled(NOW)))
    live = Call("call-1", OTHER, NOW, Dialing(NOW, NOW + 9))
    load, raced = Archive.load, False

    async def load_then_lose(self: Archive, key: AgentKey) -> object:
        nonlocal raced
        snapshot = await load(self, key)
        if not raced:
            raced = True
            await archive.put(ADA, NUMBER, calls=(live,))
        return snapshot

    monkeypatch.setattr(Archive, "load", load_then_lose)
    assert (await archive.erase()).remaining == []
    found = await archive.store.load(ADA)
    assert found is not None
    assert (found.agent.calls, found.version) == ((live,), 3)
    assert await archive.store.log(ADA, "a") is None


async def test_more_rows_than_one_page_are_read(archive: Kept) -> None:
    """Each row once, in the order of its key."""
    await archive.deliver(
        *(delivered(f"e{n:03}", to=NUMBER if n % 2 else OTHER) for n in range(450))
    )
    found = [one["event_id"] for one in (await archive.held()).deliveries]
    assert found == [f"e{n:03}" for n in range(450) if n % 2]


async def test_a_list_left_by_an_older_version_is_found_and_erased(archive: Kept) -> None:
    """Nobody reads it any more; the number would stand there all the same."""
    await archive.put(ADA, OTHER)
    listed = f',"recent":[{{"call_id":"c1","number":"{NUMBER}"}}],"v":'
    left = "UPDATE agents SET value = REPLACE(value, ?, ?)"
    await archive.store.journal.run(execute, left, ',"v":', listed)
    assert [len(one["recent"]) for one in (await archive.held()).agents] == [1]
    erased = await archive.erase()
    assert (erased.counts["recent"], erased.remaining) == (1, [])
    assert (await archive.held()).counts() == KEPT
