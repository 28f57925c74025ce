"""An agent's history: newest first, page by page, with an end to what one request reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from adapter.core.facts import Direction, Outcome
from adapter.core.history import HistoryQuery, Kind, PastCall
from adapter.storage.history import LIVE, MOST_READ, PORTIONS, SELECT, read
from adapter.storage.rows import to_text
from tests.contracts.stores import ADA, NOW

MISSED = PastCall("Ada", Direction.INBOUND, "+4930901820", "", None, NOW, Outcome.MISSED, None)
ANSWERED = PastCall("Ada", Direction.OUTBOUND, "+12125550123", "", None, NOW, Outcome.ANSWERED, 5)


class Table:
    """Rows as the index has them: newest first, and of one moment by id."""

    def __init__(self, values: Sequence[str]) -> None:
        self.rows = [(NOW - number, f"c{number:05}", text) for number, text in enumerate(values)]
        self.asked = 0

    def fetch(self, statement: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        """What the statement finds."""
        assert statement == SELECT
        self.asked += 1
        _, _, at, _, call_id, most = values
        later = [row for row in self.rows if (row[0], row[1]) < (at, call_id)]
        return later[: int(str(most))]


def test_pages_follow_each_other_to_the_end() -> None:
    """Each call once, the newest first."""
    table = Table([to_text(ANSWERED)] * 7)
    seen, after = [], None
    for _ in range(3):
        page = read(table.fetch, ADA, HistoryQuery(), after, 3)
        seen += [row.call_id for row in page.rows]
        after = page.after
    assert seen == [row[1] for row in table.rows]
    assert after is None


def test_live_calls_and_those_of_a_later_version_are_left_out() -> None:
    """The first has its card; the second says what this version cannot tell."""
    odd = to_text(ANSWERED).replace('"answered"', '"teleported"')
    page = read(Table([LIVE, odd, to_text(MISSED)]).fetch, ADA, HistoryQuery(), None, 9)
    assert [(row.call_id, row.call) for row in page.rows] == [("c00002", MISSED)]


def test_a_row_of_an_older_version_is_read() -> None:
    """It told the record's id, and no names."""
    text = (
        '{"agent":"Ada","direction":"outbound","number":"+1","record":"003A","started":1,'
        '"ended":9,"outcome":"answered","talk_seconds":8}'
    )
    (row,) = read(Table([text]).fetch, ADA, HistoryQuery(), None, 9).rows
    assert (row.call.record, row.call.record_name, row.call.name) == ("003A", "", "")


@pytest.mark.parametrize("rare", [0, PORTIONS[0] - 1, PORTIONS[0], MOST_READ - 1])
def test_rare_rows_are_found_however_old(rare: int) -> None:
    """As long as one request may read."""
    values = [to_text(ANSWERED)] * (MOST_READ + 1)
    values[rare] = to_text(MISSED)
    page = read(Table(values).fetch, ADA, HistoryQuery(Kind.MISSED), None, 1)
    assert [row.at for row in page.rows] == [NOW - rare]


def test_one_request_reads_a_limited_number_and_returns_a_cursor() -> None:
    """Whoever looks for what is not there holds nothing up; the next request reads on."""
    table = Table([to_text(ANSWERED)] * MOST_READ + [to_text(MISSED)])
    page = read(table.fetch, ADA, HistoryQuery(Kind.MISSED), None, 5)
    assert (page.rows, table.asked) == ((), len(PORTIONS))
    assert page.after is not None
    rest = read(table.fetch, ADA, HistoryQuery(Kind.MISSED), page.after, 5)
    assert ([row.call for row in rest.rows], rest.after) == ([MISSED], None)
