"""Single fields: anything may stand there, nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.facts import Direction, Outcome
from adapter.telephony.dialstack import fields

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-01-02T03:04:05Z", 1767323045000),
        ("2026-01-02T03:04:05.678Z", 1767323045678),
        ("2026-01-02T03:04:05.678901Z", 1767323045678),
        ("2026-01-02T03:04:05.123456789Z", 1767323045123),
        ("2026-01-02T03:04:05", 1767323045000),
        ("2026-01-02 03:04:05", 1767323045000),
        ("2026-01-02T04:04:05+01:00", 1767323045000),
        ("2026-01-01T22:04:05-0500", 1767323045000),
        (1767323045, 1767323045000),
        (1767323045.5, 1767323045500),
        (1767323045678, 1767323045678),
        ("2026-01-02", None),
        ("20260102", None),
        ("1767323045", 1767323045000),
        ("1767323045.5", 1767323045500),
        ("1767323045678", 1767323045678),
        (1767323045678901, 1767323045678),
        (1767323045678901234, 1767323045678),
        ("2026-01-02t03:04:05z", 1767323045000),
        ("  2026-01-02T03:04:05Z ", 1767323045000),
        ("2026-01-02 03:04:05 UTC", 1767323045000),
        ("5.2", None),
        ("17673230", None),
        ("yesterday at 10:00", None),
        ("T", None),
        ("2026-13-02T03:04:05Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("1969-12-31T23:59:59Z", None),
        ("2026-01-02T03:04:05Z" + " " * 60, None),
        (0, None),
        (-1, None),
        (10**20, None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_a_time_is_read_however_it_is_written(value: object, found: int | None) -> None:
    """ISO 8601 with or without fraction and zone, or a count; anything else is no time."""
    assert fields.moment_ms(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("x", "x"),
        ("  x ", "x"),
        ("", None),
        (" ", None),
        ("a" * 256, None),
        (1, None),
        (None, None),
    ],
)
def test_a_text_is_not_empty_and_has_a_limit(value: object, found: str | None) -> None:
    """Ids and numbers have at most 255 characters."""
    assert fields.text(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (16, 16),
        ("17", 17),
        (0, None),
        (128, None),
        ("0", None),
        ("999", None),
        ("1234", None),
        ("²", None),
        ("NORMAL", None),
        (True, None),
        (16.0, None),
        (None, None),
    ],
)
def test_a_cause_is_a_small_number(value: object, found: int | None) -> None:
    """Q.850 causes go from 1 to 127."""
    assert fields.cause(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        *(("inbound", Direction.INBOUND), (" Outbound", Direction.OUTBOUND)),
        *(("sideways", None), (None, None), ([], None), ({}, None)),
    ],
)
def test_a_direction_is_one_of_three(value: object, found: Direction | None) -> None:
    """An unknown direction is none."""
    assert fields.direction(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        *((3, 3000), (2.5, 2500), (0, 0), ("60", 60_000), (" 2.5 ", 2500)),
        *((-1, None), ("-1", None), ("1e9", None), ("1:00", None), (False, None)),
    ],
)
def test_a_duration_is_a_count_of_seconds(value: object, found: int | None) -> None:
    """Negative durations and other types are none."""
    assert fields.seconds_ms(value) == found


@pytest.mark.parametrize(
    ("status", "cause", "outcome"),
    [
        ("completed", 16, Outcome.COMPLETED),
        ("completed", None, Outcome.COMPLETED),
        ("completed", 99, Outcome.COMPLETED),
        ("completed", 17, Outcome.BUSY),
        ("completed", 19, Outcome.NO_ANSWER),
        ("busy", 16, Outcome.BUSY),
        ("no-answer", 16, Outcome.NO_ANSWER),
        ("no_answer", None, Outcome.NO_ANSWER),
        ("No-Answer", None, Outcome.NO_ANSWER),
        ("voicemail", 16, Outcome.VOICEMAIL),
        ("failed", 21, Outcome.REJECTED),
        ("failed", 20, Outcome.UNREACHABLE),
        ("failed", 27, Outcome.UNREACHABLE),
        ("failed", 3, Outcome.UNREACHABLE),
        ("failed", 1, Outcome.WRONG_NUMBER),
        ("failed", 22, Outcome.WRONG_NUMBER),
        ("failed", 28, Outcome.WRONG_NUMBER),
        ("failed", 34, Outcome.FAILED),
        ("failed", 102, Outcome.FAILED),
        ("failed", 17, Outcome.BUSY),
        ("failed", 18, Outcome.NO_ANSWER),
        ("failed", 16, Outcome.FAILED),
        ("failed", 99, Outcome.FAILED),
        ("failed", None, Outcome.FAILED),
        ("in-progress", None, None),
        ("cancelled", 16, Outcome.COMPLETED),
        (None, 17, Outcome.BUSY),
        (None, 99, None),
        (None, None, None),
    ],
)
def test_an_outcome_follows_status_and_cause(
    status: str | None, cause: int | None, outcome: Outcome | None
) -> None:
    """The table of the facts, with vague statuses refined by the cause."""
    assert fields.outcome(status, cause) is outcome


@given(anything, anything)
def test_nothing_raises(one: object, other: object) -> None:
    """Whatever stands in a field, reading it ends with a value or None."""
    fields.moment_ms(one)
    fields.seconds_ms(one)
    fields.direction(one)
    fields.outcome(fields.text(one), fields.cause(other))


@pytest.mark.parametrize(
    "value",
    ["2019-02-03T04:05:06Z", "2026-11-29", "12:30", "https://example.com/1001", "name: 1001"],
)
def test_a_time_and_an_address_are_no_number(value: str) -> None:
    """A colon stands behind a number's scheme, and before a port, alone."""
    assert fields.dialed(value) is None
    assert fields.dialed("sip:1001@pbx.example:5060") == "sip:1001@pbx.example:5060"
    assert fields.dialed("tel:+12025550143") == "tel:+12025550143"
    assert fields.dialed('"Desk" <sip:1001@pbx>') == '"Desk" <sip:1001@pbx>'


