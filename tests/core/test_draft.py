"""What an agent writes about a call."""

from __future__ import annotations

from adapter.core.draft import NO_DRAFT, Draft, Record


def test_a_later_draft_changes_only_what_it_names() -> None:
    """An empty text is a text; None is none."""
    whole = Draft("s", "n", "d", Record("1"), Record("2"), True)
    assert whole.merged(NO_DRAFT) == whole
    assert NO_DRAFT.merged(whole) == whole
    assert whole.merged(Draft(notes="")).notes == ""
    assert whole.merged(Draft(follow_up=False)).follow_up is False


def test_a_draft_without_its_links_keeps_the_words() -> None:
    """They were picked for another record."""
    whole = Draft("s", "n", who=Record("1"), what=Record("2"))
    assert whole.unlinked() == Draft("s", "n")
