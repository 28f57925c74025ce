"""Where the files lie that are no Python: the pages, and the Apex of the Salesforce project.

In a checkout they stand beside this package; a wheel carries them inside it (pyproject.toml).
"""

from __future__ import annotations

import errno
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str, package: Path = PACKAGE) -> Path:
    """The folder `web` or `salesforce`. Raises FileNotFoundError where an installation lacks it."""
    for place in (package / "assets", package.parent):
        if (place / name).is_dir():
            return place / name
    raise FileNotFoundError(
        errno.ENOENT, "a part of this program is missing, install it again", str(package / name)
    )