@pytest.mark.parametrize(
    "value", ["5.2", "17.5", "+", "+49", "\u202e+49", "", None, 7, [], "\u200b"]
)
def test_an_incomplete_number_is_not_a_number(value: object) -> None:
    """It must not be taken for another one than was dialed."""
    assert fields.dialed(value) is None


@pytest.mark.parametrize(
    "value", ["+12025550143", "1002", "911", "202.555.0143", "sip:204@pbx.example"]
)
def test_numbers_extensions_and_addresses_are_kept(value: str) -> None:
    """What they mean is decided elsewhere."""
    assert fields.caller(value) == fields.dialed(value) == value


def test_a_number_may_be_one_of_jsons_and_in_any_digits() -> None:
    """Who calls must be called back; a few digits, or a fraction, are no number."""
    assert (fields.caller(12025550143), fields.dialed(12025550143)) == ("12025550143", None)
    full_width = "+" + "".join(chr(0xFF10 + int(digit)) for digit in "12025550143")
    assert fields.caller(full_width) == full_width
    assert (fields.caller(7), fields.caller(12025550143.5), fields.caller(True)) == (None,) * 3


def test_a_long_name_is_cut() -> None:
    """As much of it as anybody reads; what is no text is no name."""
    assert fields.name("Ann " * 999) == ("Ann " * 64)[:255].strip()
    assert (fields.name(" "), fields.name(["Ann"]), fields.name("Zoe")) == (None, None, "Zoe")


def test_a_caller_may_be_a_placeholder_word() -> None:
    """One who withholds the number; of what was dialed a word says nothing."""
    assert (fields.caller("anonymous"), fields.dialed("anonymous")) == ("anonymous", None)


def test_an_id_is_complete_or_none() -> None:
    """One that had to be mended is another call's, perhaps."""
    assert fields.ident("call_1") == "call_1"
    assert fields.ident("call_\N{REPLACEMENT CHARACTER}") is None
