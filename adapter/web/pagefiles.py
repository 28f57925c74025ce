"""The files of the softphone's page as browsers get them: lean, compressed once, named by build.

A file stands under a path that holds the build of all of them, so that a browser may keep it for
ever: another build is another path, and relative imports stay within theirs. A page of an older
build that still runs gets the file of today under its own path, and does not keep it.
https://developer.mozilla.org/docs/Web/HTTP/Guides/Caching
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from adapter.web.lean import late_words, lean_script, lean_style, lean_words

SUFFIXES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
LEAN: dict[str, Callable[[bytes], bytes]] = {
    ".js": lean_script,
    ".css": lean_style,
    ".json": lean_words,
}
_STATIC_IMPORT = re.compile(
    rb"""\b(?:import|export)(?:[^'"();]*?\bfrom|[^'"();]*?\}from)?\s*['"]\./([^'"]+)['"]"""
)
START_STYLES = ("tokens.css", "panel.css", "card.css")
"""What is seen first: one file, start.css, which comes on the page's own connection."""
LIBRARY = "jssip.js"
"""What is taken of others, and fetched by who has a phone in the browser: there in either case."""

_WORTH_IT = 200
"""Bytes: what is smaller is sent as it is."""


class PageFile(NamedTuple):
    """One file: what it is, its bytes, and the same compressed (empty: not worth it)."""

    content_type: str
    plain: bytes
    gzipped: bytes

    def body(self, accepts: str) -> tuple[bytes, dict[str, str]]:
        """What is sent to a browser that accepts these encodings, with its headers."""
        vary = {"Vary": "Accept-Encoding"}
        if self.gzipped and "gzip" in accepts:
            return self.gzipped, {**vary, "Content-Encoding": "gzip"}
        return self.plain, vary

    @property
    def etag(self) -> str:
        """Names the content."""
        return f'"{hashlib.sha256(self.plain).hexdigest()[:16]}"'


def page_file(content_type: str, plain: bytes) -> PageFile:
    """A file, compressed if that is worth it."""
    squeezed = gzip.compress(plain, 9, mtime=0) if len(plain) > _WORTH_IT else b""
    return PageFile(content_type, plain, squeezed)


class PageFiles:
    """All files under a page's folder, read once: they do not change while we run.

    Modules that were bundled ahead (`scripts/bundle.mjs`) take the place of their sources, as long
    as they are of these very sources.
    """

    def __init__(self, home: Path, bundle: Path, *, more: Iterable[bytes] = ()) -> None:
        """`more`: what else makes a build another one."""
        sources = dict(_read_sources(home))
        bundled = dict(_bundled(home, bundle))
        self.is_bundled = bool(bundled)
        if (bundle / LIBRARY).is_file():
            sources[LIBRARY] = (bundle / LIBRARY).read_bytes()
        everything = hashlib.sha256()
        for content in more:
            everything.update(content)
        for name, content in [*sources.items(), *bundled.items()]:
            everything.update(name.encode() + content)
        self.build = everything.hexdigest()[:12]
        self._sources = {name: _page_file(name, content) for name, content in sources.items()}
        self._built = self._sources | {n: _page_file(n, content) for n, content in bundled.items()}
        tables = [json.loads(sources[n]) for n in sources if re.fullmatch(r"lang/\w+\.json", n)]
        self.languages = {
            table["language"]: (str(table["direction"]), str(table["connecting"]))
            for table in tables
        }

    def find(self, name: str, *, built: bool) -> PageFile | None:
        """The file of that name: under the path of a build, or as the sources have it."""
        return (self._built if built else self._sources).get(name)

    def modules(self, *entries: str) -> list[str]:
        """The modules that these need at once, nearest first; what is imported later is not."""
        names = dict.fromkeys(self._bundled_name(entry) for entry in entries)
        queue = list(names)
        for name in queue:
            for imported in _STATIC_IMPORT.findall(self._built[name].plain):
                if (module := imported.decode()) not in names:
                    names[module] = None
                    queue.append(module)
        return list(names)

    def _bundled_name(self, entry: str) -> str:
        """A bundled part has a name of its content: lightning.js is lightning-WDV5VM5F.js."""
        part = re.compile(re.escape(entry.removesuffix(".js")) + r"-[A-Z0-9]{8}\.js")
        return next((name for name in self._built if part.fullmatch(name)), entry)


def _page_file(name: str, content: bytes) -> PageFile:
    return page_file(SUFFIXES[Path(name).suffix], content)


def _read_sources(home: Path) -> Iterable[tuple[str, bytes]]:
    for path in sorted(home.rglob("*")):
        if path.suffix in SUFFIXES:
            yield path.relative_to(home).as_posix(), LEAN[path.suffix](path.read_bytes())
    yield "start.css", b"".join(lean_style((home / n).read_bytes()) for n in START_STYLES)
    for path in sorted((home / "lang").iterdir()):
        yield f"lang/late/{path.name}", late_words(path.read_bytes())


def _bundled(home: Path, bundle: Path) -> Iterable[tuple[str, bytes]]:
    """The bundle's modules; none where there is none, or where it is of other sources."""
    stamp = bundle / "sources.txt"
    if not stamp.is_file() or stamp.read_text().strip() != _sources_name(home):
        return
    for path in sorted(bundle.glob("*.js")):
        yield path.name, path.read_bytes()


def _sources_name(home: Path) -> str:
    """As scripts/bundle.mjs names what it was made of."""
    everything = hashlib.sha256()
    for path in sorted(home.glob("*.js")):
        everything.update(f"{path.name}\0".encode() + path.read_bytes())
    return everything.hexdigest()
