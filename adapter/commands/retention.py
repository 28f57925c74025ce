"""Delete data that is past its retention time, as a running adapter does every hour.

Use it if the adapter was off for long, or after you lower SOFTPHONE_DELIVERY_DAYS or _CALL_DAYS.
Unsettled calls and logs stay, however old they are.
"""

from __future__ import annotations

import argparse
import asyncio

from adapter import console
from adapter.runtime.clock import SystemClock
from adapter.runtime.retention import Retention
from adapter.settings import Settings
from adapter.settings.environment import load
from adapter.storage.open import open_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long things are kept is a setting."""
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Delete once. Raises StorageError if the database refuses."""
    settings = load()
    rows = asyncio.run(prune(settings))
    kept = {"delivery_days": settings.delivery_days, "call_days": settings.call_days}
    text = f"{rows} rows deleted. Deliveries are kept for {settings.delivery_days} days, "
    console.answer(
        options, {"rows": rows, **kept}, f"{text}calls and logs for {settings.call_days}.\n"
    )
    return 0


async def prune(settings: Settings) -> int:
    """The number of deleted rows. Raises StorageError."""
    clock = SystemClock()
    store = await open_store(settings.database_url, clock_ms=clock.now)
    try:
        days = {"delivery_days": settings.delivery_days, "call_days": settings.call_days}
        with console.bar("removing rows") as advance:
            return await store.prune(Retention(store, clock, **days).keep(), advance)
    finally:
        await store.close()
