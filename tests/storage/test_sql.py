"""The statements: portions of rows and keys."""

from __future__ import annotations

import pytest

from adapter.storage import sql


def test_no_statement_has_a_literal_that_another_driver_would_misread() -> None:
    """Psycopg's placeholders begin with a percent sign, and ours is a question mark."""
    statements = [value for name, value in vars(sql).items() if name.isupper()]
    texts = [text for text in statements if isinstance(text, str)]
    assert len(texts) > 20
    assert [text for text in texts if "%" in text or "'?'" in text] == []


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (16, [16]), (300, [128, 128, 32, 12])]
)
def test_rows_need_one_statement_per_batch_size(count: int, sizes: list[int]) -> None:
    """Each has a placeholder for each value, and the rows keep their order."""
    rows = [("acct", str(number)) for number in range(count)]
    portions = sql.for_rows("INSERT INTO t VALUES (?, CAST(? AS bigint)) RETURNING (1)", rows)
    assert [len(values) // 2 for _, values in portions] == sizes
    assert [statement.count("?") for statement, _ in portions] == [2 * size for size in sizes]
    assert [statement.count("CAST(? AS bigint)") for statement, _ in portions] == sizes
    assert [value for _, values in portions for value in values[1::2]] == [row[1] for row in rows]
    assert all(statement.endswith("RETURNING (1)") for statement, _ in portions)


def test_a_statement_without_values_takes_one_row_at_a_time() -> None:
    """As it stands."""
    rows = [("acct", "e1"), ("acct", "e2")]
    assert sql.for_rows(sql.UNPARK, rows) == [(sql.UNPARK, [*row]) for row in rows]
