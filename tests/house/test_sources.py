"""What the adapter's sources never do, whatever module it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKERS = {"exec", "eval", "compile", "__import__"}
"""Built-in functions that turn text into running code."""


@pytest.mark.parametrize(
    "source", sorted((ROOT / "adapter").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_source_text_is_made_and_executed(source: Path) -> None:
    """What runs is what stands in the repository, can be read there, and is type-checked."""
    made = [
        f"line {node.lineno}: {node.func.id}"
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS
    ]
    assert not made
