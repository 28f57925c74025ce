"""`python -m qa.replicas.deaf`: the adapter's own `serve`, whose hints are all lost."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from adapter.cli import main
from adapter.core.model import AgentKey
from adapter.fanout import postgres


def _lost(_sender: str, _hints: Iterable[tuple[AgentKey, int]]) -> list[str]:
    return []


if __name__ == "__main__":
    postgres.pack = _lost  # type: ignore[assignment]
    sys.exit(main(["serve"]))
