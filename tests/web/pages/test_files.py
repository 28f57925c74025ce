"""What browsers get: small, compressed, for ever under its build, bundled where that is fresh."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from adapter.web.pages.files import (
    START_STYLES,
    PageFile,
    PageFiles,
    early_words,
    late_words,
)
from adapter.web.pages.site import WEB

LIMIT = 60_000
"""Bytes over the wire until a panel is ready, compressed, without Salesforce's library."""
UNBUNDLED = 100_000
"""The same of a checkout where nobody has made the bundle: each module by itself, as written."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A page of three modules, of which one is needed late."""
    folder = tmp_path / "softphone"
    (folder / "lang").mkdir(parents=True)
    types = "/** @import {X} from './types.js' */\n"
    (folder / "boot.js").write_text(
        f"{types}import {{ a }} from './a.js';\nimport('./late.js');\na();\n"
    )
    (folder / "a.js").write_text("import { boot } from './boot.js';\nexport const a = 1;\n")
    (folder / "late.js").write_text("export const late = 1;\n")
    for style in START_STYLES:
        (folder / style).write_text(f".{style[0]} {{ top: 0; }}\n")
    words = '{"language": "de", "direction": "ltr", "connecting": "Verbinden…", "blocked.x": "y"}'
    (folder / "lang" / "de.json").write_text(words)
    return folder


def name_of(home: Path) -> str:
    """What the bundler calls these sources."""
    named = hashlib.sha256()
    for path in sorted([*home.glob("*.js"), *home.glob("*.css")]):
        named.update(f"{path.name}\0".encode() + path.read_bytes())
    return named.hexdigest()


def bundle(home: Path, sources: str) -> Path:
    """A bundle of sources of that name."""
    folder = home.parent / "dist"
    folder.mkdir()
    (folder / "boot.js").write_text('import{b}from"./chunk-ABCDEFGH.js";b()')
    (folder / "chunk-ABCDEFGH.js").write_text("export const b=1")
    (folder / "lightning-12345678.js").write_text('import"./chunk-ABCDEFGH.js"')
    for style in START_STYLES:
        (folder / style).write_text(f".{style[0]}{{top:0}}")
    (folder / "sources.txt").write_text(f"{sources}\n")
    return folder


def test_the_initially_needed_modules_are_known(home: Path) -> None:
    """Nearest first, each once, in circles too; what is imported later is not among them."""
    files = PageFiles(home, home / "none")
    assert (files.modules("boot.js"), files.is_bundled) == (["boot.js", "a.js"], False)
    assert files.languages == {"de": ("ltr", "Verbinden…")}


def test_a_bundle_of_these_sources_replaces_them(home: Path) -> None:
    """Under the build's path alone; a part is found by the name that it was made of."""
    files = PageFiles(home, bundle(home, name_of(home)))
    assert files.modules("boot.js", "lightning.js") == [
        "boot.js",
        "lightning-12345678.js",
        "chunk-ABCDEFGH.js",
    ]
    built, source = files.find("boot.js", built=True), files.find("boot.js", built=False)
    assert built is not None
    assert source is not None
    assert b"chunk" in built.plain
    assert b"chunk" not in source.plain
    assert files.find("chunk-ABCDEFGH.js", built=False) is None


@pytest.mark.parametrize("changed", ["a.js", "card.css"])
def test_a_bundle_of_other_sources_is_ignored(home: Path, changed: str) -> None:
    """What runs is what is written, not what it was some time ago."""
    folder = bundle(home, name_of(home))
    (home / changed).write_text("export const a = 2;\n")
    assert PageFiles(home, folder).modules("boot.js") == ["boot.js", "a.js"]


def test_third_party_files_are_served_with_any_sources(home: Path) -> None:
    """As it is: nothing of a library is shortened; and another one is another build."""
    dist = bundle(home, "others")
    before = PageFiles(home, dist).build
    (dist / "jssip.js").write_text("/*! MIT */ export class UA {}")
    files = PageFiles(home, dist)
    assert not files.is_bundled
    for built in (True, False):
        found = files.find("jssip.js", built=built)
        assert found is not None
        assert found.plain.startswith(b"/*! MIT */ ")
    assert files.build != before


