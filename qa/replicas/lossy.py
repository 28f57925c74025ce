"""`python -m qa.replicas.lossy`: the adapter's own `serve`, which loses a third of its hints."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from random import Random

from adapter.cli import main
from adapter.fanout import notifications

_dice = Random()
_pack = notifications.pack


def _some(sender: str, hints: Iterable[notifications.Hint]) -> list[str]:
    return _pack(sender, (hint for hint in hints if _dice.random() > 1 / 3))


if __name__ == "__main__":
    notifications.pack = _some
    sys.exit(main(["serve"]))
