"""Every test, module, file and heading that a page of the docs points to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPS = (ROOT, ROOT / "adapter")
PACKAGES = (
    "adapter",
    "qa",
    *(path.parent.name for path in (ROOT / "adapter").glob("*/__init__.py")),
)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    """File and function; a renamed test must be renamed there too."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", text)
    files = re.findall(r"`(tests/[\w/.-]+\.(?:py|mjs|json))\b", text)
    assert [file for file in files if not (ROOT / file).is_file()] == []
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file()
        or not re.search(rf"\bdef {name}\(", (ROOT / file).read_text(encoding="utf-8"))
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    """`core/facts` or `core/facts.py` in adapter/, `qa/load` at the top."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})/[\w/]*(?:\.py)?)`", text)
    gone = [
        name
        for name in named
        if not any((top / f"{name}{end}").exists() for top in TOPS for end in ("", ".py"))
    ]
    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading that it has."""
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not leads_somewhere(page, link)]
    assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether that relative link can be followed."""
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not anchor or anchor in headings(target)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as code hosts make them from headings."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text).strip().lower().replace(" ", "-") for text in found}


def test_the_readmes_comparison_is_the_one_with_the_tests() -> None:
    """Every row there has its tests here, and none is left out."""
    short = rows(ROOT / "README.md")
    full = rows(ROOT / "docs" / "comparison.md")
    assert [row[:2] for row in full] == short
    assert all("::test_" in row[2] for row in full)


def rows(page: Path) -> list[list[str]]:
    """The cells of the table that begins with "elsewhere"."""
    table = page.read_text(encoding="utf-8").partition("| elsewhere |")[2].partition("\n\n")[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
