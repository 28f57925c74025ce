"""`python -m qa.replicas.deaf`: the adapter's own `serve`, which loses all its hints."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from adapter.cli import main
from adapter.fanout import notifications


def _lost(sender: str, hints: Iterable[notifications.Hint]) -> list[str]:
    return []


if __name__ == "__main__":
    notifications.pack = _lost
    sys.exit(main(["serve"]))
