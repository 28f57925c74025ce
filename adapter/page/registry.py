"""The pages that are connected to this replica, by agent."""

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
    """The connected pages by agent and page id."""

    def __init__(self) -> None:
        self._pages: dict[AgentKey, dict[str, Page]] = {}
        self._empty = asyncio.Event()
        self.moved: Moved = lambda _: None
        """Called when a page connects and when an agent's last page is gone."""

    def of(self, key: AgentKey) -> list[Page]:
        """The agent's pages, best to save with first."""
        pages = self._pages.get(key, {}).values()
        return sorted(pages, key=lambda page: page.rank, reverse=True)

    def page(self, key: AgentKey, page_id: str) -> Page | None:
        """The page with that id, if it is connected here."""
        return self._pages.get(key, {}).get(page_id)

    def best_writer(self, key: AgentKey, route: Route) -> Page | None:
        """The agent's best page that writes by that route."""
        return next((page for page in self.of(key) if page.writes and page.route is route), None)

    def count(self) -> int:
        """The number of pages connected here."""
        return sum(len(pages) for pages in self._pages.values())

    def everyone(self) -> list[Page]:
        """All pages, unordered."""
        return [page for pages in self._pages.values() for page in pages.values()]

    def keys(self) -> tuple[AgentKey, ...]:
        """The agents who have a page here."""
        return tuple(self._pages)

    def is_here(self, key: AgentKey) -> bool:
        """Whether the agent has a page here."""
        return key in self._pages

    def is_current(self, page: Page) -> bool:
        """Whether this socket is still the page's current one."""
        return self.page(page.key, page.page_id) is page

    def is_full(self, key: AgentKey, page_id: str) -> bool:
        """Whether the agent has the maximum number of pages, not counting this page id."""
        return len(self._pages.get(key, {}).keys() - {page_id}) >= PAGES_PER_AGENT

    def add(self, page: Page) -> None:
        """Add a page; if the same page load reconnects, it replaces its old socket."""
        pages = self._pages.setdefault(page.key, {})
        old = pages.get(page.page_id)
        pages[page.page_id] = page
        if old is not None:
            old.close(4001, "this page has connected again")
        self.moved(page.key)

    def discard(self, page: Page) -> bool:
        """Remove a page whose socket is gone; False if a newer socket has replaced it."""
        if not self.is_current(page):
            return False
        pages = self._pages[page.key]
        del pages[page.page_id]
        if not pages:
            del self._pages[page.key]
            self.moved(page.key)
        if not self._pages:
            self._empty.set()
        return True

    def send(self, key: AgentKey, page_id: str, message: dict[str, Any]) -> bool:
        """Send the message if the page is here; whether it was sent."""
        page = self.page(key, page_id)
        if page is None:
            return False
        page.send(frames.frame(message))
        return True

    def sign_out(self, session: str) -> None:
        """A sign-in has ended: close its sockets."""
        for page in self.everyone():
            if page.session == session:
                page.close(4003, "signed out")

    def sign_ins(self, key: AgentKey | None = None) -> set[str]:
        """The sign-ins of the agent's pages, or of all pages."""
        return {page.session for page in (self.everyone() if key is None else self.of(key))}

    async def none_left(self) -> None:
        """Wait until no page is connected."""
        while self._pages:
            self._empty.clear()
            await self._empty.wait()
