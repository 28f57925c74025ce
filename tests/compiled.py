"""A pytest plugin of `make compiled`: it is the compiled modules, as installed, that are tested."""

from __future__ import annotations

import sys
import tomllib
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).parents[1]


def compiled_modules() -> list[str]:
    """The names of the modules that the build hook compiles."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]
    paths: list[str] = hook["include"]
    return [path.removeprefix("/").removesuffix(".py").replace("/", ".") for path in paths]


def pytest_sessionstart() -> None:
    """End at once if any of them comes from anywhere else."""
    files = [str(import_module(name).__file__) for name in compiled_modules()]
    wrong = [
        file
        for file in files
        if not (file.startswith(sys.prefix) and file.endswith(tuple(EXTENSION_SUFFIXES)))
    ]
    if wrong:
        raise RuntimeError(f"not the compiled, installed modules: {wrong}")
