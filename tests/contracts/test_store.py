"""What every store promises (adapter/storage/port.py), held against SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapter.core.logs.model import Closed, ClosedBy, Settled, Tray, TrayReason
from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage.board import Window
from adapter.storage.port import (
    AgentChange,
    Commit,
    Conflict,
    Duplicate,
    Keep,
    RouteRead,
    Session,
    StorageError,
    Store,
)
from adapter.storage.rows import CALL_LOG
from adapter.storage.sqlstore import SqlStore
from adapter.storage.transaction import execute
from tests.contracts.stores import (
    ADA,
    BEN,
    NOW,
    Backend,
    agent,
    bound,
    change,
    delivery,
    log,
    logged,
    waiting,
    write,
)

# --- agents and versions ---


async def test_an_agent_that_was_never_committed_does_not_exist(store: Store) -> None:
    """load() of a stranger is None."""
    assert await store.load(ADA) is None


async def test_a_commit_is_read_back_as_it_was(store: Store) -> None:
    """The value, its version and its open logs come back equal."""
    await store.commit(logged(0, log("call-1")))
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert snapshot.agent == agent()
    assert snapshot.version == 1
    assert snapshot.logs == (log("call-1"),)


async def test_any_text_survives_the_database(store: Store) -> None:
    """NUL, quotes and emoji in names and notes come back unharmed."""
    name = "\x00 ' \" \\ % ? \N{PILE OF POO}"
    await store.commit(write(0, name=name))
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert snapshot.agent.name == name


async def test_a_commit_may_report_through_a_callback(store: Store) -> None:
    """The same outcomes, none before it is durable."""
    told, both = list[object](), asyncio.Event()

    def hear(outcome: object) -> None:
        told.append(type(outcome))
        if len(told) == 2:
            both.set()

    for _ in range(2):
        store.begin(write(0, name="first"), hear)
    assert told == []
    async with asyncio.timeout(10):
        await both.wait()
    assert told == [type(None), Conflict]
    assert await store.versions((ADA,)) == {ADA: 1}


async def test_each_commit_makes_the_next_version(store: Store) -> None:
    """Versions count up by one, without gaps."""
    for version in range(5):
        await store.commit(write(version))
        assert await store.versions((ADA,)) == {ADA: version + 1}


async def test_a_commit_based_on_an_old_version_loses(store: Store) -> None:
    """The second commit from the same version is a Conflict and changes nothing."""
    await store.commit(write(0, name="first"))
    with pytest.raises(Conflict):
        await store.commit(write(0, name="second"))
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert (snapshot.agent.name, snapshot.version) == ("first", 1)


async def test_a_commit_based_on_a_future_version_loses(store: Store) -> None:
    """Nobody skips a version."""
    with pytest.raises(Conflict):
        await store.commit(write(3))
    assert await store.load(ADA) is None


async def test_exactly_one_of_many_racing_commits_wins_each_version(store: Store) -> None:
    """Twenty commits from one version at once: one is in, nineteen are Conflicts."""
    for version in range(3):
        racers = [store.commit(write(version, name=f"{version}.{n}")) for n in range(20)]
        outcomes = await asyncio.gather(*racers, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 19
    assert await store.versions((ADA,)) == {ADA: 3}


async def test_commits_of_one_agent_chain_within_a_batch(store: Store) -> None:
    """Commits that build on each other may be on their way at the same time."""
    await asyncio.gather(*(store.commit(write(n, name=str(n))) for n in range(50)))
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert (snapshot.agent.name, snapshot.version) == ("49", 50)


async def test_a_losing_commit_does_not_fail_its_neighbors(store: Store) -> None:
    """Good commits in the same batch as a Conflict and a Duplicate are in."""
    await store.commit(Commit((change(0),), delivery("e1")))
    keys = [AgentKey("00D1", f"006{n}") for n in range(40)]
    works = [store.commit(write(0, key=key)) for key in keys]
    works.insert(13, store.commit(write(7)))
    works.insert(27, store.commit(Commit((change(1),), delivery("e1"))))
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    failures = [type(outcome) for outcome in outcomes if outcome is not None]
    assert failures == [Conflict, Duplicate]
    assert await store.versions((*keys, ADA)) == dict.fromkeys((*keys, ADA), 1)


async def test_a_commit_over_two_agents_is_all_or_nothing(store: Store) -> None:
    """If one agent's version is old, the other agent, the log and the delivery are out as well."""
    await store.commit(write(0, key=BEN))
    stale = Commit((replace(change(0), logs=(log("l1"),)), change(0, key=BEN)), delivery("e1"))
    with pytest.raises(Conflict):
        await store.commit(stale)
    assert await store.load(ADA) is None
    assert await store.log(ADA, "l1") is None
    fresh = Commit((change(0), change(1, key=BEN)), delivery("e1"))
    await store.commit(fresh)
    assert await store.versions((ADA, BEN)) == {ADA: 1, BEN: 2}


