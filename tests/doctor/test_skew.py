"""A provider's clock is judged by the Date of its answers."""

from __future__ import annotations

from email.utils import formatdate

import httpx
import pytest

from adapter.doctor.findings import Grade
from adapter.doctor.skew import Skew
from tests.doctor.conftest import NOW, StoppedClock


@pytest.mark.parametrize(
    ("off_s", "grade"), [(0, Grade.OK), (-20, Grade.WARN), (20, Grade.WARN), (400, Grade.FAIL)]
)
async def test_a_clock_is_right_inaccurate_or_wrong(off_s: int, grade: Grade) -> None:
    """In either direction."""
    skew = Skew(StoppedClock())
    date = formatdate(NOW / 1000 + off_s, usegmt=True)
    await skew.see(httpx.Response(200, headers={"Date": date}))
    (found,) = skew.finding()
    assert found.grade is grade


async def test_an_answer_without_a_date_says_nothing() -> None:
    """Or with one that cannot be read."""
    skew = Skew(StoppedClock())
    await skew.see(httpx.Response(200))
    await skew.see(httpx.Response(200, headers={"Date": "noon"}))
    assert skew.finding() == ()
