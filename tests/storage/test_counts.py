"""What waits is counted by state and age, over either store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from adapter.core.logs.model import Tray, TrayReason
from adapter.storage.counts import HOUR_MS, MOST, age, read
from adapter.storage.rows import CALL_LOG
from tests.contracts.stores import NOW, log


@pytest.mark.parametrize(
    ("ms", "name"),
    [(0, "1h"), (HOUR_MS - 1, "1h"), (HOUR_MS, "1d"), (24 * HOUR_MS - 1, "1d"), (10**12, "older")],
)
def test_ages_have_three_names(ms: int, name: str) -> None:
    """Under an hour, under a day, older."""
    assert age(ms) == name


def test_logs_are_counted_by_their_state() -> None:
    """What the store holds, as text."""
    tray = log("l2", state=Tray(TrayReason.REFUSED, NOW))
    rows = [(CALL_LOG.dump(log("l1")), NOW), (CALL_LOG.dump(tray), NOW - 2 * HOUR_MS)]

    def fetch(statement: str, values: Sequence[object]) -> Sequence[tuple[Any, ...]]:
        if "parked" in statement:
            return [(4,)]
        assert values == ("00D000000000001", MOST)
        return [] if "NOT IN" in statement else [*rows, rows[1]]

    waiting = read(fetch, NOW, ["00D000000000001AAA"])
    assert waiting.logs == {("pending", "1h"): 1, ("tray", "1d"): 2}
    assert waiting.parked == 4
