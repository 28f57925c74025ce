"""Serves what a page requests on demand: colleagues, note templates, checks of numbers.

A number is checked as at the dial itself (core.phone), by the agent's call center. Nothing is
stored or logged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from adapter.core.model import AgentKey
from adapter.core.numbers.phone import DialRules, Undialable, dialable, display, with_extension
from adapter.runtime.colleagues import Colleagues
from adapter.tenants import Tenants
from adapter.web.http.middleware import uncached
from adapter.web.signin.login import Login, read_object

LONGEST_WORDS = 255


class Desk:
    """The endpoints `/api/colleagues`, `/api/note-templates` and `/api/number`."""

    def __init__(
        self,
        login: Login,
        colleagues: Colleagues,
        tenants: Tenants[Any],
        rules_of: Callable[[AgentKey], Awaitable[DialRules]],
    ) -> None:
        self._login = login
        self._colleagues = colleagues
        self._tenants = tenants
        self._rules_of = rules_of

    async def number(self, request: web.Request) -> web.Response:
        """POST /api/number {origin?, number}: its display form, or why it cannot be dialed."""
        session = await self._login.asker(request)
        number = str((await read_object(request, number=str)).get("number", ""))
        return uncached(judged(number, await self._rules_of(session.agent)))

    async def colleagues(self, request: web.Request) -> web.Response:
        """POST /api/colleagues {origin?, search}: the matches. Raises StorageError."""
        session = await self._login.asker(request)
        words = str((await read_object(request, search=str)).get("search", ""))
        matches = await self._colleagues.search(session.agent, words[:LONGEST_WORDS])
        return uncached({"rows": [match._asdict() for match in matches]})

    async def note_templates(self, request: web.Request) -> web.Response:
        """POST /api/note-templates {origin?}: the note templates of the agent's org."""
        session = await self._login.asker(request)
        tenant = self._tenants.of_agent(session.agent)
        notes = tenant.org.panel.notes if tenant else ()
        return uncached({"templates": [{"name": note.name, "text": note.text} for note in notes]})


def judged(number: str, rules: DialRules) -> dict[str, object]:
    """The answer: the number's display form, or why it cannot be dialed."""
    result = dialable(number, rules)
    if isinstance(result, Undialable):
        return {"ok": False, "code": f"refused-{result.reason}", "text": result.text}
    shown = display(result.dial_string, rules.default_region)
    return {"ok": True, "display": with_extension(shown, result.extension)}
