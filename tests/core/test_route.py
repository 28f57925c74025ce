"""The two ways of a log, as rows name them."""

from __future__ import annotations

from adapter.core.route import Route


def test_rows_of_before_read_as_a_pages_and_the_words_are_never_changed() -> None:
    """They stand in every database."""
    assert [route.value for route in Route] == ["page", "backend"]
