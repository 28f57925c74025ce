"""The statements: portions and sizes of key lists."""

from __future__ import annotations

import pytest

from adapter.storage import sql


@pytest.mark.parametrize(
    ("count", "size"), [(1, 1), (2, 8), (8, 8), (9, 64), (65, 256), (256, 256)]
)
def test_pairs_are_filled_up_to_few_sizes(count: int, size: int) -> None:
    """Few different statements, each with as many values as placeholders."""
    pairs = [("o", str(n)) for n in range(count)]
    statement, values = sql.for_pairs(sql.VERSIONS, pairs)
    assert statement.count("?") == len(values) == 2 * size
    assert {(one, other) for one, other in zip(values[::2], values[1::2], strict=True)} == set(
        pairs
    )


def test_portions_are_no_larger_than_a_statement_takes() -> None:
    """Nothing is lost between them."""
    pairs = [("o", str(n)) for n in range(600)]
    portions = sql.chunks(pairs)
    assert [len(portion) for portion in portions] == [256, 256, 88]
    assert [pair for portion in portions for pair in portion] == pairs
    assert sql.chunks([]) == []


def test_no_statement_has_a_literal_that_another_driver_would_misread() -> None:
    """Psycopg's placeholders begin with a percent sign, and ours is a question mark."""
    statements = [value for name, value in vars(sql).items() if name.isupper()]
    texts = [text for text in statements if isinstance(text, str)]
    assert len(texts) > 20
    assert [text for text in texts if "%" in text or "'?'" in text] == []
