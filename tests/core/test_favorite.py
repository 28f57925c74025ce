"""Whom an agent calls often."""

from __future__ import annotations

from adapter.core.favorite import MOST, Favorite, FavoriteChosen, with_favorite
from tests.core.people import IDLE, T0, after

ADA = Favorite("+12125550123", "Ada Lovelace", "003000000000001", "Contact")
BOB = Favorite("1002", "Bob")


def test_a_favorite_is_known_by_its_number() -> None:
    """Once more with another name is the same one, told anew."""
    anew = Favorite(ADA.number, "Ada King")
    assert with_favorite((ADA, BOB), anew, on=True) == (BOB, anew)
    assert with_favorite((ADA, BOB), anew, on=False) == (BOB,)


def test_the_number_of_favorites_is_limited() -> None:
    """They travel with every view."""
    many = tuple(Favorite(str(1000 + n)) for n in range(MOST))
    assert with_favorite(many, ADA, on=True) == many
    assert with_favorite(many, many[0], on=True)[-1] == many[0]


def test_an_agent_keeps_favorites_until_they_are_removed() -> None:
    """The same once more changes nothing."""
    kept = after(IDLE, [FavoriteChosen(T0, ADA, on=True)])
    assert kept.agent.favorites == (ADA,)
    assert after(kept.agent, [FavoriteChosen(T0, ADA, on=True)]).ignored == "as before"
    assert after(kept.agent, [FavoriteChosen(T0, ADA, on=False)]).agent.favorites == ()


def test_a_favorite_too_many_is_refused_with_the_reason() -> None:
    """Once however often the star is pressed; after one is removed there is room."""
    agent = IDLE
    for n in range(MOST):
        agent = after(agent, [FavoriteChosen(T0, Favorite(str(1000 + n)), on=True)]).agent
    assert agent.notices == ()
    full = after(agent, [FavoriteChosen(T0, ADA, on=True)] * 2).agent
    assert [notice.code for notice in full.notices] == ["favorites-full"]
    assert full.favorites == agent.favorites
    fewer = [FavoriteChosen(T0, Favorite("1000"), on=False), FavoriteChosen(T0, ADA, on=True)]
    room = after(full, fewer).agent
    assert (ADA in room.favorites, room.notices) == (True, ())