async def test_versions_of_many_agents_come_at_once(store: Store) -> None:
    """More keys than one statement takes; those never committed are left out."""
    keys = [AgentKey("00D1", f"{n:04}") for n in range(600)]
    await asyncio.gather(*(store.commit(write(0, key=key)) for key in keys[:300]))
    assert await store.versions(tuple(keys)) == dict.fromkeys(keys[:300], 1)
    assert await store.versions(()) == {}


async def test_agents_are_found_by_their_line(store: Store) -> None:
    """All agents whose latest value has the line, and no agent by an old one."""
    line, other = TelephonyUser("acct", "user_1"), TelephonyUser("acct", "user_2")
    for key in (ADA, BEN):
        await store.commit(Commit((AgentChange(0, agent(key, line=line), None),)))
    assert await store.agents_of(line) == (ADA, BEN)
    await store.commit(Commit((AgentChange(1, agent(BEN, line=other), None),)))
    assert await store.agents_of(line) == (ADA,)
    await store.commit(Commit((AgentChange(1, agent(ADA), None),)))
    assert await store.agents_of(line) == ()


# --- logs ---


async def test_settled_logs_are_kept_but_not_loaded(store: Store) -> None:
    """load() brings the open logs, in the tray too; log() finds each."""
    settled = log("a", state=Settled(NOW))
    closed = log("b", state=Closed(NOW, ClosedBy.DISMISSED))
    trayed = log("c", state=Tray(TrayReason.REFUSED, NOW))
    await store.commit(logged(0, settled, closed, trayed, log("d")))
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert snapshot.logs == (trayed, log("d"))
    assert await store.log(ADA, "a") == settled
    assert await store.log(ADA, "b") == closed


async def test_a_log_takes_its_latest_value(store: Store) -> None:
    """A log that settles leaves the snapshot, also when both commits are in one batch."""
    first = store.commit(logged(0, log("a")))
    second = store.commit(logged(1, log("a", state=Settled(NOW))))
    await asyncio.gather(first, second)
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert snapshot.logs == ()


async def test_a_log_belongs_to_its_agent(store: Store) -> None:
    """Another agent does not find it by its id."""
    await store.commit(logged(0, log("a")))
    assert await store.log(BEN, "a") is None


# --- deliveries ---


async def test_a_delivery_counts_once(store: Store) -> None:
    """The same event id of the same account again: Duplicate, and nothing of its commit is in."""
    await store.commit(Commit((change(0, "first"),), delivery("e1")))
    with pytest.raises(Duplicate):
        await store.commit(Commit((change(1, "again"),), delivery("e1")))
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert (snapshot.agent.name, snapshot.version) == ("first", 1)


async def test_a_repeated_delivery_is_a_duplicate_even_from_an_old_version(store: Store) -> None:
    """Duplicate outranks Conflict: it can be acknowledged without deciding again."""
    await store.commit(Commit((change(0),), delivery("e1")))
    with pytest.raises(Duplicate):
        await store.commit(Commit((change(0),), delivery("e1")))


