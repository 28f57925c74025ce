"""What a page asks for when its agent wants it: colleagues by name, the words of note templates."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from adapter.runtime.colleagues import Colleagues
from adapter.tenants import Tenants
from adapter.web.login import Login, read_object
from adapter.web.middleware import uncached

LONGEST_WORDS = 255


class Desk:
    """The endpoints `/api/colleagues` and `/api/note-templates`."""

    def __init__(self, login: Login, colleagues: Colleagues, tenants: Tenants[Any]) -> None:
        self._login = login
        self._colleagues = colleagues
        self._tenants = tenants

    async def colleagues(self, request: web.Request) -> web.Response:
        """POST /api/colleagues {origin?, search}: who fits. Raises StorageError."""
        session = await self._login.asker(request)
        words = str((await read_object(request, search=str)).get("search", ""))
        found = await self._colleagues.search(session.agent, words[:LONGEST_WORDS])
        return uncached({"rows": [one._asdict() for one in found]})

    async def note_templates(self, request: web.Request) -> web.Response:
        """POST /api/note-templates {origin?}: what the agent's admin has written."""
        session = await self._login.asker(request)
        tenant = self._tenants.of_agent(session.agent)
        notes = tenant.org.panel.notes if tenant else ()
        return uncached({"templates": [{"name": one.name, "text": one.text} for one in notes]})
