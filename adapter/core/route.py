"""Who writes the record of a call, and whether a save may be repeated.

Law of this file: a log has one route at a time. A page of another route may take it over only if no
save of the old route can still be under way that the new one would duplicate.
"""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """Who writes the record of a call.

    PAGE: one page at a time, through the go gate. KEYED: a page too, but each save carries the
    call's key and the attempt's number, so that it may be repeated. BACKEND: this backend.
    """

    PAGE = "page"
    KEYED = "keyed"
    BACKEND = "backend"

    @property
    def by_page(self) -> bool:
        """Whether a page writes the record."""
        return self is not Route.BACKEND