async def test_the_same_delivery_many_times_at_once_counts_once(store: Store) -> None:
    """Also within one batch exactly one copy is taken."""
    copies = [store.commit(Commit(delivery=delivery("e1"))) for _ in range(10)]
    outcomes = await asyncio.gather(*copies, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Duplicate) for outcome in outcomes) == 9


async def test_a_delivery_whose_commit_lost_may_be_repeated(store: Store) -> None:
    """A Conflict leaves no trace of the delivery."""
    await store.commit(write(0))
    with pytest.raises(Conflict):
        await store.commit(Commit((change(0),), delivery("e1")))
    await store.commit(Commit((change(1),), delivery("e1")))


async def test_accounts_do_not_share_event_ids(store: Store) -> None:
    """The same event id of another account is another delivery."""
    await store.commit(Commit(delivery=delivery("e1")))
    await store.commit(Commit(delivery=replace(delivery("e1"), account="other")))


# --- routing and parking ---


async def test_a_call_routes_to_all_agents_that_know_it(store: Store) -> None:
    """A call inside the account has two agents, each with an id of ours."""
    await store.commit(Commit((bound(0, "pc-1"), bound(0, "pc-1", BEN))))
    route = await store.route("acct", "pc-1")
    assert route.owners == {ADA: "call-1", BEN: "call-1"}
    assert (await store.route("other", "pc-1")).owners == {}


async def test_parked_deliveries_wait_in_order_until_unparked(store: Store) -> None:
    """route() shows them by time; the commit that replays them takes them away."""
    late, early = waiting("e2", NOW + 5), waiting("e1", NOW)
    await store.commit(Commit(delivery=delivery("e2"), park=(late,)))
    await store.commit(Commit(delivery=delivery("e1"), park=(early,)))
    assert (await store.route("acct", "pc-1")).parked == (early, late)
    await store.commit(Commit((bound(0, "pc-1"),), unpark=(early, late)))
    route = await store.route("acct", "pc-1")
    assert route.parked == ()
    assert route.owners == {ADA: "call-1"}


async def test_unparking_takes_only_what_was_replayed(store: Store) -> None:
    """A delivery parked since the route was read is still there to be found."""
    seen, unseen = waiting("e1"), waiting("e2", NOW + 1)
    await store.commit(Commit(park=(seen,)))
    await store.commit(Commit(park=(unseen,)))
    await store.commit(Commit((bound(0, "pc-1"),), unpark=(seen,)))
    assert (await store.route("acct", "pc-1")).parked == (unseen,)


async def test_a_delivery_is_not_parked_once_its_call_has_an_agent(store: Store) -> None:
    """Parking loses against binding, in another batch and in the same one: route it again."""
    await store.commit(Commit((bound(0, "pc-1"),)))
    with pytest.raises(Conflict):
        await store.commit(Commit(delivery=delivery("e1"), park=(waiting("e1"),)))
    binding = store.commit(Commit((bound(1, "pc-2"),)))
    parking = store.commit(Commit(park=(waiting("e2", provider_call_id="pc-2"),)))
    outcomes = await asyncio.gather(binding, parking, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), Conflict]
    assert (await store.route("acct", "pc-2")).parked == ()


async def test_a_commit_with_an_outdated_route_loses(store: Store) -> None:
    """Owners, parked deliveries and the agents of the line: each is compared in the commit."""
    line = TelephonyUser("acct", "user_1")
    nobody = RouteRead(("acct", "pc-1"), frozenset(), frozenset(), line)
    await store.commit(Commit(delivery=delivery("e1"), route=nobody))

    await store.commit(Commit((AgentChange(0, agent(line=line), None),)))
    hers = replace(nobody, line_agents=frozenset({ADA}))
    await store.commit(Commit(park=(waiting("e2"),), route=hers))
    parked = replace(hers, parked=frozenset({"e2"}))
    for old in (nobody, hers):
        with pytest.raises(Conflict):
            await store.commit(Commit(delivery=delivery("e3"), route=old))
    owning = Commit((replace(bound(1, "pc-1"), agent=agent(line=line)),), unpark=(waiting("e2"),))
    await store.commit(replace(owning, route=parked))
    with pytest.raises(Conflict):
        await store.commit(Commit(delivery=delivery("e3"), route=hers))
    owned = replace(hers, owners=frozenset({ADA}))
    await store.commit(Commit(delivery=delivery("e3"), route=owned))


