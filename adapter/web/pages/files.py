"""The files of the softphone's page: bundled, compressed once, under a build's path.

A path contains the build of all files, so browsers may cache a file forever: another build has
another path, and relative imports stay within theirs. A page of another build gets the file from a
replica of that build, as long as there is one, and then the current file under its own path,
uncached.
https://developer.mozilla.org/docs/Web/HTTP/Guides/Caching
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aiohttp import web

SUFFIXES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
_STATIC_IMPORT = re.compile(
    rb"""(?<![@\w])(?:import|export)(?:[^'"();]*?\bfrom|[^'"();]*?\}from)?\s*['"]\./([^'"]+)['"]"""
)
START = "start.css"
START_STYLES = ("tokens.css", "panel.css", "card.css")
"""The styles seen first, as one file (START), fetched on the page's own connection."""
LIBRARY = "jssip.js"
"""Third-party modules, fetched by agents with a phone in the browser; always present."""

_WORTH_IT = 200
"""In bytes; smaller files are sent uncompressed."""


@dataclass(frozen=True)
class PageFile:
    """One file: its type and its bytes."""

    content_type: str
    plain: bytes

    @cached_property
    def gzipped(self) -> bytes:
        """The compressed bytes, made for the first request; empty: not worth it.

        Compressing all files would take a starting replica 75 ms, and most are never asked for.
        """
        return gzip.compress(self.plain, 9, mtime=0) if len(self.plain) > _WORTH_IT else b""

    def answer(self, request: web.Request, headers: Mapping[str, str]) -> web.Response:
        """The answer to a request, compressed if its browser accepts that."""
        body, more = self.plain, {"Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", "") and self.gzipped:
            body, more["Content-Encoding"] = self.gzipped, "gzip"
        return web.Response(
            body=body, content_type=self.content_type, charset="utf-8", headers={**headers, **more}
        )

    @property
    def etag(self) -> str:
        """The ETag of the content."""
        return f'"{hashlib.sha256(self.plain).hexdigest()[:16]}"'


class PageFiles:
    """All files of a page's folder, read once at start.

    Bundled modules and minified styles (`scripts/bundle.mjs`) replace their sources, if they were
    made from exactly these.
    """

    def __init__(self, home: Path, bundle: Path, *, more: Iterable[bytes] = ()) -> None:
        """`more`: further input to the build's hash."""
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
        self._sources = _page_files(sources)
        self._built = _page_files(sources | bundled)
        tables = [json.loads(sources[n]) for n in sources if re.fullmatch(r"lang/\w+\.json", n)]
        self._words = {str(table["language"]): table for table in tables}
        self.languages = {
            language: (str(table["direction"]), str(table["connecting"]))
            for language, table in self._words.items()
        }

    def find(self, name: str, *, built: bool) -> PageFile | None:
        """The file with this name, with or without a build's path."""
        return (self._built if built else self._sources).get(name)

    def words(self, language: str) -> Mapping[str, object]:
        """All texts in one of the languages, by key."""
        late = json.loads(self._sources[f"lang/late/{language}.json"].plain)
        return {**self._words[language], **late}

    def modules(self, *entries: str) -> list[str]:
        """The modules that these import statically, nearest first."""
        names = dict.fromkeys(self._bundled_name(entry) for entry in entries)
        queue = list(names)
        for name in queue:
            for imported in _STATIC_IMPORT.findall(self._built[name].plain):
                if (module := imported.decode()) not in names:
                    names[module] = None
                    queue.append(module)
        return list(names)

    def _bundled_name(self, entry: str) -> str:
        """The bundle's name of a module, with a content hash: lightning-WDV5VM5F.js."""
        part = re.compile(re.escape(entry.removesuffix(".js")) + r"-[A-Z0-9]{8}\.js")
        return next((name for name in self._built if part.fullmatch(name)), entry)


def _page_files(contents: Mapping[str, bytes]) -> dict[str, PageFile]:
    start = b"".join(contents[name] for name in START_STYLES)
    return {
        name: PageFile(SUFFIXES[Path(name).suffix], content)
        for name, content in {**contents, START: start}.items()
    }


def _read_sources(home: Path) -> Iterable[tuple[str, bytes]]:
    for path in sorted(home.rglob("*")):
        if path.suffix in SUFFIXES:
            content = path.read_bytes()
            is_words = path.suffix == ".json"
            yield path.relative_to(home).as_posix(), early_words(content) if is_words else content
    for path in sorted((home / "lang").iterdir()):
        yield f"lang/late/{path.name}", late_words(path.read_bytes())


def _bundled(home: Path, bundle: Path) -> Iterable[tuple[str, bytes]]:
    """The bundle's modules and styles; none without a bundle, or if it is from other sources."""
    stamp = bundle / "sources.txt"
    if not stamp.is_file() or stamp.read_text().strip() != _sources_name(home):
        return
    for path in _code(bundle):
        yield path.name, path.read_bytes()


def _sources_name(home: Path) -> str:
    """The hash of the sources, as in scripts/bundle.mjs."""
    everything = hashlib.sha256()
    for path in _code(home):
        everything.update(f"{path.name}\0".encode() + path.read_bytes())
    return everything.hexdigest()


def _code(folder: Path) -> list[Path]:
    """The folder's scripts and styles, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in {".js", ".css"})


# --- a page's texts, those that every page shows, and those that few pages show -----------------

_LATE = (
    "account.",
    "audio.",
    "blocked.",
    "tray.",
    "transfer.",
    "third.",
    "follow.",
    "signin.",
    "storage.",
    "work.",
    "callme.",
    "record.",
    "colleague.",
    "templates.",
)
_ALWAYS = ("blocked.title", "blocked.admin", "blocked.retry", "blocked.server-unreachable")


def early_words(source: bytes) -> bytes:
    """The language table on one line, without the texts that few pages show."""
    return _as_json({key: text for key, text in json.loads(source).items() if not _is_late(key)})


def late_words(source: bytes) -> bytes:
    """The texts that few pages show, fetched on demand: failures to start, unsaved calls.

    Texts about an unreachable server are not among them, as they could not be fetched then.
    """
    return _as_json({key: text for key, text in json.loads(source).items() if _is_late(key)})


def _is_late(key: str) -> bool:
    return key.startswith(_LATE) and not key.startswith(_ALWAYS)


def _as_json(words: dict[str, Any]) -> bytes:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
