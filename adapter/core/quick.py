"""`dataclass` and `replace` for values that are made all the time: the standard library's, quicker.

Deciding is making values, hundreds for each call. A frozen dataclass has forbidden itself to assign
and goes round that for each field; `replace` reads every field by its name besides. Together they
took a quarter of all processor time.

Here each class has a twin, a subclass of the same shape in memory that may be assigned to. A value
is written while it is its twin, in plain assignments, and is frozen by the last of them, which
gives it its own class. All else (equality, hashes, `repr`, frozenness, `fields`) is the standard
library's, and mypy sees nothing but that.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def dataclass(**options: bool) -> Callable[[type], type]:
        """`dataclasses.dataclass`; raises TypeError where `_METHODS` would not fit."""
        return lambda cls: _quickened(dataclasses.dataclass(**options)(cls))

    def replace(value: Any, /, **changes: Any) -> Any:
        """`dataclasses.replace`; raises TypeError for a name that is no field."""
        return value.__replace__(**changes)


__all__ = ["dataclass", "replace"]

# `__replace__` is what Python 3.13's copy.replace asks for.
_METHODS = """
def methods(_frozen, _twin, _new, _set, _kept):
    def __init__(self, {names}):
        _set(self, "__class__", _twin)
        {assignments}
        self.__class__ = _frozen

    def __replace__(_self, /, *, {changes}):
        self = _new(_twin)
        {replacements}
        self.__class__ = _frozen
        return self

    return __init__, __replace__
"""


def _quickened(cls: Any) -> Any:
    """The same class, with an `__init__` and a `__replace__` of our own."""
    names = _plain_fields(cls)
    text = _METHODS.format(
        names=", ".join(names),
        assignments="; ".join(f"self.{n} = {n}" for n in names),
        changes=", ".join(f"{n}=_kept" for n in names),
        replacements="; ".join(f"self.{n} = _self.{n} if {n} is _kept else {n}" for n in names),
    )
    made: dict[str, Any] = {}
    # As the standard library does it: the text has nothing in it but the names of our own fields.
    exec(text, vars(sys.modules[cls.__module__]), made)  # noqa: S102
    methods = made["methods"](cls, _twin(cls), object.__new__, object.__setattr__, object())
    for method in methods:
        method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
    init, cls.__replace__ = methods
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