async def test_a_conflict_leaves_parked_deliveries_alone(store: Store) -> None:
    """A loser unparks nothing and binds nothing."""
    await store.commit(write(0))
    await store.commit(Commit(park=(waiting("e1"),)))
    with pytest.raises(Conflict):
        await store.commit(Commit((bound(0, "pc-1"),), unpark=(waiting("e1"),)))
    route = await store.route("acct", "pc-1")
    assert (route.owners, route.parked) == ({}, (waiting("e1"),))


async def test_parked_deliveries_are_due_for_a_lookup_and_then_for_removal(store: Store) -> None:
    """After 10 s once to ask about, after 10 min to drop."""
    entry = waiting("e1")
    await store.commit(Commit(park=(entry,)))
    assert await store.due_parked(NOW + 9_999, 10) == ()
    assert await store.due_parked(NOW + 10_000, 10) == (entry,)
    await store.mark_asked(entry)
    assert await store.due_parked(NOW + 599_999, 10) == ()
    assert await store.due_parked(NOW + 600_000, 10) == (replace(entry, asked=True),)
    await store.drop_parked(entry)
    assert await store.due_parked(NOW + 600_000, 10) == ()


async def test_one_accounts_parked_deliveries_do_not_hide_anothers(store: Store) -> None:
    """Of each account the oldest are found, though another one has many older ones."""
    many = tuple(replace(waiting(f"e{n}", NOW + n), account="first") for n in range(5))
    late = replace(waiting("late", NOW + 9), account="second")
    await store.commit(Commit(park=(*many, late)))
    assert await store.due_parked(NOW + 60_000, 2) == (*many[:2], late)


# --- deadlines ---


async def test_due_agents_come_oldest_first_up_to_the_limit(store: Store) -> None:
    """Those after now, and those without a deadline, stay away."""
    dues = {"a": NOW + 3, "b": NOW + 1, "c": None, "d": NOW + 9, "e": NOW + 2}
    for name, due in dues.items():
        await store.commit(write(0, key=AgentKey("o", name), due=due))
    found = await store.due(NOW + 3, 10)
    assert [key.user_id for key in found] == ["b", "e", "a"]
    assert [key.user_id for key in await store.due(NOW + 3, 2)] == ["b", "e"]


async def test_a_log_makes_its_agent_due(store: Store) -> None:
    """The earlier of both deadlines counts, and an agent is named once."""
    pending = log("a")
    early = replace(change(0, due=NOW + 5_000), logs=(pending, log("b")))
    await store.commit(Commit((early, change(0, key=BEN, due=NOW + 2_000))))
    assert await store.due(NOW + 999, 10) == ()
    assert await store.due(NOW + 9_000, 10) == (ADA, BEN)
    settled = [replace(item, state=Settled(NOW)) for item in (pending, log("b"))]
    await store.commit(Commit((replace(change(1), logs=tuple(settled)),)))
    assert await store.due(NOW + 9_000, 10) == (BEN,)


# --- sessions ---


def session(token_hash: str = "h1", expires_at: int = NOW + 1_000) -> Session:
    """A session of Ada's."""
    return Session(token_hash, ADA, "Ada", "ada@example.com", NOW, NOW, expires_at)


