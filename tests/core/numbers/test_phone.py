"""Dial policy: what a text means, judged by hand row by row, and what rules change."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.numbers.dialplan import DialPlan
from adapter.core.numbers.phone import (
    Dialable,
    DialKind,
    DialRules,
    Undialable,
    dialable,
    display,
    is_emergency,
    plain,
    same_number,
)

ROWS = [
    row
    for row in csv.reader(
        Path(__file__).with_name("numbers.csv").read_text("utf-8").splitlines(),
        delimiter="|",
        quoting=csv.QUOTE_NONE,
    )
    if not row[0].startswith("# ")
]
US = DialRules()


def verdict(text: str, rules: DialRules = US) -> str:
    """What the policy says, in the words of the table."""
    match dialable(text, rules):
        case Dialable(dial_string, kind):
            return f"{'ext' if kind is DialKind.EXTENSION else kind} {dial_string}"
        case Undialable(reason, _):
            return f"refused {reason}"


def unescaped(text: str) -> str:
    """The text with its escapes made real."""
    return text.encode("ascii").decode("unicode_escape")


@pytest.mark.parametrize(("text", "region", "expected"), ROWS, ids=repr)
def test_each_spelling_gets_its_verdict(text: str, region: str, expected: str) -> None:
    """Two hundred and more rows."""
    assert verdict(unescaped(text), DialRules(default_region=region)) == expected


def test_the_table_is_as_long_as_it_should_be() -> None:
    """A row lost in editing would be a row not tested."""
    assert len(ROWS) >= 200


@given(st.text(max_size=80), st.sampled_from(["US", "DE", "", "ZZ"]))
def test_no_text_raises_and_dial_strings_are_plain(text: str, region: str) -> None:
    """Digits and at most one plus: nothing of the text gets through to the provider."""
    answer = dialable(text, DialRules(default_region=region))
    if isinstance(answer, Dialable):
        assert answer.dial_string.isascii()
        assert answer.dial_string.removeprefix("+").isdigit()
    else:
        assert answer.text


@given(
    st.sampled_from(["911", "112"]),
    st.sampled_from([" ", "-", ".", "", "\u00a0", " - "]),
    st.sampled_from(["{}", "({})", " {} ", "\u202a{}\u202c", "{} (police)", "Police: {}"]),
)
def test_an_emergency_number_is_recognized_in_any_spelling(
    number: str, between: str, around: str
) -> None:
    """No rule is asked before it."""
    strict = DialRules(regions=frozenset({"FR"}), deny=("+", "9", "1"), extensions=False)
    text = around.format(between.join(number))
    assert dialable(text, strict) == Dialable(number, DialKind.EMERGENCY)


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("212-555-0123 x204", "204"),
        ("212-555-0123x204", "204"),
        ("212-555-0123 ext. 204", "204"),
        ("212-555-0123 (ext 204)", "204"),
        ("212-555-0123 Extension: 204 Bob", "204"),
        ("212-555-0123 #204", "204"),
        ("+1 212 555 0123;ext=204", "204"),
        ("tel:+12125550123;ext=204", "204"),
        ("+12125550123,,204#", "204#"),
        ("+12125550123,204", "204"),
        ("+12125550123p204", "204"),
        ("+12125550123;204", "204"),
        ("+12125550123,,123456789#", "123456789#"),
        ("212-555-0123 poste 204", "204"),
        ("212-555-0123 Durchwahl 204", "204"),
        ("212-555-0123 内線204", "204"),
    ],
)
def test_an_extension_is_sent_where_the_provider_can_send_digits(text: str, extension: str) -> None:
    """Never left out: where it cannot be sent, the number is refused with the reason."""
    reached = dialable(text, DialRules(digits=True))
    assert reached == Dialable("+12125550123", DialKind.E164, extension=extension)
    assert verdict(text) == "refused has-extension"


@pytest.mark.parametrize(
    "text", ["212-555-0123 x204 or 205", "212-555-0123, 204", "212-555-0123,,204#,1#"]
)
def test_more_than_an_extension_behind_a_number_is_refused(text: str) -> None:
    """Which digits are meant, and when, nobody can tell."""
    assert verdict(text, DialRules(digits=True)) in {
        "refused several-numbers",
        "refused not-a-number",
    }


def test_a_text_that_is_too_long_is_not_parsed() -> None:
    """Whatever it is, it is no number."""
    assert verdict("1" * 65) == "refused too-long"


def test_a_number_need_only_be_possible() -> None:
    """No telephone has +1 555 yet, but new ranges are opened all the time."""
    assert dialable("+15551234567", US) == Dialable("+15551234567", DialKind.E164)


@pytest.mark.parametrize(
    ("text", "rules", "expected"),
    [
        ("1001", DialRules(extensions=False), "refused impossible"),
        ("1234567", DialRules(extension_digits=(3, 7)), "ext 1234567"),
        ("12", DialRules(extension_digits=(3, 7)), "refused impossible"),
        # Regions, not calling codes: the Dominican Republic is +1 too.
        ("+18092345678", DialRules(regions=frozenset({"US"})), "refused region"),
        ("+14165550123", DialRules(regions=frozenset({"US"})), "refused region"),
        ("+14165550123", DialRules(regions=frozenset({"US", "CA"})), "e164 +14165550123"),
        ("+12125550123", DialRules(regions=frozenset({"US"})), "e164 +12125550123"),
        # Unlikely numbers: with many countries behind the code, nobody knows where that is.
        ("+15551234567", DialRules(regions=frozenset({"US"})), "refused region"),
        ("+49190123456", DialRules(regions=frozenset({"DE"})), "e164 +49190123456"),
        ("+19002345678", DialRules(premium=True), "e164 +19002345678"),
        ("+870773111632", DialRules(satellite=True), "e164 +870773111632"),
        ("+12125550123", DialRules(deny=("+1",)), "refused denied"),
        ("+12125550123", DialRules(deny=("+1",), allow=("+1212",)), "e164 +12125550123"),
        ("+12125550123", DialRules(deny=("+12125",), allow=("+1212",)), "refused denied"),
        (
            "+18092345678",
            DialRules(regions=frozenset({"US"}), allow=("+1809",)),
            "e164 +18092345678",
        ),
        ("+19002345678", DialRules(allow=("+1900",)), "e164 +19002345678"),
    ],
)
def test_the_admins_rules_decide(text: str, rules: DialRules, expected: str) -> None:
    """The longest prefix first, then kind, then region."""
    assert verdict(text, rules) == expected


@pytest.mark.parametrize(
    ("text", "rules", "expected"),
    [
        ("11833", DialRules(default_region="DE"), "refused premium"),
        ("118118", DialRules(default_region="GB"), "refused premium"),
        ("3240", DialRules(default_region="FR"), "refused premium"),
        ("892000", DialRules(default_region="IT"), "refused premium"),
        ("411", US, "refused premium"),
        ("411", DialRules(premium=True), "ext 411"),
        ("411", DialRules(allow=("411",)), "ext 411"),
        ("3240", DialRules(default_region="FR", allow=("32",)), "ext 3240"),
        ("3240", DialRules(default_region="FR", allow=("+33",)), "refused premium"),
        ("1001", DialRules(deny=("1",)), "refused denied"),
        ("1001", DialRules(deny=("1",), allow=("1001",)), "ext 1001"),
        ("1001", DialRules(deny=("+1",)), "ext 1001"),
        ("1001", DialRules(deny=("+1100",)), "refused denied"),
        ("11833", DialRules(default_region="DE", deny=("+49118",), premium=True), "refused denied"),
        # The page's word for its country does not make a short code cheap.
        ("11833", DialRules(default_region="US", home_region="DE"), "refused premium"),
        ("118", DialRules(default_region="CH", home_region="CH"), "emergency 118"),
        ("118", DialRules(default_region="CH", home_region="GB"), "emergency 118"),
        ("155", DialRules(default_region="CZ", home_region="GB"), "refused premium"),
        ("1001", DialRules(default_region="US", home_region="DE"), "ext 1001"),
        ("+49 00900 1234567", US, "refused impossible"),
        ("+4990012345670", US, "refused premium"),
        ("+1 900 123 4567", US, "refused premium"),
        ("+447012345678", US, "refused premium"),
    ],
)
def test_a_costly_number_is_refused_in_any_spelling(
    text: str, rules: DialRules, expected: str
) -> None:
    """The very text that would be dialed is judged; deny lists hold for extensions, too."""
    assert verdict(text, rules) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+12125550123", "2125550123", True),
        ("+12125550123", "12125550123", True),
        ("+12125550123", "(212) 555-0123", True),
        ("1001", "1001", True),
        ("+12125550123", "+12125550124", False),
        ("+442079460958", "2079460958", False),
        ("+442079460958", "020 7946 0958", True),
        ("+442079460958", "00442079460958", True),
        ("+442079460958", "011 44 20 7946 0958", True),
        ("+442079460958", "+12079460958", False),
        ("+5491112345678", "011 15-1234-5678", True),
        ("+34912345678", "912345678", True),
        ("+493012345", "03012346", False),
        ("", "", False),
        ("", "+1", False),
    ],
)
def test_numbers_are_compared_by_digits_with_a_leading_one_tolerated(
    one: str, other: str, same: bool
) -> None:
    """For binding an event to the call that we asked for."""
    assert same_number(one, other) is same
    assert same_number(other, one) is same


@pytest.mark.parametrize(
    ("number", "region", "shown"),
    [
        ("+12125550123", "US", "(212) 555-0123"),
        ("+12125550123", "DE", "+1 212-555-0123"),
        ("1001", "US", "1001"),
        ("+999", "US", "+999"),
        ("", "US", ""),
    ],
)
def test_a_number_is_shown_in_the_regions_format(number: str, region: str, shown: str) -> None:
    """At home without the country; what is no number as it stands."""
    assert display(number, region) == shown


def test_the_remaining_text_is_plain() -> None:
    """And an emergency number is short and of digits."""
    assert plain(" TEL:\uff11\u200b2 ") == "12"
    assert not is_emergency("9111111", "US")
    assert not is_emergency("\u0669\u0661\u0661", "US")
    assert verdict("999", replace(US, default_region="GB")) == "emergency 999"


def test_a_costly_number_after_an_outside_line_digit_is_refused() -> None:
    """Where the telephone system has one, 9411 reaches directory assistance."""
    plans = (DialPlan("US", outside="9"),)
    with_line = DialRules(default_region="US", plans=plans)
    assert verdict("9411", with_line) == "refused premium"
    assert verdict("9001", with_line) == "ext 9001"
    assert verdict("9411", DialRules(default_region="US")) == "ext 9411"