def test_a_change_in_any_file_changes_the_build(home: Path) -> None:
    """And what stands beside the files makes one too."""
    before = PageFiles(home, home / "none").build
    assert PageFiles(home, home / "none", more=(b"x",)).build != before
    (home / "panel.css").write_text(".a { top: 1px; }\n")
    assert PageFiles(home, home / "none").build != before


def test_the_initial_screen_has_one_style_sheet(home: Path) -> None:
    """In the order in which they outrank each other."""
    whole = b".t { top: 0; }\n.p { top: 0; }\n.c { top: 0; }\n"
    written = PageFiles(home, home / "none").find("start.css", built=True)
    assert written is not None
    assert written.plain == whole
    files = PageFiles(home, bundle(home, name_of(home)))
    built, source = files.find("start.css", built=True), files.find("start.css", built=False)
    assert built is not None
    assert source is not None
    assert built.plain == b".t{top:0}.p{top:0}.c{top:0}"
    assert source.plain == whole


def test_gzip_is_used_where_accepted_and_worthwhile() -> None:
    """The same content either way."""
    file = PageFile("text/css", b"a{top:0}" * 100)
    short = PageFile("text/css", b"a{}")

    def answer(of: PageFile, accepted: str) -> tuple[object, str, str | None]:
        request = make_mocked_request("GET", "/", {"Accept-Encoding": accepted})
        answered = of.answer(request, {"ETag": of.etag})
        assert (answered.content_type, answered.headers["ETag"]) == ("text/css", of.etag)
        more = answered.headers
        return answered.body, more["Vary"], more.get("Content-Encoding")

    assert answer(file, "br, gzip") == (file.gzipped, "Accept-Encoding", "gzip")
    assert gzip.decompress(file.gzipped) == file.plain
    assert answer(file, "identity") == (file.plain, "Accept-Encoding", None)
    assert answer(short, "gzip") == (b"a{}", "Accept-Encoding", None)


@pytest.mark.parametrize("driver", [(), ("classic.js",)])
def test_the_page_transfers_less_than_sixty_kilobytes(driver: tuple[str, ...]) -> None:
    """Modules, styles and the longest language, compressed."""
    files = PageFiles(WEB / "softphone", WEB / "dist")
    names = [*files.modules("boot.js", *driver), "start.css"]
    found = [files.find(name, built=True) for name in names]
    words = [files.find(f"lang/{language}.json", built=True) for language in files.languages]
    sizes = [len(file.gzipped or file.plain) for file in found if file]
    assert len(sizes) == len(names)
    weight = sum(sizes) + max(len(file.gzipped or file.plain) for file in words if file)
    assert weight < (LIMIT if files.is_bundled else UNBUNDLED)


def test_a_bundle_starts_with_two_modules_whatever_the_late_parts_share() -> None:
    """The entry, and one file of all that it needs (`make check` makes the bundle first)."""
    files = PageFiles(WEB / "softphone", WEB / "dist")
    assert not files.is_bundled or len(files.modules("boot.js")) == 2


def test_a_minified_language_file_has_the_same_values() -> None:
    """Whatever language it is in."""
    source = '{\n  "a": "Grüße: {name}",\n\n  "b": { "one": "1", "other": "2" }\n}\n'.encode()
    assert early_words(source) == '{"a":"Grüße: {name}","b":{"one":"1","other":"2"}}'.encode()


def test_the_words_of_a_page_that_cannot_start_come_later() -> None:
    """Save those for a server that would not answer that either."""
    source = (
        b'{"blocked.title": "a", "blocked.server-unreachable.admin": "b", "blocked.no-mode": "c"}'
    )
    assert late_words(source) == b'{"blocked.no-mode":"c"}'
    assert early_words(source) == b'{"blocked.title":"a","blocked.server-unreachable.admin":"b"}'
