"""The commands of `python -m adapter`: one module each, with add_arguments and run."""

import os


class CommandFailed(Exception):
    """A command failed; the text says what to fix (exit code 2)."""


def named(error: OSError) -> str:
    """What the system refused, and where: "No space left on device: var/softphone.db"."""
    places = [place for place in (error.filename, error.filename2) if place is not None]
    where = " to ".join(map(os.fsdecode, filter(lambda p: not isinstance(p, int), places)))
    return f"{error.strerror or error}{where and ': '}{where}"
