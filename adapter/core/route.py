"""Who writes the record of a call; fixed for each log when it is opened."""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """Who writes the record of a call: a page, one at a time by the go gate, or the backend."""

    PAGE = "page"
    BACKEND = "backend"
