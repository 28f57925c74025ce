"""Frozen dataclasses ⇄ plain JSON values, by functions that are written once per class.

Law of this file: pure; nothing is looked up by reflection while encoding or decoding. As the
standard library does it for a dataclass, the text of each function is put together from the type
hints, then compiled:

    def encode_Call(value):
        data = {"call_id": value.call_id, ..., "stage": encoders_21[type(value.stage)](value.stage)}
        item = value.facts
        if item is not default_85 and (item := encode_Facts_65(item)) != left_out_86:
            data["facts"] = item
        item = value.provider_call_id
        if item is not None:
            data["provider_call_id"] = item
        ...

A field that has its default is left out. A member of a union carries its class name under "is"; a
`Known` is written as [value, source], because it is by far the most frequent value. A field that is
not known (a newer version wrote it) is ignored; a missing one takes its default, so a default may
only be changed together with an upgrade (rows.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

from adapter.core.facts import Known, Source

Json: TypeAlias = Any
Encode: TypeAlias = Callable[[Any], Json]
Decode: TypeAlias = Callable[[Json], Any]
Text: TypeAlias = Callable[[str], str]
"""From the text of an expression to that of another one, made of it."""

TAG = "is"
PLAIN = (str, int, bool)


class Unreadable(ValueError):
    """A stored value that this version cannot make sense of."""


class Plan(NamedTuple):
    """How values of a type become JSON, and come back: as text, of the value's own text."""

    encode: Text
    decode: Text


AS_IT_IS = Plan(str, str)

_ENCODE = """
def encode_{kind}(value):
    data = {{{required}}}{optional}
    return data
"""

_UNLESS_NONE = """
    item = value.{field}
    if item is not None:
        data["{field}"] = {encoded}"""

_UNLESS_DEFAULT = """
    item = value.{field}
    if item is not {default} and {encoded} != {left_out}:
        data["{field}"] = item"""

_DECODE = """
def decode_{kind}(data):
    if type(data) is not dict:
        raise Unreadable("{kind} is no object")
    try:
        return {new}({arguments})
    except KeyError as error:
        raise {strange}(data) from error
"""

_names: dict[str, Any] = {"Known": Known, "Unreadable": Unreadable}
"""What the texts name: classes, defaults, and each other's functions."""


def _name(what: str, value: object) -> str:
    """A name of its own, by which the texts can call the value."""
    name = f"{what}_{len(_names)}"
    _names[name] = value
    return name


def _compiled(text: str) -> Callable[[Any], Any]:
    """The one function that the text defines."""
    made: dict[str, Callable[[Any], Any]] = {}
    # There is nothing in the text but the names of our own classes and fields.
    exec(text, _names, made)  # noqa: S102
    (function,) = made.values()
    return function


def encoder(kind: Any) -> Encode | None:
    """How values of a type become JSON; None when they are JSON as they are."""
    return _encode_fields(kind) if _is_dataclass(kind) else _function(_plan(kind).encode)


def decoder(kind: Any) -> Decode | None:
    """How JSON becomes a value of a type; None when it is one already."""
    return _decode_fields(kind) if _is_dataclass(kind) else _function(_plan(kind).decode)


def _is_dataclass(kind: Any) -> bool:
    return isinstance(kind, type) and is_dataclass(kind)


def _function(text: Text) -> Callable[[Any], Any] | None:
    return None if text is str else _compiled(f"def function(item): return {text('item')}")


