"""Finds the files that are not Python: the pages, and the Apex of the Salesforce project.

In a checkout they stand beside this package; a wheel carries them inside it (pyproject.toml).
"""

from __future__ import annotations

import errno
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def example(package: Path = PACKAGE) -> Path:
    """The list of all settings, .env.example. Raises FileNotFoundError as `folder` does."""
    for place in (package / "assets" / "env.example", package.parent / ".env.example"):
        if place.is_file():
            return place
    raise _missing(package / "assets" / "env.example")


def folder(name: str, package: Path = PACKAGE) -> Path:
    """The folder `web` or `salesforce`. Raises FileNotFoundError if it is not installed."""
    for place in (package / "assets", package.parent):
        if (place / name).is_dir():
            return place / name
    raise _missing(package / name)


def _missing(place: Path) -> FileNotFoundError:
    text = "a part of this program is missing, install it again"
    return FileNotFoundError(errno.ENOENT, text, str(place))
