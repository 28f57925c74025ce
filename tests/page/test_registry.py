"""Who is connected, and which page of an agent is which."""

from __future__ import annotations

import json

from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.page.page import Page
from adapter.page.registry import PAGES_PER_AGENT, Registry
from tests.core.people import KEY

OTHER = AgentKey("00D000000000001", "005000000000002")


class Heard:
    """A page whose socket is two lists."""

    def __init__(self, page_id: str, key: AgentKey = KEY, **fields: object) -> None:
        self.frames: list[str] = []
        self.closed: list[int] = []
        close = lambda code, _why: self.closed.append(code)  # noqa: E731
        self.page = Page(page_id, key, send=self.frames.append, close=close, **fields)  # type: ignore[arg-type]


def test_the_same_load_takes_its_old_place_and_the_old_socket_removes_nobody() -> None:
    """A reconnect may be quicker than the end of what it replaces."""
    pages, old, new = Registry(), Heard("p1"), Heard("p1")
    pages.add(old.page)
    pages.add(new.page)
    assert (old.closed, pages.count()) == ([4001], 1)
    assert not pages.discard(old.page)
    assert pages.is_current(new.page)
    assert pages.discard(new.page)
    assert (pages.count(), pages.is_here(KEY)) == (0, False)


def test_only_pages_of_a_surface_that_saves_are_offered_logs() -> None:
    """A connector of Salesforce Voice neither saves nor pops."""
    pages = Registry()
    voice, panel = Heard("v", route=Route.BACKEND, focused=True), Heard("p")
    pages.add(voice.page)
    assert pages.best_writer(KEY, Route.PAGE) is None
    pages.add(panel.page)
    assert pages.best_writer(KEY, Route.PAGE) is panel.page
    assert pages.of(KEY) == [voice.page, panel.page]


def test_only_pages_of_the_agents_own_route_pop() -> None:
    """Two kinds of pages write; while an agent moves, both may be open."""
    pages = Registry()
    ours, theirs = Heard("ours", route=Route.KEYED), Heard("theirs", focused=True)
    for one in (ours, theirs):
        pages.add(one.page)
    assert pages.best_writer(KEY, Route.KEYED) is ours.page
    assert pages.best_writer(KEY, Route.PAGE) is theirs.page


def test_a_message_goes_to_a_page_that_is_here() -> None:
    """Else the sender is told."""
    pages, one = Registry(), Heard("p1")
    assert not pages.send(KEY, "p1", {"type": "probe"})
    pages.add(one.page)
    assert pages.send(KEY, "p1", {"type": "probe"})
    assert [json.loads(text) for text in one.frames] == [{"type": "probe"}]


def test_signing_out_ends_the_sockets_of_a_session() -> None:
    """And nobody else's."""
    pages = Registry()
    a, b, c = Heard("a", session="s1"), Heard("b", session="s2"), Heard("c", OTHER, session="s1")
    for one in (a, b, c):
        pages.add(one.page)
    pages.sign_out("s2")
    assert [one.closed for one in (a, b, c)] == [[], [4003], []]
    assert (pages.sign_ins(OTHER), pages.sign_ins()) == ({"s1"}, {"s1", "s2"})
    pages.sign_out("s1")
    assert [one.closed for one in (a, b, c)] == [[4003], [4003], [4003]]


def test_an_agent_may_have_so_many_pages_and_come_back() -> None:
    """The one that comes back is not counted."""
    pages = Registry()
    for number in range(PAGES_PER_AGENT):
        pages.add(Heard(f"p{number}").page)
    assert pages.is_full(KEY, "new")
    assert not pages.is_full(KEY, "p0")
    assert not pages.is_full(OTHER, "new")


async def test_waiting_for_the_last_page_ends_with_it() -> None:
    """A replica that leaves waits for that."""
    pages, one = Registry(), Heard("p1")
    await pages.none_left()
    pages.add(one.page)
    pages.discard(one.page)
    await pages.none_left()
    assert pages.keys() == ()
