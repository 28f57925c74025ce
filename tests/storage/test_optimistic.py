"""A batch that is taken at its word: what is asked, what is written, what the answers must be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from adapter.core.model import TelephonyUser
from adapter.storage import sql
from adapter.storage.batch import Answer
from adapter.storage.optimistic import OptimisticBatch, optimistic_batch
from adapter.storage.port import AgentChange, Commit, RouteRead
from tests.contracts.stores import ADA, BEN, NOW, agent, bound, change, delivery, log, waiting

ADAS, BENS = TelephonyUser("acct", "user_1"), TelephonyUser("acct", "user_2")
NOBODY = RouteRead(("acct", "pc-1"), frozenset(), frozenset(), ADAS, frozenset({ADA}))
RINGS = Commit((bound(3, "pc-1"),), delivery("e1"), route=NOBODY)
"""A call of which nobody knew yet reaches Ada."""

SO: list[tuple[str, ...]] = [("line", "acct", "user_1", "00D1", "0051")]
ANSWERS: list[Answer] = [(SO, -1), ([], 1), ([], 1), ([], 1)]


def trusted(*commits: Commit) -> OptimisticBatch | None:
    """These commits, taken at their word."""
    return optimistic_batch(commits)


def test_a_delivery_needs_one_query_and_three_writes() -> None:
    """How the call goes is asked; the versions and the delivery prove themselves."""
    batch = trusted(RINGS)
    assert batch is not None
    statements = [statement for statement, _ in batch.statements]
    assert statements == [
        sql.ROUTES,
        sql.UPDATE_AGENT_IN_PLACE,
        sql.INSERT_DELIVERY,
        sql.PUT_CALL,
    ]
    assert batch.verified_by(ANSWERS)


def test_a_commit_without_a_route_queries_nothing() -> None:
    """A commit of a page, and a new agent's."""
    batch = trusted(Commit((change(3),)), Commit((change(0, key=BEN),)))
    assert batch is not None
    statements = [statement for statement, _ in batch.statements]
    assert statements == [sql.UPDATE_AGENT_IN_PLACE, sql.INSERT_AGENT]
    assert batch.verified_by([([], 1), ([], 1)])
    assert not batch.verified_by([([], 1), ([], 0)])
    assert not batch.verified_by([([], 0), ([], 1)])


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        (0, ([], -1)),
        (0, ([*SO, ("call", "acct", "pc-1", "00D1", "0052")], -1)),
        (0, ([*SO, ("waiting", "acct", "pc-1", "e0", "")], -1)),
        (0, ([("line", "acct", "user_1", "00D1", "0052")], -1)),
        (1, ([], 0)),
        (2, ([], 0)),
        (3, ([], 0)),
    ],
)
def test_any_other_answer_fails_the_check(place: int, answer: Answer) -> None:
    """Another way of the call, a newer version, a taken delivery, a call that began earlier."""
    batch = trusted(RINGS)
    assert batch is not None
    answers = [*ANSWERS]
    answers[place] = answer
    assert not batch.verified_by(answers)


def test_a_log_needs_no_check() -> None:
    """It goes with its agent's version."""
    batch = trusted(Commit((replace(change(3), logs=(log("a"),)),)))
    assert batch is not None
    assert [statement for statement, _ in batch.statements][1:] == [sql.PUT_LOG]
    assert batch.verified_by([([], 1), ([], 0)])


def test_a_delivery_is_only_parked_without_an_agent() -> None:
    """Asked also by a commit that names no route."""
    batch = trusted(Commit(delivery=delivery("e1"), park=(waiting("e1"),)))
    assert batch is not None
    assert batch.statements[0] == (sql.ROUTES, [("acct", "pc-1", None, None, None)])
    assert batch.verified_by([([], -1), ([], 1), ([], 1)])
    owned: Sequence[tuple[str, ...]] = [("call", "acct", "pc-1", "00D1", "0051")]
    assert not batch.verified_by([(owned, -1), ([], 1), ([], 1)])


OTHER = RouteRead(("acct", "pc-2"), frozenset(), frozenset(), BENS, frozenset({BEN}))
LINED = AgentChange(1, agent(BEN, line=ADAS), None)


@pytest.mark.parametrize(
    "second",
    [
        Commit((change(4),)),
        Commit((LINED,)),
        Commit(delivery=delivery("e1")),
        Commit((bound(7, "pc-1", BEN),)),
        Commit(delivery=delivery("e2"), route=replace(OTHER, call=("acct", "pc-1"))),
        Commit(delivery=delivery("e2"), route=replace(OTHER, line=ADAS)),
        Commit(park=(waiting("e3"),)),
        Commit(unpark=(waiting("e1"),)),
    ],
    ids=["agent", "line", "delivery", "call", "route", "routed line", "park", "unpark"],
)
def test_overlapping_commits_do_not_share_a_batch(second: Commit) -> None:
    """Each alone is."""
    assert trusted(RINGS) is not None
    assert trusted(second) is not None
    assert trusted(RINGS, second) is None
    assert trusted(second, RINGS) is None


def test_disjoint_commits_share_a_batch() -> None:
    """Among them agents who have no line, and calls of two lines."""
    one, two = change(1), change(2, key=BEN)
    batch = trusted(
        Commit((replace(one, agent=agent(line=ADAS)),), delivery("e1"), route=NOBODY),
        Commit((replace(two, agent=agent(BEN, line=BENS)),), delivery("e2"), route=OTHER),
        Commit(delivery=delivery("e3"), park=(waiting("e3", NOW, "pc-3"),)),
    )
    assert batch is not None
    assert [len(rows) for _, rows in batch.statements] == [3, 2, 3, 1]
    assert trusted(Commit((one,)), Commit((two,))) is not None


def test_a_commit_that_names_an_agent_twice_is_checked() -> None:
    """Which of the two was old could not be told."""
    assert trusted(Commit((change(1), change(2)))) is None
    assert trusted(Commit((change(1), change(2, key=BEN)))) is not None


def test_parking_a_delivery_of_a_claimed_call_fails_the_check() -> None:
    """Also where the commit itself says so."""
    owned = replace(NOBODY, owners=frozenset({ADA}))
    batch = trusted(Commit(park=(waiting("e1"),), route=owned))
    assert batch is not None
    answers: list[Answer] = [([("call", "acct", "pc-1", "00D1", "0051"), *SO], -1), ([], 1)]
    assert not batch.verified_by(answers)
