"""The glossary names what there is, once, in alphabetical order, and old words stay away."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|$",
    (ROOT / "docs/glossary.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)[2:]
NAMES = [(term, name) for term, _, names in ROWS for name in re.findall(r"`([\w.]+)`", names)]

OTHER_WORDS = {
    r"CallNews|CallReport|CallRecord|RecordFound|RecordAbsent": "CallUpdate, Cdr, CdrFound",
    r"\b[Cc]all cent(?:re|er)s? record\b": "CDR",
    r"dialled|dialling|\bcentre\b|behaviour|organis|recognis|favour": "American spelling",
}
SHOWN = ("adapter/**/*.py", "docs/*.md", "README.md", "CONTRIBUTING.md", "web/**/en.json")


@pytest.mark.parametrize(("term", "name"), NAMES)
def test_each_name_is_one_of_the_codes(term: str, name: str) -> None:
    """A class that is renamed is renamed here too."""
    module, _, attribute = f"adapter.{name}".rpartition(".")
    assert hasattr(import_module(module), attribute), f"{term}: {name}"


def test_the_terms_are_in_order_and_each_is_there_once() -> None:
    """A reader finds a term where it must be."""
    terms = [term.casefold() for term, _, _ in ROWS]
    assert len(terms) > 30
    assert terms == sorted(set(terms))


def test_a_call_log_is_never_the_providers_record() -> None:
    """What asks the provider, or checks it, has CDRs."""
    sources = [p for room in ("telephony", "doctor") for p in ROOT.glob(f"adapter/{room}/**/*.py")]
    found = [path.name for path in sources if re.search("call log", path.read_text("utf-8"), re.I)]
    assert sources
    assert found == []


@pytest.mark.parametrize("words", OTHER_WORDS)
def test_no_other_word_is_used_for_the_same_thing(words: str) -> None:
    """The field's own terms, in American spelling; stored names of old rows are the exception."""
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for pattern in SHOWN
        for path in ROOT.glob(pattern)
        if "glossary" not in path.name
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(words, line) and 'name="centre"' not in line
    ]
    assert found == [], f"rather: {OTHER_WORDS[words]}"
