"""What an agent writes about a call."""

from __future__ import annotations

from adapter.core.draft import MOST_FIELDS, NO_DRAFT, Draft, Record


def test_a_later_draft_changes_only_what_it_names() -> None:
    """An empty text is a text; None is none."""
    whole = Draft("s", "n", "d", Record("1"), Record("2"), True)
    assert whole.merged(NO_DRAFT) == whole
    assert NO_DRAFT.merged(whole) == whole
    assert whole.merged(Draft(notes="")).notes == ""
    assert whole.merged(Draft(follow_up=False)).follow_up is False


def test_a_draft_without_its_links_keeps_its_texts() -> None:
    """They were picked for another record."""
    whole = Draft("s", "n", who=Record("1"), what=Record("2"))
    assert whole.unlinked() == Draft("s", "n")


def test_a_drafts_number_of_fields_is_limited() -> None:
    """The first ones stay, and may change: a page that names ever new ones makes nothing large."""
    draft = NO_DRAFT
    for n in range(3 * MOST_FIELDS):
        draft = draft.merged(Draft(fields=((f"f{n}", "x"), ("f0", str(n)))))
    assert len(draft.fields) == MOST_FIELDS
    assert draft.fields[0] == ("f0", str(3 * MOST_FIELDS - 1))
