"""No refusal without its row: settings for the admin, words for the agent, a line in the docs."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from adapter.refusals import SETTINGS, variables
from adapter.settings import PREFIX, Settings

pytestmark = pytest.mark.interpreted

ROOT = Path(__file__).parents[1]
WORDS = ROOT / "web" / "softphone" / "lang"
NO_REFUSALS = {"placed"}


def strings(node: ast.expr) -> list[str]:
    """The texts of a tuple or of a call's arguments, where they stand there as they are."""
    parts = node.elts if isinstance(node, ast.Tuple) else getattr(node, "args", [])
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    return [value for value in values if isinstance(value, str) and value]


def nodes(file: str) -> list[ast.expr]:
    """Every expression in that file."""
    tree = ast.parse((ROOT / "adapter" / file).read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.expr)]


def refused_numbers() -> set[str]:
    """The codes of what cannot be read, is no number, or may not be dialed: the first argument."""
    files = ("core/numbers/text.py", "core/numbers/plan.py", "core/numbers/phone.py")
    made = [n for file in files for n in nodes(file) if isinstance(n, ast.Call)]
    refusals = {"Unreadable", "Unplanned", "Undialable"}
    named = [n for n in made if isinstance(n.func, ast.Name) and n.func.id in refusals]
    return {f"refused-{strings(node)[0]}" for node in named if strings(node)}


def refused_moments() -> set[str]:
    """The codes of pairs (code, text), and of answers."""
    told = [
        *nodes("core/dialing.py"),
        *nodes("core/controlling.py"),
        *nodes("web/signin/salesforceuser.py"),
    ]
    pairs = [n for n in told if isinstance(n, ast.Tuple) and len(n.elts) == 2]
    codes = {strings(node)[0] for node in pairs if strings(node)}
    made = [n for n in nodes("core/dialing.py") if isinstance(n, ast.Call)]
    answers = [n for n in made if isinstance(n.func, ast.Name) and n.func.id == "Answer"]
    return (codes | {strings(node)[0] for node in answers if strings(node)}) - NO_REFUSALS


def rows() -> dict[str, set[str]]:
    """The table of docs/security.md: code and the variables that its row names."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", text, re.MULTILINE)
    return {code: set(re.findall(rf"{PREFIX}\w+", settings)) for code, _, settings in found}


def test_each_refusal_of_the_machine_has_its_row() -> None:
    """Read from the code that makes them: one that is added fails here."""
    found = refused_numbers() | refused_moments()
    assert {"refused-denied", "too-many-org", "busy", "use-your-phone"} <= found
    assert found == SETTINGS.keys()


def test_each_setting_that_a_row_names_is_one() -> None:
    """An admin must find it in .env.example."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    named = {variable for code in SETTINGS for variable in variables(code)}
    assert named <= known
    assert variables("placed") == ()


@pytest.mark.parametrize("code", SETTINGS)
def test_each_refusal_is_in_the_documents_with_its_settings(code: str) -> None:
    """docs/security.md has the table for the admin."""
    assert rows()[code] == set(variables(code))


@pytest.mark.parametrize("language", sorted(path.stem for path in WORDS.glob("*.json")))
def test_each_refusal_has_a_text_in_each_language(language: str) -> None:
    """The agent reads why."""
    words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    assert [code for code in SETTINGS if not words.get(f"answer.{code}")] == []
