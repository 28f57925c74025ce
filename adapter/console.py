"""The output of commands: tables for people, JSON for programs, and a progress bar.

Results go to standard output. The bar goes to standard error, only if that is a terminal, so it
never appears in a pipe or a log.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Advances a bar."""

    def __call__(self, count: int = 1, text: str = "") -> None:
        """Advance by `count`; `text`, if any, replaces the bar's text."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option that every command with a result has."""
    parser.add_argument("--json", action="store_true", help="print one JSON object for programs")


def answer(options: argparse.Namespace, facts: Mapping[str, object], text: str) -> None:
    """Write the result to standard output, as JSON if requested, otherwise as this text."""
    shown = "\n".join(map(visible, text.split("\n")))
    sys.stdout.write(json.dumps(facts, indent=2) + "\n" if options.json else shown)
    sys.stdout.flush()


def visible(text: str) -> str:
    """The text with escapes instead of what a terminal obeys, breaks lines at, or does not show.

    Much of what commands print was written by others: a page's time zone, a caller's name, an
    answer of some server.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def table(rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns; numbers are right-aligned."""
    texts = [[visible(str(cell)) for cell in row] for row in rows]
    wide = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return "".join(f"{_line(row, line, wide)}\n" for row, line in zip(rows, texts, strict=True))


def sheet(facts: Mapping[str, object]) -> str:
    """One line per fact; a mapping has a line for each entry, and none if it is empty."""
    rows: list[tuple[str, object]] = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            rows += [(f"{name} {inner}", number) for inner, number in value.items()]
        else:
            rows.append((name, ", ".join(map(str, value)) if isinstance(value, list) else value))
    return table(rows)


def _line(row: Sequence[object], texts: Sequence[str], wide: Sequence[int]) -> str:
    cells = zip(row, texts, wide, strict=True)
    padded = (t.rjust(w) if isinstance(cell, int | float) else t.ljust(w) for cell, t, w in cells)
    return "  ".join(padded).rstrip()


@contextmanager
def bar(text: str, total: int | None = None, *, live: bool = True) -> Iterator[Advance]:
    """Show a bar up to `total` (None: unknown) until the end; yields the function that advances it.

    If not `live`, it is drawn only when advanced, for work that is being timed.
    """
    if not sys.stderr.isatty():
        yield _nowhere
        return
    # Imported here because a container runs the health check every few seconds.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    screen = Console(stderr=True)
    with Progress(console=screen, transient=True, auto_refresh=live) as progress:
        task = progress.add_task(text, total=total)

        def advance(count: int = 1, text: str = "") -> None:
            progress.update(task, advance=count, description=text or None)
            if not live:
                progress.refresh()

        yield advance


def _nowhere(count: int = 1, text: str = "") -> None:
    """Without a terminal nothing is drawn."""
