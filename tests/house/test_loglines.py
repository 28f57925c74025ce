"""Every log line about a call can be joined to it: it names the call, and whose it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ADAPTER = Path(__file__).parents[2] / "adapter"
ABOUT_CALLS = ("call", "cdr", "delivery", "effect", "log", "pop", "read_back", "result", "task")
"""What a line's event begins with, before the point, if it is about a call."""

NO_CALL = {
    "call_center.setting_ignored": "of an agent's call center, no call",
    "delivery.refused": "nothing of it is believed, so nothing of it is told",
    "task.failed": "an asyncio task",
    "tasks.leaked": "asyncio tasks",
}


def lines() -> Iterator[tuple[str, str, set[str]]]:
    """Where each line about a call is written, its event, and the names that it tells."""
    for path in sorted(ADAPTER.rglob("*.py")):
        if "simulator" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for scope in ast.walk(tree):
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from lines_of(scope, f"{path.relative_to(ADAPTER.parent)}:{scope.name}")


def lines_of(scope: ast.AST, where: str) -> Iterator[tuple[str, str, set[str]]]:
    """Those of one function."""
    for call in ast.walk(scope):
        if not (isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")):
            continue
        event = event_of(call)
        if event.partition(".")[0] in ABOUT_CALLS and event not in NO_CALL:
            yield where, event, names_of(call, scope)


def event_of(call: ast.Call) -> str:
    """The event's text; of one that is put together, its beginning."""
    first = call.args[0] if call.args else None
    while isinstance(first, ast.BinOp):
        first = first.left
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def names_of(call: ast.Call, scope: ast.AST) -> set[str]:
    """Its keywords; of `**about` the dictionary's keys, of `**_log_fields(…)` the function name."""
    names = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    for keyword in call.keywords:
        if keyword.arg is None and isinstance(keyword.value, ast.Call):
            names.add(ast.unparse(keyword.value.func))
        elif keyword.arg is None:
            names |= keys_of(ast.unparse(keyword.value), scope)
    return names


def keys_of(name: str, scope: ast.AST) -> set[str]:
    """The keys that this function gives the dictionary of that name."""
    return {
        key.value
        for made in ast.walk(scope)
        if isinstance(made, ast.Assign) and ast.unparse(made.targets[0]) == name
        for value in [made.value]
        if isinstance(value, ast.Dict)
        for key in value.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


FOUND = list(lines())


def test_there_are_such_lines() -> None:
    """Else the test below would show nothing."""
    assert {"call.placed", "delivery.applied", "log.go", "task.duplicated"} <= {
        e for _, e, _ in FOUND
    }


@pytest.mark.parametrize(("where", "event", "names"), FOUND, ids=[f"{w}-{e}" for w, e, _ in FOUND])
def test_each_line_about_a_call_names_it_and_its_agent(
    where: str, event: str, names: set[str]
) -> None:
    """Before an agent has it: the delivery, with the provider's id of the call (`_log_fields`)."""
    assert {"agent", "call"} <= names or "_log_fields" in names, f"{where}: {event} names {names}"
