"""The agent's favorites: numbers to call often, each with a name and perhaps a record."""

from __future__ import annotations

from msgspec import Struct

from adapter.core.values import Value

MOST = 20
"""They are in the agent's value and in every view, so this is no address book."""

FULL = "favorites-full"
FULL_WORDS = f"You have {MOST} favorites, which is the most. Remove one first."

LONGEST_NUMBER, LONGEST_NAME = 64, 80


class Favorite(Value, frozen=True):
    """A favorite, identified by its number as it is dialed."""

    number: str
    name: str = ""
    record_id: str = ""
    record_type: str = ""


class FavoriteChosen(Struct, frozen=True):
    """The agent added this favorite (`on`), or removed it."""

    at: int
    favorite: Favorite
    on: bool


def with_favorite(
    favorites: tuple[Favorite, ...], chosen: Favorite, *, on: bool
) -> tuple[Favorite, ...]:
    """The favorites with this one at the end, or without it; at most `MOST` are kept."""
    others = tuple(entry for entry in favorites if entry.number != chosen.number)
    if not on:
        return others
    return (*others, chosen) if len(others) < MOST else favorites
