"""Reads a migration, and says what in it a replica of the release before could not live with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

ADDING = {"create_table", "create_index", "add_column", "create_unique_constraint"}
FILLING = {"execute", "bulk_insert", "get_bind", "get_context"}
DROPPING = {"drop_table", "drop_column", "drop_index", "drop_constraint"}
UNUSED = "UNUSED_SINCE"
"""A revision that drops something says so: `UNUSED_SINCE = "0.2.0"`, the release that no longer
used it. By then no replica that did can be running beside the new one."""


def breaches(source: str) -> list[str]:
    """A sentence for each step that is not additive."""
    tree = ast.parse(source)
    may_drop = any(isinstance(node, ast.Name) and node.id == UNUSED for node in ast.walk(tree))
    return [
        f"line {call.lineno}: {said}"
        for call, said in _operations(tree)
        if not (may_drop and said in DROPPING)
    ]


def _operations(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        match call.func:
            case ast.Attribute(ast.Name("op"), name) if name not in ADDING | FILLING:
                yield call, name
            case ast.Attribute(ast.Name("op"), "add_column") if not _has_default(call):
                yield call, "add_column without nullable=True or server_default"
            case _:
                pass


def _has_default(call: ast.Call) -> bool:
    """Rows of the release before leave the new column out, so that it needs a value without."""
    keywords = {
        keyword.arg: keyword.value
        for node in ast.walk(call)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    }
    nullable = keywords.get("nullable")
    may_be_null = not (isinstance(nullable, ast.Constant) and nullable.value is False)
    return may_be_null or "server_default" in keywords
