"""`python -m qa.replicas.lossy`: the adapter's own `serve`, a third of its hints lost."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from random import Random

from adapter.cli import main
from adapter.fanout import postgres

_dice = Random()
_pack = postgres.pack


def _some(sender: str, hints: Iterable[postgres.Hint]) -> list[str]:
    return _pack(sender, (hint for hint in hints if _dice.random() > 1 / 3))


if __name__ == "__main__":
    postgres.pack = _some
    sys.exit(main(["serve"]))
