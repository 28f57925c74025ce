"""Which number digits are in a region: one reading, or a refusal that says what to write."""

import phonenumbers
import pytest

from adapter.core.numbers.plan import (
    AMBIGUOUS,
    IMPOSSIBLE,
    NO_AREA_CODE,
    NO_NUMBER,
    TOO_MANY,
    UNKNOWN_HERE,
    Unplanned,
    national_digits,
    read_number,
)
from adapter.core.numbers.text import NumberText, read_text


def read(text: str, region: str) -> str | Unplanned:
    """The number as E.164, or why there is none."""
    found = read_text(text)
    assert isinstance(found, NumberText)
    number = read_number(found, region)
    if isinstance(number, Unplanned):
        return number
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@pytest.mark.parametrize(
    ("text", "region", "reading"),
    [
        ("+999 12345678", "US", NO_NUMBER),
        ("1-800-FLOWERS", "DE", NO_NUMBER),
        ("1", "US", NO_NUMBER),
        ("+44 20", "GB", IMPOSSIBLE),
        ("+49 12", "DE", NO_AREA_CODE),
        ("+1 012 555 0123", "US", IMPOSSIBLE),
        ("+49 0049 1", "DE", IMPOSSIBLE),
        ("+49 0033 1 23 45 67 89", "DE", IMPOSSIBLE),
        ("+49 30 901820", "US", "+4930901820"),
        ("+81 3 5471 3541 917", "US", TOO_MANY),
        ("212 555 012", "US", IMPOSSIBLE),
        ("0123456789", "DE", UNKNOWN_HERE),
        ("13 12 11", "AU", "+61131211"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("0034 0 912 345 678", "DE", IMPOSSIBLE),
        ("495 123-45-67", "RU", "+74951234567"),
        ("011 15 2345 6789", "AR", "+5491123456789"),
        ("0015 11 2345 6789", "BR", IMPOSSIBLE),
        ("49 211 23456", "DE", AMBIGUOUS),
    ],
)
def test_digits_are_one_number_or_none(text: str, region: str, reading: object) -> None:
    """Whatever could be two is refused."""
    assert read(text, region) == reading


@pytest.mark.parametrize(
    ("number", "region", "digits"),
    [
        ("+5491112345678", "AR", "111512345678"),
        ("+12125550123", "US", "2125550123"),
        ("+4930901820", "DE", "30901820"),
        ("+390236618300", "IT", "0236618300"),
        ("+74951234567", "RU", "4951234567"),
    ],
)
def test_within_its_country_a_number_has_the_form_of_its_plan(
    number: str, region: str, digits: str
) -> None:
    """Without the trunk prefix, which the telephone system puts before it."""
    assert national_digits(phonenumbers.parse(number), region) == digits
