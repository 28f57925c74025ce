"""JSON from strangers: what is read, and what is refused with which reason."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.nesting import MAX_DEPTH
from adapter.telephony.strictjson import Malformed, loads


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
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'"\x00"', "not JSON"),
        (b'"\n"', "not JSON"),
        (b"[1,]", "not JSON"),
        (b"01", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'{"a":NaN}', "not a number"),
        (b"[Infinity]", "not a number"),
        (b"-Infinity", "not a number"),
        (b"1e999", "number too large"),
        (b"-1e999", "number too large"),
        (b"9223372036854775808", "integer too large"),
        (b"-9223372036854775809", "integer too large"),
        (b"1" * 5000, "integer too large"),
        (b'{"a":1,"a":1}', "duplicate key"),
        (rb'{"a":1,"\u0061":2}', "duplicate key"),
        (b'[{"x":{"a":1,"a":2}}]', "duplicate key"),
        (rb'"\ud800"', "lone surrogate"),
        (rb'{"\udfff":1}', "lone surrogate"),
        (rb'[["\ude00\ud83d"]]', "lone surrogate"),
        (rb'{"a":{"b":"x\u0000"}}', "NUL in text"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested too deeply"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "nested too deeply"),
        (b"[" * 60_000, "nested too deeply"),
    ],
)
def test_anything_else_is_refused_with_its_reason(raw: bytes, why: str) -> None:
    """Each trap has a name, and none of them ends in another exception."""
    assert reason(raw) == why


@given(st.binary())
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    """Whatever comes in is a value or `Malformed`."""
    with contextlib.suppress(Malformed):
        assert loads(raw) == json.loads(raw)


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
def test_what_python_writes_is_read_back(value: object) -> None:
    """Strict is not odd: ordinary values survive, escaped or not."""
    assert loads(json.dumps(value).encode()) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode()) == value