@cache
def _plan(kind: Any) -> Plan:
    """The pair of texts for a type hint, made once."""
    if kind in PLAIN:
        return AS_IT_IS
    origin = get_origin(kind)
    if origin is Known:
        return _known(kind)
    if origin is tuple:
        return _tuple(kind)
    if origin in {Union, UnionType}:
        return _union(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    if _is_dataclass(kind):
        return _calls(_encode_fields(kind), _decode_fields(kind))
    raise TypeError(f"no plan for {kind!r}")


def _calls(encode: Encode, decode: Decode) -> Plan:
    """Each by calling a function."""
    encode_it, decode_it = _name(encode.__name__, encode), _name(decode.__name__, decode)
    return Plan(lambda it: f"{encode_it}({it})", lambda it: f"{decode_it}({it})")


def _enum(kind: type[Enum]) -> Plan:
    """A member as its value, which `_value_` is without a call."""
    members = _name("members", {member.value: member for member in kind})
    return Plan(lambda it: f"{it}._value_", lambda it: f"{members}[{it}]")


def _known(kind: Any) -> Plan:
    """Known[T] as [value, source]; further elements are a newer version's."""
    (inner,) = get_args(kind)
    value, source = _plan(inner), _plan(Source)

    def encode(it: str) -> str:
        return f"[{value.encode(f'{it}.value')}, {source.encode(f'{it}.source')}]"

    def decode(it: str) -> str:
        return f"Known({value.decode(f'{it}[0]')}, {source.decode(f'{it}[1]')})"

    return Plan(encode, decode)


def _tuple(kind: Any) -> Plan:
    """tuple[T, ...] as an array; other tuples are not in the model."""
    inner, ellipsis = get_args(kind)
    if ellipsis is not Ellipsis:
        raise TypeError(f"no plan for {kind!r}")
    plan = _plan(inner)
    if plan is AS_IT_IS:
        return Plan(str, lambda it: f"tuple({it})")
    return Plan(
        lambda it: f"[{plan.encode('one')} for one in {it}]",
        lambda it: f"tuple([{plan.decode('one')} for one in {it}])",
    )


def _union(kind: Any) -> Plan:
    """T | None as T or null; several dataclasses as objects tagged with the class's name."""
    members = [member for member in get_args(kind) if member is not NoneType]
    optional = len(members) < len(get_args(kind))
    if len(members) > 1 and not all(map(_is_dataclass, members)):
        raise TypeError(f"no plan for {kind!r}")
    plan = _plan(members[0]) if len(members) == 1 else _tagged(members)
    if not optional or plan is AS_IT_IS:
        return plan
    return Plan(
        lambda it: f"None if {it} is None else {plan.encode(it)}",
        lambda it: f"None if {it} is None else {plan.decode(it)}",
    )


def _tagged(members: list[Any]) -> Plan:
    """One of several dataclasses, told apart by their names."""
    encoders = _name("encoders", {one: _encode_fields(one, one.__name__) for one in members})
    decoders = _name("decoders", {one.__name__: _decode_fields(one) for one in members})
    return Plan(
        lambda it: f"{encoders}[type({it})]({it})",
        lambda it: f'{decoders}[{it}["{TAG}"]]({it})',
    )


def _plans(kind: Any) -> list[tuple[Field[Any], Plan]]:
    hints = get_type_hints(kind)
    return [(field, _plan(hints[field.name])) for field in fields(kind)]


@cache
def _encode_fields(kind: Any, tag: str = "") -> Encode:
    """A dataclass as an object of the fields that do not have their defaults."""
    required = [f'"{TAG}": "{tag}"'] if tag else []
    optional = []
    for field, plan in _plans(kind):
        if field.default is MISSING:
            required.append(f'"{field.name}": {plan.encode(f"value.{field.name}")}')
            continue
        optional.append(_optional(field, plan))
    return _compiled(
        _ENCODE.format(kind=kind.__name__, required=", ".join(required), optional="".join(optional))
    )


def _optional(field: Field[Any], plan: Plan) -> str:
    """The lines that encode a field, unless it has its default.

    Whether another object equals the default is asked of their JSON, which takes no call of ours.
    """
    encoded, encode = plan.encode("item"), _function(plan.encode)
    if field.default is None:
        return _UNLESS_NONE.format(field=field.name, encoded=encoded)
    default = left_out = _name("default", field.default)
    if encode is not None:
        encoded, left_out = f"(item := {encoded})", _name("left_out", encode(field.default))
    return _UNLESS_DEFAULT.format(
        field=field.name, default=default, encoded=encoded, left_out=left_out
    )


@cache
def _decode_fields(kind: Any) -> Decode:
    """A dataclass from an object; what is missing has its default, what is unknown is ignored."""
    plans = _plans(kind)
    required = {field.name for field, _ in plans if field.default is MISSING}

    def strange(data: dict[str, Json]) -> Unreadable:
        missing = sorted(required - data.keys())
        what = f"without {missing}" if missing else "with a value that is not known"
        return Unreadable(f"{kind.__name__} {what}")

    return _compiled(
        _DECODE.format(
            kind=kind.__name__,
            new=_name(kind.__name__, kind),
            arguments=", ".join(_argument(field, plan) for field, plan in plans),
            strange=_name("strange", strange),
        )
    )


def _argument(field: Field[Any], plan: Plan) -> str:
    key = f'"{field.name}"'
    decoded = plan.decode(f"data[{key}]")
    if field.default is MISSING:
        return decoded
    return f"{_name('default', field.default)} if {key} not in data else {decoded}"
