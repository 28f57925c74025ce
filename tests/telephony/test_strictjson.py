"""JSON from strangers: what is read, and what is refused with which reason."""

import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.nesting import MAX_DEPTH
from adapter.telephony import strictjson
from adapter.telephony.strictjson import Malformed, closely, loads


def reason(raw: bytes) -> str:
    """Read what must be refused and tell why it was."""
    with pytest.raises(Malformed) as caught:
        loads(raw)
    return caught.value.reason


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a": [1, -2.5, true, null, "x"]} ', {"a": [1, -2.5, True, None, "x"]}),
        ('{"name":"Grüße"}'.encode(), {"name": "Grüße"}),
        (rb'{"name":"\ud83d\ude00 \u00e9"}', {"name": "😀 é"}),
        (rb'["\u0001", {"\u0041": ["\u0042"]}, 1, null]', ["\x01", {"A": ["B"]}, 1, None]),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1e308", 1e308),
        (b'"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', "[" * 40),
        (rb'"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', '"' + "[" * 40),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"[" + b"[]," * 50 + b"[]]", [[]] * 51),
    ],
)
def test_plain_json_is_read(raw: bytes, value: object) -> None:
    """Everything that is JSON of a sane size comes through as it is."""
    found = loads(raw)
    if value is not None:
        assert found == value


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":1}x', "not JSON"),
        (b"[1,]", "not JSON"),
        (b"01", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested too deeply"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "nested too deeply"),
        (b"[" * 60_000, "nested too deeply"),
    ],
)
def test_unreadable_text_is_refused_with_its_reason(raw: bytes, why: str) -> None:
    """Each trap has a name, and none of them ends in another exception."""
    assert reason(raw) == why


LETTERS, NUMBER, TWICE = "invalid characters in a text", "an invalid number", "a duplicate key"


@pytest.mark.parametrize(
    ("raw", "value", "odd"),
    [
        (b'{"a":NaN}', {"a": None}, {NUMBER}),
        (b"[Infinity, -Infinity]", [None, None], {NUMBER}),
        (b"[1e999, -1e999]", [None, None], {NUMBER}),
        (b"9223372036854775808", None, {NUMBER}),
        (b"-9223372036854775809", None, {NUMBER}),
        (b"[1" + b"0" * 30 + b"]", [None], {NUMBER}),
        (b"1" * 5000, None, {NUMBER}),
        (b'{"a":1,"a":1,"b":2}', {"a": None, "b": 2}, {TWICE}),
        (rb'{"a":1,"\u0061":2}', {"a": None}, {TWICE}),
        (b'[{"x":{"a":1,"a":2}}]', [{"x": {"a": None}}], {TWICE}),
        (rb'"Zoe \ud83d"', "Zoe \ufffd", {LETTERS}),
        (rb'{"\udfff":1}', {"\ufffd": 1}, {LETTERS}),
        (rb'[["\ude00\ud83d"]]', [["\ufffd\ufffd"]], {LETTERS}),
        (rb'{"a":{"b":"x\u0000"}}', {"a": {"b": "x\ufffd"}}, {LETTERS}),
        (b'"x\x00y"', "x\ufffdy", {LETTERS}),
        (b'{"a":"Zo\xeb","b":1}', {"a": "Zo\ufffd", "b": 1}, {"not UTF-8"}),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd", {"not UTF-8"}),
        (b'"a\nb"', "a\nb", set()),
        (b"\xef\xbb\xbf{}", {}, set()),
        (rb'"\ufffd"', "\ufffd", set()),
        (rb'"\ud83d\ude00"', "\U0001f600", set()),
    ],
)
def test_an_odd_value_costs_itself_and_is_named(raw: bytes, value: object, odd: set[str]) -> None:
    """Everything around it is read as it stands; neither of two equal keys is believed."""
    found: set[str] = set()
    assert loads(raw, found) == value
    assert found == odd
    assert loads(raw) == value


@given(st.binary())
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    """Whatever comes in is a value that can be written, or `Malformed`."""
    with contextlib.suppress(Malformed):
        json.dumps(loads(raw), allow_nan=False).encode()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=20,
)


@given(values)
def test_json_written_by_python_is_read(value: object) -> None:
    """Strict is not odd: ordinary values survive, escaped or not."""
    assert loads(json.dumps(value).encode()) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode()) == value


USUAL = {"id": "evt_1", "data": {"name": "Grüße, Welt", "cause": 16, "seconds": 2.5, "at": None}}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_typical_json_needs_only_the_fast_parser(
    monkeypatch: pytest.MonkeyPatch, separators: tuple[str, str]
) -> None:
    """With or without a blank after commas and colons: the two ways in which programs write."""
    monkeypatch.setattr(strictjson, "closely", lambda *_: pytest.fail("looked closely"))
    assert loads(json.dumps(USUAL, ensure_ascii=False, separators=separators).encode()) == USUAL


def outcome(read: Callable[[bytes], object], raw: bytes) -> str:
    """What a reader makes of it, types and signs of zero included."""
    try:
        return repr(read(raw))
    except Malformed as error:
        return f"refused: {error.reason}"


# As they might be written, by the honest and by others.
whole = [str(number) for number in (0, 7, 2**53 + 1, 2**63, 2**64, 10**30)]
odd = ["-0", "01", "-0.0", "1.5", "1.50", "1e3", "1e22", "1E400", "NaN", "-Infinity", "nul", "null"]
plain = ["", "a", " a", "a b", "é", ",", ": ", "\t", '"']
escaped = [r"\u0061", r"\u0000", r"\ud800", r"\"", r"\\"]
texts = st.sampled_from([f'"{text}"' for text in plain + escaped])
scalars = st.sampled_from(whole + odd) | texts
blanks = st.sampled_from(["", "", " ", "  ", "\n"])


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lists and objects of these, equal keys and blanks in odd places included."""
    pairs = st.tuples(texts, blanks, inner).map(lambda pair: "{}:{}{}".format(*pair))
    lists = st.tuples(blanks, st.lists(inner, max_size=4)).map(lambda one: _joined(*one))
    objects = st.tuples(blanks, st.lists(pairs, max_size=4)).map(lambda one: _joined(*one))
    return lists.map("[{}]".format) | objects.map("{{{}}}".format)


def _joined(blank: str, parts: list[str]) -> str:
    return f",{blank}".join(parts)


@given(st.recursive(scalars, containers, max_leaves=12), st.sampled_from([0, 0, 0, 31, 32, 33]))
def test_the_fast_parser_gives_the_same_result_as_the_strict_one(text: str, around: int) -> None:
    """The same value, or the same reason to refuse it, whatever stands in it."""
    raw = ("[" * around + text + "]" * around).encode()
    assert outcome(loads, raw) == outcome(closely, raw)
