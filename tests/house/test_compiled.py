"""What `make compiled` compiles is there, and made of what means the same when it is compiled.

What differs: https://mypyc.readthedocs.io/en/latest/differences_from_python.html. Nothing is
compiled here.
"""

from __future__ import annotations

import ast
import dataclasses
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.compiled import ROOT, compiled_modules

MODULES = compiled_modules()
EXTRA = "compiled"


def classes(module: str) -> Iterator[type[Any]]:
    """Those that are defined there."""
    for value in vars(import_module(module)).values():
        if isinstance(value, type) and value.__module__ == module:
            yield value


def arguments(kind: type[Struct]) -> dict[str, object]:
    """All that a struct's class can be told, as it holds for this one."""
    config = kind.__struct_config__
    return {name: getattr(config, name) for name in dir(config) if not name.startswith("_")}


def tree(path: Path) -> ast.Module:
    """What is written there."""
    return ast.parse(path.read_text(encoding="utf-8"))


def file_of(module: str) -> Path:
    """Where its source is."""
    return ROOT / f"{module.replace('.', '/')}.py"


def test_each_is_a_file_and_named_once() -> None:
    """A module that moved would be left uncompiled without a word."""
    assert sorted(set(MODULES)) == MODULES
    assert [module for module in MODULES if not file_of(module).is_file()] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_class_uses_what_mypyc_ignores(module: str) -> None:
    """A struct's arguments hold by its bases; dataclasses and protocols are elsewhere."""
    for kind in classes(module):
        assert not dataclasses.is_dataclass(kind), kind
        assert not getattr(kind, "_is_protocol", False), kind
        assert not issubclass(kind, tuple), kind
        if issubclass(kind, Struct):
            base = kind.__base__
            assert base is not None
            assert issubclass(base, Struct)
            assert arguments(kind) == (arguments(base) if base is not Struct else DEFAULT), kind


class Plain(Struct):
    """Told nothing."""


DEFAULT = arguments(Plain)


def test_no_class_has_a_subclass_that_is_not_compiled() -> None:
    """What is interpreted cannot inherit from what is compiled, structs aside."""
    ours = {(module, kind.__name__) for module in MODULES for kind in classes(module)}
    ours -= {
        (k.__module__, k.__name__) for m in MODULES for k in classes(m) if issubclass(k, Struct)
    }
    compiled = {file_of(module) for module in MODULES}
    found = []
    for folder in ("adapter", "qa", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if path in compiled or not any(module in path.read_text() for module, _ in ours):
                continue
            body = tree(path)
            imported = {
                alias.asname or alias.name
                for node in ast.walk(body)
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
                if (node.module, alias.name) in ours
            }
            for node in ast.walk(body):
                bases = node.bases if isinstance(node, ast.ClassDef) else []
                found += [
                    (str(path.relative_to(ROOT)), base.id)
                    for base in bases
                    if isinstance(base, ast.Name) and base.id in imported
                ]
    assert found == []


@pytest.mark.parametrize("module", MODULES)
def test_no_function_calls_itself(module: str) -> None:
    """Compiled calls have no recursion limit: what a stranger nests deeply would be a crash."""
    for function in ast.walk(tree(file_of(module))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            called = {
                node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                for node in ast.walk(function)
                if isinstance(node, ast.Call)
                and (
                    isinstance(node.func, ast.Name)
                    or (
                        isinstance(node.func, ast.Attribute)
                        and isinstance(node.func.value, ast.Name)
                        and node.func.value.id in {"self", "cls"}
                    )
                )
            }
            assert function.name not in called


def test_nothing_is_compiled_unless_requested() -> None:
    """Whoever installs the program, or builds its image, needs no compiler."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]
    assert hook["enable-by-default"] is False
    assert not any("mypyc" in need for need in project["build-system"]["requires"])
    assert hook["dependencies"] == project["project"]["optional-dependencies"][EXTRA]
    assert "\nARG COMPILED=\n" in (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