async def test_sessions_are_put_replaced_and_dropped(store: Store) -> None:
    """One by its hash, or all of an agent; the count tells how many."""
    assert await store.session("h1") is None
    await store.put_session(session())
    used = replace(session(), used_at=NOW + 5)
    await store.put_session(used)
    assert await store.session("h1") == used
    assert await store.update_session(session())
    assert await store.session("h1") == session()
    await store.put_session(session("h2"))
    await store.put_session(session("h3"))
    assert await store.drop_sessions(BEN) == 0
    assert await store.drop_sessions(ADA, "h1") == 1
    assert await store.drop_sessions(ADA) == 2
    assert not await store.update_session(session("h2"))
    assert await store.session("h2") is None


async def test_only_one_of_many_takers_gets_a_session(store: Store) -> None:
    """Whatever it says, it says once."""
    await store.put_session(session())
    await store.put_session(session("h2"))
    taken = await asyncio.gather(*[store.take_session("h1") for _ in range(5)])
    assert [one for one in taken if one is not None] == [session()]
    assert await store.take_session("h1") is None
    assert await store.session("h1") is None
    assert await store.session("h2") == session("h2")


# --- rows that cannot be read ---


async def damage(store: Store, table: str, name: str, value: str) -> None:
    """Replace a row's text, as a newer version or a hand might."""
    assert isinstance(store, SqlStore)
    column = {"call_logs": "log_id", "sessions": "token_hash", "agents": "user_id"}[table]
    statement = f"UPDATE {table} SET value = ? WHERE {column} = ?"
    await store.journal.run(execute, statement, value, name)


async def test_a_log_that_cannot_be_read_keeps_nobody_from_calling(store: Store) -> None:
    """A newer version wrote it, and was rolled back: the agent and the other logs are there."""
    await store.commit(logged(0, log("a"), log("b")))
    await damage(store, "call_logs", "b", '{"state":{"is":"Delegated"},"v":1}')
    with capture_logs() as lines:
        snapshot = await store.load(ADA)
    assert snapshot is not None
    assert (snapshot.logs, snapshot.whole) == ((log("a"),), False)
    assert [(line["event"], line["rows"]) for line in lines] == [("log.unreadable", 1)]
    await store.commit(write(1, name="Ada"))
    await damage(store, "call_logs", "b", CALL_LOG.dump(log("b")))
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert ({entry.log_id for entry in snapshot.logs}, snapshot.whole) == ({"a", "b"}, True)


async def test_a_session_that_cannot_be_read_is_none(store: Store) -> None:
    """The agent signs in again, rather than hear for hours that the store fails."""
    await store.put_session(session())
    await damage(store, "sessions", "h1", "{}")
    assert await store.session("h1") is None
    assert await store.take_session("h1") is None


async def test_a_board_leaves_out_what_it_cannot_read(store: Store) -> None:
    """The other agents, logs and sign-ins are shown."""
    assert isinstance(store, SqlStore)
    await store.commit(logged(0, log("a"), log("b")))
    await store.commit(write(0, name="Ben", key=BEN))
    await store.put_session(session())
    for table, name in (("agents", ADA.user_id), ("call_logs", "b"), ("sessions", "h1")):
        await damage(store, table, name, "{}")
    rows = await store.board(ADA.org_id, Window(0, NOW + 1, 0, NOW))
    assert ([agent.name for agent in rows.agents], rows.agents_known) == (["Ben"], 2)
    assert [entry.log_id for entry in rows.open_logs] == ["a"]
    assert rows.signed_in == {}


async def test_logs_of_an_org_that_is_no_longer_set_up_are_counted_apart(store: Store) -> None:
    """An org's id may have 15 or 18 characters."""
    assert isinstance(store, SqlStore)
    for org_id in ("00D000000000001", "00D000000000002AAA"):
        key = AgentKey(org_id, "0051")
        await store.commit(Commit((replace(change(0, key=key), logs=(log("a", key),)),)))
    for orgs, states in (
        (["00D000000000001AAA"], {("pending", "1h"): 1, ("no-org", "1h"): 1}),
        (["00D000000000001", "00D000000000002"], {("pending", "1h"): 2}),
        ([], {("no-org", "1h"): 2}),
    ):
        assert (await store.waiting(NOW, orgs)).logs == states


