"""Create or update the database's tables."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from adapter import console
from adapter.settings.environment import load
from adapter.storage.migrate import Migration, upgrade


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The database is a setting."""
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Migrate. Raises StorageError if the database refuses."""
    url = load().database_url
    with console.bar("migrating") as advance:
        done = upgrade(url, lambda name, at, of: advance(1, f"revision {name}, {at} of {of}"))
    console.answer(options, asdict(done), sentence(done))
    return 0


def sentence(done: Migration) -> str:
    """One line for people."""
    if done.is_later:
        return f"The tables belong to a later release ({done.after}). Nothing was changed.\n"
    if not done.steps:
        return f"The tables are up to date ({done.after}).\n"
    return f"The tables went from {done.before or 'nothing'} to {done.after}.\n"
