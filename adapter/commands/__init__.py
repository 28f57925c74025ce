"""The commands of `python -m adapter`: one module each, with add_arguments and run."""

import os
from pathlib import Path

OWNER_ONLY = 0o600


class CommandFailed(Exception):
    """A command failed; the text says what to fix (exit code 2)."""


def create_private(path: Path) -> int:
    """A new file that only its owner may read, open for writing. Raises CommandFailed."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except OSError as error:
        raise CommandFailed(f"cannot write {path}: {error.strerror}") from error


def named(error: OSError) -> str:
    """What the system refused, and where: "No space left on device: var/softphone.db"."""
    places = [place for place in (error.filename, error.filename2) if place is not None]
    where = " to ".join(map(os.fsdecode, filter(lambda p: not isinstance(p, int), places)))
    return f"{error.strerror or error}{where and ': '}{where}"
