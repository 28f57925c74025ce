"""Who writes the record of a call, and how sure a save can be.

Law of this file: a log has one route at a time. A page of another route may take it over only where
nothing of the old route can still be under way that the new one would double.
"""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """Who writes the record of a call.

    PAGE: a page, one at a time, by the go gate. KEYED: a page too, but each save carries the call's
    own key and its number, so that it may be repeated. BACKEND: this backend.
    """

    PAGE = "page"
    KEYED = "keyed"
    BACKEND = "backend"

    @property
    def by_page(self) -> bool:
        """Whether pages write it."""
        return self is not Route.BACKEND