# --- the store itself ---


async def test_everything_survives_closing_and_reopening(backend: Backend) -> None:
    """Agents, logs, deliveries, parked ones, sessions and the epoch outlive the process."""
    store = await backend.open()
    epoch = await store.epoch()
    await store.commit(replace(logged(0, log("a")), delivery=delivery("e1")))
    await store.commit(Commit(park=(waiting("e2"),)))
    await store.put_session(session())
    await store.close()

    store = await backend.open()
    assert await store.epoch() == epoch
    snapshot = await store.load(ADA)
    assert snapshot is not None
    assert snapshot.logs == (log("a"),)
    with pytest.raises(Duplicate):
        await store.commit(Commit(delivery=delivery("e1")))
    assert (await store.route("acct", "pc-1")).parked == (waiting("e2"),)
    assert await store.session("h1") == session()


async def test_close_finishes_accepted_commits(backend: Backend) -> None:
    """Commits on their way are done; those after it are refused."""
    store = await backend.open()
    under_way = [asyncio.ensure_future(store.commit(write(n))) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*under_way)
    with pytest.raises(StorageError):
        await store.commit(write(20))
    with pytest.raises(StorageError):
        await store.load(ADA)
    await store.close()
    assert await (await backend.open()).versions((ADA,)) == {ADA: 20}


async def test_prune_removes_only_old_rows(store: Store) -> None:
    """Deliveries, calls, settled logs and sessions by age; open logs stay for ever."""
    old = replace(delivery("old"), at=NOW - 10)
    rows = (bound(0, "new").calls[0], replace(bound(0, "old").calls[0], at=NOW - 10))
    logs = (log("open"), log("old", state=Settled(NOW - 10)), log("new", state=Settled(NOW)))
    await store.commit(Commit((replace(change(0), calls=rows, logs=logs),), old))
    await store.commit(Commit(delivery=delivery("new")))
    await store.put_session(session("old", NOW - 10))
    await store.put_session(session("new", NOW))

    assert await store.prune(Keep(NOW, NOW, NOW, NOW)) == 4

    await store.commit(Commit(delivery=delivery("old")))
    with pytest.raises(Duplicate):
        await store.commit(Commit(delivery=delivery("new")))
    assert (await store.route("acct", "old")).owners == {}
    assert (await store.route("acct", "new")).owners != {}
    assert await store.log(ADA, "old") is None
    assert await store.log(ADA, "new") is not None
    assert await store.log(ADA, "open") is not None
    assert await store.session("old") is None
    assert await store.session("new") is not None
    assert await store.prune(Keep(NOW, NOW, NOW, NOW)) == 0


def acknowledgements(output: bytes) -> dict[str, int]:
    """The latest version of each agent in the committer's output; a torn last line is left out."""
    lines = output[: output.rfind(b"\n") + 1].decode().splitlines()
    return {user: int(version) for user, version in (line.split() for line in lines)}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_killed_process_loses_no_acknowledged_commit(backend: Backend, seed: int) -> None:
    """SIGKILL while eight agents commit: each agent's version is the acknowledged one or newer."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.contracts.committer", backend.url),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert child.stdout is not None
    acknowledged: dict[str, int] = {}
    for _ in range(200 * seed + 37):
        acknowledged.update(acknowledgements(await child.stdout.readline()))
    child.send_signal(signal.SIGKILL)
    rest = await child.stdout.read()
    await child.wait()
    acknowledged.update(acknowledgements(rest))

    store = await backend.open()
    for user, version in acknowledged.items():
        snapshot = await store.load(AgentKey("00D1", user))
        assert snapshot is not None
        assert snapshot.version >= version
        assert snapshot.agent.name == f"version {snapshot.version}"
