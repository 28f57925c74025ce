"""`dataclass` and `replace` for values that are made all the time: the standard library's, quicker.

And `kept_with`, for what is made of the same value again and again.

Deciding is making values, hundreds for each call. A frozen dataclass has forbidden itself to assign
and goes round that for each field; `replace` reads every field by its name besides. Together they
took a quarter of all processor time.

Here each class has a twin, a subclass of the same shape in memory that may be assigned to. A value
is written while it is its twin, in plain assignments, and is frozen by the last of them, which
gives it its own class; a changed value is a copy as such a twin, in which the changes are assigned.
All else (equality, hashes, `repr`, frozenness, `fields`) is the standard library's, and mypy sees
nothing but that.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def dataclass(**options: bool) -> Callable[[type], type]:
        """`dataclasses.dataclass`; raises TypeError where `_METHODS` would not fit."""
        return lambda cls: _quickened(dataclasses.dataclass(**options)(cls))

    def replace(value: Any, /, **changes: Any) -> Any:
        """`dataclasses.replace`; raises TypeError for a name that is no field."""
        changed = value._twin_of_its_own()
        try:
            for name, told in changes.items():
                setattr(changed, name, told)
        except AttributeError as error:
            text = f"{type(value).__qualname__}.__replace__() got an unexpected keyword: {error}"
            raise TypeError(text) from None
        changed.__class__ = type(value)
        return changed


__all__ = ["Keeper", "dataclass", "kept_with", "replace"]


class Keeper:
    """A value with room for one thing that was made of it, for as long as the value lives.

    The room is no field: what is in it is not compared, copied, printed or stored.
    """

    __slots__ = ("_kept",)
    _kept: tuple[object, object, Any]


Value = TypeVar("Value", bound=Keeper)
Made = TypeVar("Made")


def kept_with(make: Callable[[Value, str], Made]) -> Callable[[Value, str], Made]:
    """A pure function of a value and a text, called once for the same two, as `lru_cache` does it.

    There is nothing to look up, to hash or to throw out: the answer is in the value. One is kept,
    the last.
    """

    @wraps(make)
    def kept(value: Value, how: str) -> Made:
        try:
            by, with_text, made = value._kept
            if by is make and with_text == how:
                return made  # type: ignore[no-any-return]
        except AttributeError:
            pass  # nothing is kept yet
        fresh = make(value, how)
        object.__setattr__(value, "_kept", (make, how, fresh))
        return fresh

    return kept


_become = vars(object)["__class__"].__set__
"""Gives a value another class, as assigning `__class__` does where that is not forbidden."""

_METHODS = """
def methods(_frozen, _twin, _new, _become):
    def __init__(self, {names}):
        _become(self, _twin)
        {assignments}
        self.__class__ = _frozen

    def _twin_of_its_own(self):
        twin = _new(_twin)
        {copies}
        return twin

    return __init__, _twin_of_its_own
"""


def _quickened(cls: Any) -> Any:
    """The same class, with an `__init__` of our own, and what `replace` needs."""
    names = _plain_fields(cls)
    text = _METHODS.format(
        names=", ".join(names),
        assignments="; ".join(f"self.{n} = {n}" for n in names),
        copies="; ".join(f"twin.{n} = self.{n}" for n in names),
    )
    made: dict[str, Any] = {}
    # As the standard library does it: the text has nothing in it but the names of our own fields.
    exec(text, vars(sys.modules[cls.__module__]), made)  # noqa: S102
    methods = made["methods"](cls, _twin(cls), object.__new__, _become)
    for method in methods:
        method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
    init, cls._twin_of_its_own = methods
    cls.__replace__ = replace  # what Python 3.13's copy.replace asks for
    init.__defaults__ = cls.__init__.__defaults__
    init.__annotations__ = cls.__init__.__annotations__
    cls.__init__ = init
    return cls


def _twin(cls: type) -> type:
    """The class of a value that is being written; nobody but `_METHODS` ever sees one."""
    open_again = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), {"__slots__": (), **open_again})


def _plain_fields(cls: type) -> list[str]:
    """The names of the fields; each is a parameter that is stored as it comes."""
    fields = dataclasses.fields(cls)
    made = any(f.default_factory is not dataclasses.MISSING or f.kw_only for f in fields)
    if made or hasattr(cls, "__post_init__") or "__slots__" not in vars(cls):
        raise TypeError(f"{cls.__name__} is no plain value: use the standard library's dataclass")
    return [field.name for field in fields]
