"""A number is found in each of its spellings, and in no other number's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.facts import Facts, Known, Source
from adapter.core.numbers.phone import plain
from adapter.core.numbers.query import NumberQuery, leaves, sought
from tests.core.people import RECORD


def of(text: str, *regions: str) -> NumberQuery:
    """What is looked for; it must be a number."""
    found = sought(text, regions or ("DE",))
    assert found is not None
    return found


BERLIN = of("+4930901820145")
BOSTON = of("+16175550143", "US")
ROME = of("+390612345678", "IT")
LONDON = of("+442079460144", "GB")


@pytest.mark.parametrize(
    "text",
    [
        "+4930901820145",
        "+49 (0)30 901820145",
        "+49 30 9018 20145",
        "0049 30 901820145",
        "01149 30 901820145",
        "4930901820145",
        "030 901820145",
        "030/901820145",
        "tel:+49-30-901820145",
        "030901820145",
        "+\N{FULLWIDTH DIGIT FOUR}\N{FULLWIDTH DIGIT NINE}30901820145",
        "+49 30 901820145 ext. 12",
        "sip:+4930901820145@example.com",
        "Asked to be rung at 030 901820145 after five.",
        "030 901820145 / 0151 23456789",
        "“030 901820145 Home” is not a phone number.",
        "x" * 31_000 + " 030 901820145",
    ],
)
def test_every_spelling_is_found(text: str) -> None:
    """With and without country code, formatted, alone and in a sentence."""
    assert BERLIN.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+49301820145",
        "+4930901820146",
        "+493090182014",
        "+49309018201450",
        "+43 30 901820145",
        "+130901820145",
        "01763700000123",
        "1763700000123",
        "call_3090182",
        "30 90 18 20 14 6",
        "900493090182014512345678901234567890123456789",
    ],
)
def test_no_other_number_matches(text: str) -> None:
    """One digit more, less or other; another country with the same end; a time."""
    assert not BERLIN.is_in(text)


def test_a_number_without_country_is_read_where_it_may_be_from() -> None:
    """In the given regions and in no other: the same digits are somebody else's abroad."""
    assert not of("+4930901820145", "US").is_in("030 901820145")
    assert of("+4930901820145", "US", "DE").is_in("030 901820145")
    assert BOSTON.is_in("(617) 555-0143")
    assert BOSTON.is_in("1 617 555 0143")
    assert not of("+16175550143", "DE").is_in("(617) 555-0143")


def test_a_valid_number_of_the_region_is_not_read_as_one_from_abroad() -> None:
    """A national number may begin with the digits of a country code."""
    budapest = of("+3612345678", "US")
    assert not budapest.is_in("(361) 234-5678")
    assert budapest.is_in("+36 1 234 5678")
    assert of("+3612345678", "GB").is_in("361 2345678")


def test_leading_zeros_that_belong_to_the_number_count() -> None:
    """Italy's do; Britain's (0) does not."""
    assert ROME.is_in("06 1234 5678")
    assert not ROME.is_in("+39 612345678")
    assert LONDON.is_in("+44 (0)20 7946 0144")


def test_a_number_is_found_in_every_kind_of_text_field() -> None:
    """JSON values, our own values, a number that a provider wrote as one; keys do not count."""
    assert BERLIN.is_within({"a": [{"b": ("030 901820145",)}]})
    assert BERLIN.is_within([4930901820145])
    assert not BERLIN.is_within({"030901820145": [None, True, 30901820145, 1.5]})
    facts = Facts(number=Known("+4930901820145", Source.EVENT))
    assert BERLIN.is_within((RECORD, facts))
    assert not BOSTON.is_within((RECORD, facts))


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ('{"a":"030/90 18-20 145"}', True),
        ('{"a":"\\uff10\\uff13\\uff10"}', True),
        ('{"a":"ä"}', True),
        ('{"a":"030 90182014","b":1763700000000}', False),
    ],
)
def test_most_rows_need_not_be_read(text: str, worth: bool) -> None:
    """Only those that have its digits one after the other, or something that is not ASCII."""
    assert BERLIN.may_be_in(text) is worth


def test_the_parts_of_a_value_are_distinguished() -> None:
    """Down to what has no parts."""
    assert list(leaves({"a": [1, ("b", None)], "c": Known("d", Source.EVENT)})) == [
        1,
        "b",
        None,
        "d",
        Source.EVENT,
    ]


@given(st.text() | st.text(st.sampled_from("0123456789+()-./ x,;:")), st.integers(0, 99))
def test_surrounding_text_may_hide_a_number_but_never_raises(text: str, place: int) -> None:
    """Whatever stands beside it: an answer, and the right one where only words do."""
    told = f"{text[:place]} +4930901820145 {text[place:]}"
    assert BERLIN.is_in(told) in {True, False}
    if not any(c.isdigit() for c in plain(text)):
        assert BERLIN.is_in(told)
    assert not BERLIN.is_in(text)


@pytest.mark.parametrize("text", ["", "911", "Ada", "+49", "+4930901820145 x12", "+999123456789"])
def test_a_number_that_cannot_be_a_persons_is_not_searched(text: str) -> None:
    """Emergency numbers, extensions and words have no owner."""
    assert sought(text, ("US",)) is None


def test_the_number_may_be_given_in_any_spelling() -> None:
    """Read in the first region."""
    assert of("030 901820145") == BERLIN
    assert of("(617) 555-0143", "US") == BOSTON
