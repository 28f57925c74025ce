"""Whom an agent calls often, kept with the agent: a number, its name, perhaps its record."""

from __future__ import annotations

from msgspec import Struct

from adapter.core.values import Value

MOST = 20
"""They are in the agent's value, and so in every view: a few, not an address book."""

LONGEST_NUMBER, LONGEST_NAME = 64, 80


class Favorite(Value, frozen=True):
    """One of them; its number is as it is dialed, and says which it is."""

    number: str
    name: str = ""
    record_id: str = ""
    record_type: str = ""


class FavoriteChosen(Struct, frozen=True):
    """The agent wants this one among the favorites, or no longer (not `on`)."""

    at: int
    favorite: Favorite
    on: bool


def with_favorite(
    favorites: tuple[Favorite, ...], chosen: Favorite, *, on: bool
) -> tuple[Favorite, ...]:
    """Those, and this one at the end, or those without it; beyond `MOST` nothing is added."""
    others = tuple(one for one in favorites if one.number != chosen.number)
    if not on:
        return others
    return (*others, chosen) if len(others) < MOST else favorites
