"""The pages that are connected here, by agent. Pages of other replicas are theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from adapter.core.model import AgentKey
from adapter.core.route import Route
from adapter.page import frames
from adapter.page.page import Page

PAGES_PER_AGENT = 32
Moved: TypeAlias = Callable[[AgentKey], None]


class Registry:
    """Who is here, and how each page is reached."""

    def __init__(self) -> None:
        self._pages: dict[AgentKey, dict[str, Page]] = {}
        self._empty = asyncio.Event()
        self._moved: Moved = lambda _: None

    def watch_with(self, moved: Moved) -> None:
        """Who is told when a page of an agent has come, and when their last one has gone."""
        self._moved = moved

    def of(self, key: AgentKey) -> list[Page]:
        """The agent's pages, best to save with first."""
        pages = self._pages.get(key, {}).values()
        return sorted(pages, key=lambda page: page.rank, reverse=True)

    def page(self, key: AgentKey, page_id: str) -> Page | None:
        """The page of that id, if it is here."""
        return self._pages.get(key, {}).get(page_id)

    def best_writer(self, key: AgentKey, route: Route) -> Page | None:
        """The best page of a surface whose pages write by that route, and pop."""
        return next((page for page in self.of(key) if page.writes and page.route is route), None)

    def count(self) -> int:
        """How many pages are connected here."""
        return sum(len(pages) for pages in self._pages.values())

    def everyone(self) -> list[Page]:
        """All pages, in no order."""
        return [page for pages in self._pages.values() for page in pages.values()]

    def keys(self) -> tuple[AgentKey, ...]:
        """The agents who have a page here."""
        return tuple(self._pages)

    def is_here(self, key: AgentKey) -> bool:
        """Whether the agent has a page here."""
        return key in self._pages

    def is_current(self, page: Page) -> bool:
        """Whether that very socket is still the page's."""
        return self.page(page.key, page.page_id) is page

    def is_full(self, key: AgentKey, page_id: str) -> bool:
        """Whether the agent has as many pages as may be, not counting the one that comes back."""
        return len(self._pages.get(key, {}).keys() - {page_id}) >= PAGES_PER_AGENT

    def add(self, page: Page) -> None:
        """A page is here; the same load coming back takes its own old place."""
        pages = self._pages.setdefault(page.key, {})
        old = pages.get(page.page_id)
        pages[page.page_id] = page
        if old is not None:
            old.close(4001, "this page has connected again")
        self._moved(page.key)

    def discard(self, page: Page) -> bool:
        """A page's socket is gone; False if another one has taken its place before."""
        if not self.is_current(page):
            return False
        pages = self._pages[page.key]
        del pages[page.page_id]
        if not pages:
            del self._pages[page.key]
            self._moved(page.key)
        if not self._pages:
            self._empty.set()
        return True

    def send(self, key: AgentKey, page_id: str, message: dict[str, Any]) -> bool:
        """Whether the page is here, and was sent the message."""
        page = self.page(key, page_id)
        if page is None:
            return False
        page.send(frames.frame(message))
        return True

    def of_session(self, session: str) -> list[Page]:
        """The pages that one sign-in let in."""
        return [page for page in self.everyone() if page.session == session]

    def sign_out(self, session: str) -> None:
        """A sign-in has ended: so do the sockets that it let in."""
        for page in self.of_session(session):
            page.close(4003, "signed out")

    def sign_out_agent(self, key: AgentKey) -> None:
        """All sign-ins of the agent have ended, and so do all their sockets."""
        for page in self.of(key):
            page.close(4003, "signed out everywhere")

    async def none_left(self) -> None:
        """Wait until no page is connected."""
        while self._pages:
            self._empty.clear()
            await self._empty.wait()
