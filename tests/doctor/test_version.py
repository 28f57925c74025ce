"""Versions of Open CTI grow old."""

from datetime import UTC, datetime

import pytest

from adapter.doctor.version import version_finding
from adapter.settings import Settings


def at(year: int, month: int) -> int:
    """That month's first day, Unix milliseconds."""
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("version", "now", "grade", "word"),
    [
        ("57.0", at(2023, 2), "ok", "no more than three years"),
        ("57.0", at(2026, 3), "ok", "no more than three years"),
        ("57.0", at(2026, 7), "warn", "the latest is 67.0"),
        ("66.0", at(2026, 11), "ok", "no more than three years"),
        ("69.0", at(2026, 11), "warn", "is not released yet: the latest is 68.0"),
        ("65.0", at(2026, 1), "ok", "no more than three years"),
    ],
)
def test_a_version_is_supported_for_three_years(
    version: str, now: int, grade: str, word: str
) -> None:
    """Three releases a year, from Spring '23 (57.0) on."""
    finding = version_finding(Settings(open_cti_version=version), now)
    assert finding.grade.value == grade
    assert word in finding.text
