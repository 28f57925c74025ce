"""A connected page."""

from __future__ import annotations

from adapter.page.page import PROBES_KEPT, Page
from tests.core.people import KEY


def a_page() -> Page:
    """Of nobody in particular."""
    return Page("page1", KEY, send=lambda _: None, close=lambda _code, _why: None)


def test_a_visible_page_is_better_to_save_with() -> None:
    """Focused before visible, visible before hidden, and among equals the one used last."""
    focused, visible, used, old = a_page(), a_page(), a_page(), a_page()
    focused.focused, visible.visible = True, True
    for page in (focused, used, old):
        page.visible = False
    used.active_at = 5
    ranked = sorted([old, used, visible, focused], key=lambda page: page.rank, reverse=True)
    assert ranked == [focused, visible, used, old]


def test_a_probe_covers_all_frames_sent_before_it() -> None:
    """And not what comes after it."""
    page = a_page()
    page.goes.add(("c1", 1))
    page.probed("n1", 7)
    page.goes.add(("c1", 2))
    assert page.probes == {"n1": (7, frozenset({("c1", 1)}))}


def test_a_page_that_never_answers_keeps_its_last_probes_only() -> None:
    """Asked for days, it must not fill the memory."""
    page = a_page()
    for number in range(PROBES_KEPT + 3):
        page.probed(f"n{number}", number)
    assert list(page.probes) == [f"n{number}" for number in range(3, PROBES_KEPT + 3)]
