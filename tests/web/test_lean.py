"""What browsers get of `web/softphone` is what is written there, less what browsers skip."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.web.lean import lean

FOLDER = Path(__file__).resolve().parents[2] / "web" / "softphone"
SOURCES = sorted(path for path in FOLDER.iterdir() if path.suffix in {".js", ".css"})
PAGE_LIMIT = 100_000


def test_comments_and_indentation_go_and_lines_stay() -> None:
    """Line 4 is line 4 before and after."""
    source = b"/**\n * Why.\n */\n  go(1); // here\n  // there\n  /** @type {X} */ (y).z();\n"
    assert lean(source) == b"\n\n\ngo(1); // here\n\n(y).z();\n"


def test_what_only_looks_like_a_comment_stays() -> None:
    """A selector's star, an address and a pattern are no comments."""
    source = b"* { a: b }\nconst url = 'http://x/*';\nconst any = /.*/;\n"
    assert lean(source) == source


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_string_runs_over_several_lines(path: Path) -> None:
    """Taking blanks from the beginning of a line must not change a text."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert line.count("`") % 2 == 0, f"{path.name}:{number}"


def test_the_page_weighs_less_than_a_hundred_kilobytes() -> None:
    """All scripts and styles, the page itself and one language; the org's library not counted."""
    scripts = sum(len(lean(path.read_bytes())) for path in SOURCES)
    words = max(path.stat().st_size for path in (FOLDER / "lang").iterdir())
    page = (FOLDER.parent / "softphone.html").stat().st_size
    assert scripts + words + page < PAGE_LIMIT
