"""What browsers get of `web/softphone` is what is written there, less what browsers skip."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.web.lean import _LITERAL, late_words, lean, lean_script, lean_style, lean_words

FOLDER = Path(__file__).resolve().parents[2] / "web" / "softphone"
SOURCES = sorted(path for path in FOLDER.iterdir() if path.suffix in {".js", ".css"})
SCRIPTS = [path for path in SOURCES if path.suffix == ".js"]


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


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_comment_begins_its_line(path: Path) -> None:
    """Behind code it would take the next line with it, where that one is joined."""
    literal = re.compile(_LITERAL, re.VERBOSE)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        code = literal.sub("", line.strip())
        assert code.startswith(("//", "/*", "*")) or "//" not in code, f"{path.name}:{number}"


def test_a_script_keeps_its_texts_and_patterns() -> None:
    """Blanks stay where two words would become one, and in all that is text."""
    source = (
        b"/** Why. */\nexport const a = /** @type {X} */ (b) + 'x  y' ;\n"
        b"  if ( a ) return /[ /] +/g.test( a ) ? `${ a }  b` : c / 2 + +d;\n"
    )
    assert lean_script(source) == (
        b"export const a=(b)+'x  y';if(a)return /[ /] +/g.test(a)?`${ a }  b`:c /2+ +d"
    )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_what_is_lean_cannot_get_leaner(path: Path) -> None:
    """What was taken away leaves nothing that could go too."""
    served = lean_script(path.read_bytes())
    assert lean_script(served) == served


def test_a_line_ends_only_where_a_statement_may() -> None:
    """Within brackets, and after a semicolon, the next line follows at once."""
    source = b"const a = [\n  1,\n  2,\n];\n\nfunction f() {\n  go();\n}\nf()\nf()\n"
    assert lean_script(source) == b"const a=[1,2];function f(){go()}\nf()\nf()"


def test_no_script_names_a_styling_hook() -> None:
    """They have other names where they are served."""
    assert [path.name for path in SCRIPTS if b"--slds" in path.read_bytes()] == []


def test_a_style_says_the_same_with_fewer_blanks() -> None:
    """What parts a selector's parts, or a value's, stays."""
    source = b"/* Why */\n.a .b, .c {\n  margin: 0 auto;\n  color: red;\n}\n\n.d { top: 0; }\n"
    assert lean_style(source) == b".a .b,.c{margin:0 auto;color:red}.d{top:0}"
    assert lean_style(b'[a="b-c"] { top: 0.5rem }') == b"[a=b-c]{top:.5rem}"
    hooks = b"a { color: var(--slds-g-color-accent-1); gap: var(--slds-g-spacing-2); }"
    assert lean_style(hooks) == b"a{color:var(--c-accent-1);gap:var(--s-2)}"


def test_a_table_of_words_is_the_same_table() -> None:
    """Whatever language it is in."""
    source = '{\n  "a": "Grüße: {name}",\n\n  "b": { "one": "1", "other": "2" }\n}\n'.encode()
    assert lean_words(source) == '{"a":"Grüße: {name}","b":{"one":"1","other":"2"}}'.encode()


def test_the_words_of_a_page_that_cannot_start_come_later() -> None:
    """Save those for a server that would not answer that either."""
    source = (
        b'{"blocked.title": "a", "blocked.server-unreachable.admin": "b", "blocked.no-mode": "c"}'
    )
    assert late_words(source) == b'{"blocked.no-mode":"c"}'
    assert lean_words(source) == b'{"blocked.title":"a","blocked.server-unreachable.admin":"b"}'
