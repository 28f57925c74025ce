"""Make or complete the database's tables."""

from __future__ import annotations

import argparse

from adapter.commands import CommandFailed
from adapter.settings import load
from adapter.storage.migrate import upgrade
from adapter.storage.port import StorageError


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none: the database is a setting."""


def run(_options: argparse.Namespace) -> int:
    """Migrate. Raises CommandFailed when the database does not let it."""
    try:
        upgrade(load().database_url)
    except StorageError as error:
        raise CommandFailed(str(error)) from error
    return 0
