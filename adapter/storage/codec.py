"""Frozen dataclasses ⇄ plain JSON values, by plans made once per class.

Law of this file: pure; nothing is looked up by reflection while encoding or decoding. A field that
has its default is left out. A member of a union carries its class name under "is"; a `Known` is
written as [value, source], because it is by far the most frequent value. A field that is not known
(a newer version wrote it) is ignored; a missing one takes its default, so a default may only be
changed together with an upgrade (rows.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from adapter.core.facts import Known, Source

Json: TypeAlias = Any
Encode: TypeAlias = Callable[[Any], Json]
Decode: TypeAlias = Callable[[Json], Any]

TAG = "is"
PLAIN = (str, int, bool)


class Unreadable(ValueError):
    """A stored value that this version cannot make sense of."""


def encoder(kind: Any) -> Encode | None:
    """How values of a type become JSON; None when they are JSON as they are."""
    return _plan(kind)[0]


def decoder(kind: Any) -> Decode | None:
    """How JSON becomes a value of a type; None when it is one already."""
    return _plan(kind)[1]


@cache
def _plan(kind: Any) -> tuple[Encode | None, Decode | None]:
    """The pair of functions for a type hint, made once."""
    if kind in PLAIN:
        return None, None
    origin = get_origin(kind)
    if origin is Known:
        return _known(kind)
    if origin is tuple:
        return _tuple(kind)
    if origin in {Union, UnionType}:
        return _union(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return attrgetter("value"), kind
    if is_dataclass(kind):
        return _encode_fields(kind), _decode_fields(kind)
    raise TypeError(f"no plan for {kind!r}")


def _known(kind: Any) -> tuple[Encode, Decode]:
    """Known[T] as [value, source]; further elements are a newer version's."""
    (inner,) = get_args(kind)
    encode, decode = _plan(inner)
    sources = {source.value: source for source in Source}

    def to_json(known: Known[Any]) -> Json:
        value = known.value
        return [value if encode is None else encode(value), known.source.value]

    def from_json(pair: Json) -> Known[Any]:
        value = pair[0]
        return Known(value if decode is None else decode(value), sources[pair[1]])

    return to_json, from_json


def _tuple(kind: Any) -> tuple[Encode, Decode]:
    """tuple[T, ...] as an array; other tuples are not in the model."""
    inner, ellipsis = get_args(kind)
    if ellipsis is not Ellipsis:
        raise TypeError(f"no plan for {kind!r}")
    encode, decode = _plan(inner)

    def to_json(values: tuple[Any, ...]) -> Json:
        return values if encode is None else [encode(value) for value in values]

    def from_json(values: Json) -> tuple[Any, ...]:
        return tuple(values) if decode is None else tuple([decode(value) for value in values])

    return to_json, from_json


def _union(kind: Any) -> tuple[Encode | None, Decode | None]:
    """T | None as T or null; several dataclasses as objects tagged with the class's name."""
    members = [member for member in get_args(kind) if member is not NoneType]
    optional = len(members) < len(get_args(kind))
    if len(members) > 1 and not all(is_dataclass(member) for member in members):
        raise TypeError(f"no plan for {kind!r}")
    encode, decode = _plan(members[0]) if len(members) == 1 else _tagged(members)
    if not optional or encode is None or decode is None:
        return encode, decode
    return _or_none(encode), _or_none(decode)


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same for None, which stays what it is."""

    def converted(value: Any) -> Any:
        return None if value is None else convert(value)

    return converted


def _tagged(members: list[Any]) -> tuple[Encode, Decode]:
    """One of several dataclasses, told apart by their names."""
    encoders = {member: _encode_fields(member, member.__name__) for member in members}
    decoders = {member.__name__: _decode_fields(member) for member in members}

    def to_json(value: Any) -> Json:
        return encoders[type(value)](value)

    def from_json(data: Json) -> Any:
        try:
            decode = decoders[data[TAG]]
        except KeyError as error:
            raise Unreadable(f"none of {sorted(decoders)}") from error
        return decode(data)

    return to_json, from_json


def _encode_fields(kind: Any, tag: str | None = None) -> Encode:
    """A dataclass as an object of the fields that do not have their defaults."""
    hints = get_type_hints(kind)
    plan = tuple(
        (f.name, attrgetter(f.name), f.default, encoder(hints[f.name])) for f in fields(kind)
    )

    def to_json(value: Any) -> Json:
        data: dict[str, Json] = {} if tag is None else {TAG: tag}
        for name, get, default, encode in plan:
            item = get(value)
            if item is default or item == default:
                continue
            data[name] = item if encode is None else encode(item)
        return data

    return to_json


def _decode_fields(kind: Any) -> Decode:
    """A dataclass from an object; what is missing has its default, what is unknown is ignored."""
    hints = get_type_hints(kind)
    convert = {f.name: decoder(hints[f.name]) for f in fields(kind)}
    required = {f.name for f in fields(kind) if f.default is MISSING}

    def from_json(data: Json) -> Any:
        known = {}
        for name, item in data.items():
            if name in convert:
                decode = convert[name]
                known[name] = item if decode is None else decode(item)
        if not required <= known.keys():
            raise Unreadable(f"{kind.__name__} without {sorted(required - known.keys())}")
        return kind(**known)

    return from_json
