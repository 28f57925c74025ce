"""PostgreSQL's own words: placeholders, numbers, locks in order."""

from __future__ import annotations

import pytest

from adapter.storage import sql
from adapter.storage.dialect import (
    OWN,
    answer,
    connect,
    connect_for_writing,
    numbered,
    queue,
    translate,
)
from adapter.storage.port import Commit
from adapter.storage.postgres import PostgresDatabase
from adapter.storage.transaction import execute, settle
from tests.contracts.stores import NOW, change, delivery


def test_values_stand_where_the_question_marks_were() -> None:
    """For psycopg, and for the server itself, which counts them."""
    assert translate("SELECT ? WHERE a = ?") == "SELECT %s WHERE a = %s"
    assert numbered("SELECT ? WHERE a = ?") == "SELECT $1 WHERE a = $2"
    assert numbered("COMMIT") == "COMMIT"


def test_many_rows_are_one_answer(url: str) -> None:
    """In however many portions they were sent: what all found, and how many all changed."""
    new = [("o", f"{n:03}", 1, "{}", None, None, None) for n in range(40)]
    keys = [("acct", f"pc-{n}", None, "acct", "user_1") for n in range(3)]
    with connect_for_writing(url) as connection:
        with connection.pipeline():
            inserted = queue(connection, (sql.INSERT_AGENT, new))
            again = queue(connection, (sql.INSERT_AGENT, [*new, ("p", *new[0][1:])]))
            nothing = queue(connection, (sql.ROUTES, keys))
        assert (len(inserted), answer(inserted), answer(again)) == (2, ([], 40), ([], 1))
        assert answer(nothing) == ([], 0)
        (row,) = connection.execute("SELECT $1, org_id FROM agents LIMIT $2", ["x", 1]).fetchall()
        assert row == ("x", "o")


def test_numbers_of_any_size_share_a_prepared_statement(url: str) -> None:
    """And no deadline is a number too: few statements are kept, and all of them are used again."""
    database = PostgresDatabase(url)
    for version, due in enumerate((None, 5, 70_000, NOW, None, 5, 70_000, NOW)):
        commit = Commit((change(version, due=due),), delivery(f"e{version}"))
        assert settle(database, [commit]) == [None]
    kept = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE 'UPDATE agents%'"
    rows, _ = execute(database, kept)
    database.close()
    assert len(rows) == 1


@pytest.mark.parametrize("update", [OWN[sql.UPDATE_AGENT], OWN[sql.UPDATE_AGENT_IN_PLACE]])
def test_agents_are_locked_in_the_order_of_their_keys(url: str, update: str) -> None:
    """Sorted first, then locked, and found by their key: whatever order a batch has."""
    values = "VALUES ('o', '2', 2, '', 5, 'a', 'u', 1), ('o', '1', 2, '', 5, 'a', 'u', 1)"
    (statement, _), *_ = sql.for_rows(update, [("",) * 8])
    start, end = statement.index("VALUES"), statement.index(") v JOIN")
    with connect(url) as connection:
        found = connection.execute(f"EXPLAIN {statement[:start]}{values}{statement[end:]}")
        plan = [str(row[0]).strip(" ->") for row in found.fetchall()]
    locks = next(n for n, line in enumerate(plan) if line.startswith("LockRows"))
    assert plan[locks + 1].startswith("Sort ")
    assert sum("agents_pkey" in line for line in plan) == 2


def test_parked_deliveries_are_read_in_the_order_of_their_index(url: str) -> None:
    """So that reading ends at the limit, also when nothing is known about the table."""
    statement = sql.DUE_PARKED.replace("account = ?", "account = 'a'").replace("?", "5")
    with connect(url) as connection:
        plan = str(connection.execute(f"EXPLAIN {statement}").fetchall())
    assert "using parked_unasked" in plan
    assert "using parked_asked" in plan
    assert "Sort" not in plan
