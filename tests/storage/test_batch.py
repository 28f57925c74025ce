"""Judging a batch: who wins, who loses, and what is left to write."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.logs.model import Settled
from adapter.core.model import AgentKey, TelephonyUser
from adapter.storage import sql
from adapter.storage.batch import judge, lookups
from adapter.storage.batchstate import BatchState
from adapter.storage.port import (
    AgentChange,
    Commit,
    Conflict,
    Duplicate,
    RouteRead,
    StorageError,
)
from tests.contracts.stores import (
    ADA,
    BEN,
    NOW,
    agent,
    bound,
    change,
    delivery,
    log,
    logged,
    waiting,
    write,
)

CEM = AgentKey("00D1", "0054")
ADA_PAIR, BEN_PAIR = ("00D1", "0051"), ("00D1", "0052")
CALL = ("acct", "pc-1")
ADAS = TelephonyUser("acct", "user_1")


def kinds(verdicts: list[StorageError | None]) -> list[type | None]:
    """The verdicts by their classes."""
    return [type(verdict) if verdict else None for verdict in verdicts]


def test_a_batch_reads_its_rows_once_and_in_order() -> None:
    """The agents, in the order in which they are locked, the deliveries, and how calls go."""
    commits = [
        write(0, key=BEN),
        Commit((change(0), change(1, key=BEN)), delivery("e2")),
        Commit(delivery=delivery("e1"), park=(waiting("e1"),)),
    ]
    agents, deliveries, _, routes = (keys for _, keys in lookups(commits))
    assert agents == [ADA_PAIR, BEN_PAIR]
    assert deliveries == [("acct", "e2"), ("acct", "e1")]
    assert routes == [(*CALL, None, None, None)]
    routed = RouteRead(CALL, frozenset(), frozenset(), ADAS)
    *_, (_, routes) = lookups([Commit(route=routed), Commit(route=routed)])
    assert routes == [(*CALL, "pc-1", "acct", "user_1")]


def test_commits_that_build_on_each_other_leave_one_row() -> None:
    """From the version in the database to the last one, with the last value."""
    seen = BatchState({ADA: 4})
    writes, verdicts = judge([write(4, "x"), write(5, "y"), write(6, "z")], seen)
    assert verdicts == [None, None, None]
    ((statement, (row,)),) = writes.checked()
    assert statement == sql.UPDATE_AGENT
    assert (*row[:3], row[-1]) == (*ADA_PAIR, 7, 4)
    assert '"name":"z"' in str(row[3])
    assert writes.unchecked() == []


def test_an_agent_that_does_not_exist_is_new() -> None:
    """From version 0, also when a second commit follows in the same batch."""
    writes, verdicts = judge([write(0), write(1)], BatchState())
    assert verdicts == [None, None]
    ((statement, (row,)),) = writes.checked()
    assert statement == sql.INSERT_AGENT
    assert (row[:3], len(row)) == ((*ADA_PAIR, 2), 7)


def test_a_commit_based_on_a_losing_one_loses_too() -> None:
    """The version that it read was never made."""
    _, verdicts = judge([write(3), write(4), write(0)], BatchState())
    assert kinds(verdicts) == [Conflict, Conflict, None]


def test_losing_one_agent_leaves_the_other_unchanged() -> None:
    """Nothing of a lost commit is written: agents, logs, calls, delivery, parked ones."""
    lost = Commit(
        (replace(bound(0, "pc-1"), logs=(log("a"),)), change(9, key=BEN)),
        delivery("e1"),
        unpark=(waiting("e2"),),
    )
    writes, verdicts = judge([lost], BatchState())
    assert kinds(verdicts) == [Conflict]
    assert writes == type(writes)()


def test_a_known_delivery_is_a_duplicate_before_it_is_a_conflict() -> None:
    """Whether known from the database or from earlier in the batch."""
    again = Commit((change(9),), delivery("e1"))
    _, verdicts = judge([again], BatchState(taken={("acct", "e1")}))
    assert kinds(verdicts) == [Duplicate]
    _, verdicts = judge([Commit(delivery=delivery("e1")), again], BatchState())
    assert kinds(verdicts) == [None, Duplicate]


def test_a_delivery_is_parked_only_if_its_call_has_no_agent() -> None:
    """Bound in the database, or by an earlier commit of the batch."""
    park = Commit(park=(waiting("e1"),))
    assert kinds(judge([park], BatchState(owners={CALL: {BEN}}))[1]) == [Conflict]
    binding = Commit((bound(0, "pc-1"),))
    assert kinds(judge([binding, park], BatchState())[1]) == [None, Conflict]
    assert kinds(judge([park, binding], BatchState())[1]) == [None, None]


def test_a_route_is_checked_against_the_batch_so_far() -> None:
    """Bound, parked, replayed, or another agent on the line, earlier in the same batch."""
    nobody = RouteRead(CALL, frozenset(), frozenset(), ADAS)
    routed = Commit(delivery=delivery("e9"), route=nobody)
    lined = Commit((AgentChange(0, agent(line=ADAS), None),))
    for earlier in (Commit((bound(0, "pc-1"),)), Commit(park=(waiting("e1"),)), lined):
        assert kinds(judge([earlier, routed], BatchState())[1]) == [None, Conflict]
        assert kinds(judge([routed, earlier], BatchState())[1]) == [None, None]
    one = replace(nobody, parked=frozenset({"e1"}))
    replay = Commit(unpark=(waiting("e1"),), route=one)
    parked = BatchState(parked={CALL: {"e1"}})
    assert kinds(judge([replay, routed], parked)[1]) == [None, None]


def test_an_agent_who_changes_users_leaves_the_old_one() -> None:
    """Whoever routes by the old line in the same batch is right to find nobody there."""
    moved = Commit((AgentChange(1, agent(line=TelephonyUser("acct", "user_2")), None),))
    nobody = Commit(route=RouteRead(CALL, frozenset(), None, ADAS))
    hers = Commit(route=RouteRead(CALL, frozenset(), None, ADAS, frozenset({ADA})))
    seen = BatchState({ADA: 1})
    seen.connect(ADAS, ADA)
    verdicts = judge([hers, moved, nobody, hers], seen)[1]
    assert kinds(verdicts) == [None, None, None, Conflict]


def test_a_delivery_parked_and_unparked_in_one_batch_is_not_written() -> None:
    """The row is not put in after it was taken out."""
    park, unpark = Commit(park=(waiting("e1"),)), Commit(unpark=(waiting("e1"),))
    writes, _ = judge([park, unpark], BatchState())
    assert writes.park == {}
    assert writes.unpark == {("acct", "e1")}


def test_a_log_row_has_its_settled_and_due_times() -> None:
    """The columns that are swept, pruned and left out of load()."""
    open_log, settled = log("a"), log("b", state=Settled(NOW + 7))
    writes, _ = judge([logged(4, open_log, settled)], BatchState({ADA: 4}))
    ((_, rows),) = writes.unchecked()
    assert [row[2:4] for row in rows] == [("a", 5), ("b", 5)]
    assert [row[5:] for row in rows] == [
        (NOW, NOW + 1_000, False, None),
        (NOW, None, True, NOW + 7),
    ]


def test_an_agent_row_has_the_user_and_the_deadline() -> None:
    """The columns by which events find the agent and the sweeper finds work."""
    lined = AgentChange(0, agent(line=TelephonyUser("acct", "user_1")), NOW + 5)
    writes, _ = judge([Commit((lined, change(3, key=BEN)))], BatchState({BEN: 3}))
    (_, (without,)), (_, (new,)) = writes.checked()
    assert new[4:] == (NOW + 5, "acct", "user_1")
    assert without[4:] == (None, None, None, 3)


def test_rows_are_sorted_by_key() -> None:
    """Replicas lock in one order, whatever order commits came in; agents first."""
    commits = [
        Commit((replace(bound(2, "pc-2", BEN), logs=(log("b"), log("a"))),), delivery("e2")),
        Commit((bound(3, "pc-1"), change(0, key=CEM)), delivery("e1"), (waiting("e2", 5, "pc"),)),
        Commit((change(0, key=AgentKey("00D1", "0053")),), unpark=(waiting("e9"), waiting("e8"))),
    ]
    seen = BatchState({ADA: 3, BEN: 2})
    writes, verdicts = judge(commits, seen)
    assert verdicts == [None] * 3
    statements = [*writes.checked(), *writes.unchecked()]
    assert [(statement, [row[:2] for row in rows]) for statement, rows in statements] == [
        (sql.UPDATE_AGENT, [ADA_PAIR, BEN_PAIR]),
        (sql.INSERT_AGENT, [("00D1", "0053"), ("00D1", "0054")]),
        (sql.INSERT_DELIVERY, [("acct", "e1"), ("acct", "e2")]),
        (sql.PUT_CALL, [("acct", "pc-1"), ("acct", "pc-2")]),
        (sql.PUT_LOG, [ADA_PAIR, ADA_PAIR]),
        (sql.UNPARK, [("acct", "e8"), ("acct", "e9")]),
        (sql.PARK, [("acct", "pc")]),
    ]
    assert [row[2] for row in writes.unchecked()[0][1]] == ["a", "b"]
    assert ADA.user_id < BEN.user_id < CEM.user_id
