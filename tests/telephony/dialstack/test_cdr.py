"""DialStack's record of a call."""

from typing import Any

import pytest

from adapter.core.facts import OUTBOUND
from adapter.telephony.dialstack.cdr import CdrRow, own_records, parse_record
from adapter.telephony.dialstack.fields import MOST_OF_A_SUMMARY

START = 1767323045


def test_a_cdr_needs_only_the_calls_id() -> None:
    """Every other field may be missing."""
    row = CdrRow("call_1")
    assert (row.user_id, row.ended_at, row.live) == (None, None, False)


def test_a_cdr_is_read() -> None:
    """Every documented field has its place."""
    row = {
        "id": "call_1",
        "user": "user_1",
        "direction": "outbound",
        "from_number": "+12025550100",
        "to_number": "+12025550199",
        "from_label": "Desk",
        "started_at": "2026-01-02T03:04:05Z",
        "answered_at": "2026-01-02T03:04:06Z",
        "connected_at": "2026-01-02T03:04:07Z",
        "ended_at": "2026-01-02T03:04:08Z",
        "status": "completed",
        "hangup_cause": 16,
    }
    assert parse_record(row) == CdrRow(
        provider_call_id="call_1",
        user_id="user_1",
        direction=OUTBOUND,
        from_number="+12025550100",
        to_number="+12025550199",
        from_name="Desk",
        started_at=1767323045000,
        answered_at=1767323046000,
        connected_at=1767323047000,
        ended_at=1767323048000,
        status="completed",
        cause=16,
        live=False,
    )


@pytest.mark.parametrize(
    ("one", "other", "found"), [("a", "b", "a"), (None, "b", "b"), (" ", "b", "b"), (7, 7, None)]
)
def test_the_first_field_with_text_wins(one: object, other: object, found: str) -> None:
    """The id, the user and the caller's name have two names each; the current one goes first."""
    row = {"id": one, "call_id": other, "user": one, "user_id": other}
    record = parse_record({**row, "from_label": one, "from_name": other})
    assert (record and record.provider_call_id) == found
    named = parse_record({**row, "id": "c", "from_label": one, "from_name": other})
    assert named is not None
    assert (named.user_id, named.from_name) == (found, found)


def test_a_cdr_without_an_id_is_skipped() -> None:
    """It could be bound to nothing."""
    assert parse_record({"user": "user_1"}) is None


@pytest.mark.parametrize(
    ("row", "live", "ended"),
    [
        ({}, True, None),
        ({"status": None, "duration_seconds": 5, "started_at": START}, True, None),
        ({"ended_at": 1767323045}, False, 1767323045000),
        ({"status": "busy"}, False, None),
        ({"status": "busy", "started_at": START}, False, None),
        ({"status": "busy", "duration_seconds": 5}, False, None),
        (
            {"status": "completed", "started_at": START, "duration_seconds": 5},
            False,
            START * 1000 + 5_000,
        ),
        (
            {
                "status": "completed",
                "started_at": START,
                "answered_at": START + 2,
                "duration_seconds": 5,
            },
            False,
            START * 1000 + 7_000,
        ),
    ],
)
def test_a_row_is_closed_by_status_or_end(row: dict[str, Any], live: bool, ended: int) -> None:
    """A closed row without an end is given one by its duration, if it has one."""
    found = parse_record({"id": "c", **row})
    assert found is not None
    assert (found.live, found.ended_at) == (live, ended)


def rows(*users: str | None, started: int | None = 10) -> list[CdrRow]:
    """Records of these users."""
    return [
        CdrRow(provider_call_id=str(number), user_id=user, started_at=started)
        for number, user in enumerate(users)
    ]


def test_an_ignored_filter_is_applied_locally() -> None:
    """Another user's call is never taken for ours, nor one that may be anybody's."""
    found = own_records(rows("u", "other", None), "u", 0)
    assert [record.user_id for record in found] == ["u"]


def test_rows_without_a_user_are_ours_if_the_filter_worked() -> None:
    """Rows of a live call are sparse."""
    assert len(own_records(rows("u", None), "u", 0)) == 2


def test_older_rows_are_left_out() -> None:
    """A row without a start may be new, so it stays."""
    assert own_records(rows("u", started=9), "u", 10) == ()
    assert len(own_records(rows("u", started=10), "u", 10)) == 1
    assert len(own_records(rows("u", started=None), "u", 10)) == 1


@pytest.mark.parametrize(
    ("row", "has_recording", "summary"),
    [
        ({"recording_url": "https://cdn.example.com/1?Signature=a", "summary": " ok "}, True, "ok"),
        ({"recording_url": None, "summary": None}, False, None),
        ({"recording_url": 7, "summary": {"text": "ok"}}, False, None),
        ({"recording_url": "", "summary": ""}, False, None),
        ({"summary": "x" * 9_000}, False, "x" * MOST_OF_A_SUMMARY),
    ],
)
def test_the_available_facts_of_a_talk_are_read(
    row: dict[str, Any], has_recording: bool, summary: str | None
) -> None:
    """That it was recorded, never where for ten minutes; of a long summary its beginning."""
    found = parse_record({"id": "c", **row})
    assert found is not None
    assert (found.has_recording, found.summary) == (has_recording, summary)
