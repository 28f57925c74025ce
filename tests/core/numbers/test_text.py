"""What stands in a phone field: digits, words beside them, and what is neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.numbers.text import EMPTY, NO_NUMBER, SEVERAL, NumberText, fold, read_text


def test_digits_of_every_script_are_digits_and_superscripts_are_not() -> None:
    """So no fraction and no footnote becomes part of a number."""
    assert fold("\uff0b\uff14\uff19\u3000\u0663\u0660") == "+49 30"
    assert fold("030\u2013123\u22124\u200b5") == "030-123-45"
    assert fold("030\u00b7123\u2044456\uff0d7") == "030.123/456-7"
    assert fold("[030]\t12\r\n3 \u00b2") == "(030) 12  3 \u00b2"


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_folding_a_text_does_not_depend_on_its_neighbors(text: str) -> None:
    """Nearly all are, and take a shorter way; the mark that is added is one of those that go."""
    assert fold(text) == fold("\u200b" + text)


@given(st.from_regex(r"\+?[0-9]{1,254}", fullmatch=True))
def test_a_bare_number_is_read_as_after_a_space(text: str) -> None:
    """Most systems write it so, and it takes a shorter way."""
    assert read_text(text) == read_text(f" {text}")


@pytest.mark.parametrize(
    ("text", "groups", "extension", "remark"),
    [
        ("+49 (0)30 / 1234-0", ("+49", "0", "30", "1234", "0"), "", ""),
        ("(+49) 30 1234", ("+49", "30", "1234"), "", ""),
        ("++49 30 1234", ("+49", "30", "1234"), "", ""),
        ("030 1234567 (Bob)", ("030", "1234567"), "", "(Bob)"),
        ("030 1234567 x12 Bob", ("030", "1234567"), "12", "Bob"),
        ("(4711)", ("4711",), "", ""),
        ("tel:5550123;phone-context=+1212;isub=1", ("+12125550123",), "", ""),
    ],
)
def test_a_number_is_read_in_its_groups(
    text: str, groups: tuple[str, ...], extension: str, remark: str
) -> None:
    """As it was parted, with what stands behind it."""
    found = read_text(text)
    assert isinstance(found, NumberText)
    assert (found.groups, found.extension, found.remark) == (groups, extension, remark)
    assert found.digits == "".join(groups).removeprefix("+")
    assert found.has_plus == groups[0].startswith("+")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", EMPTY),
        (" -.() / ", EMPTY),
        ("+", NO_NUMBER),
        ("1" * 256, NO_NUMBER),
        ("\x00", NO_NUMBER),
        ("1\ud800", NO_NUMBER),
        ("sip:ada@example.com", NO_NUMBER),
        ("<sip:1001@pbx>", NO_NUMBER),
        ("030 1234567 <b>", NO_NUMBER),
        ("a@030 1234567", NO_NUMBER),
        ("030 1234567 / 7654321", SEVERAL),
        ("030 1234567 +49 30 1", SEVERAL),
    ],
)
def test_unreadable_text_is_refused_with_its_reason(text: str, reason: object) -> None:
    """Nothing is left out to make a number of it."""
    assert read_text(text) == reason


@pytest.mark.parametrize(
    ("text", "plainly"),
    [("911", True), ("9 1 1", True), ("9-1-1", True), ("(911)", True), ("9-11", False)],
)
def test_short_numbers_are_parted_by_blanks_or_digit_by_digit(text: str, plainly: bool) -> None:
    """Or else they are a time, a date, a range."""
    found = read_text(text)
    assert isinstance(found, NumberText)
    assert found.is_spelled_plainly is plainly


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1-800-FLOWERS", "18003569377"),
        ("+1 (800) go-fedex", "18004633339"),
        ("800 555 HELP", "8005554357"),
        ("212-555-CALL", "2125552255"),
        ("(212) CALLNOW", "2122255669"),
    ],
)
def test_advertised_letters_are_digits(text: str, digits: str) -> None:
    """Seven places behind an area code."""
    found = read_text(text)
    assert isinstance(found, NumberText)
    assert found.lettered
    assert found.digits == digits


@pytest.mark.parametrize(
    "text",
    [
        "234-Jackson",
        "456 JACKSON",
        "456-JACKSON",
        "212-555-Mary",
        "800 55 HELPS",
        "212-55-HELPS",
        "800 5551234a",
        "800 5 HELPME",
    ],
)
def test_a_name_after_a_number_is_not_read_as_digits(text: str) -> None:
    """House numbers, half numbers and people."""
    found = read_text(text)
    assert not isinstance(found, NumberText) or not found.lettered
