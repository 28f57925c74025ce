"""Whether a number can be dialed, for a page that asks while its agent types.

The same judgment as at the dial itself (core.phone), by the agent's own call center; nothing is
stored, nothing is logged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from adapter.core.model import AgentKey
from adapter.core.phone import DialRules, Undialable, dialable, display, with_extension
from adapter.web.login import Login, read_object
from adapter.web.middleware import uncached


class Numbers:
    """The endpoint."""

    def __init__(self, login: Login, rules_of: Callable[[AgentKey], Awaitable[DialRules]]) -> None:
        self._login = login
        self._rules_of = rules_of

    async def check(self, request: web.Request) -> web.Response:
        """POST /api/number {origin?, number}: how it is written, or why it cannot be dialed."""
        session = await self._login.asker(request)
        number = str((await read_object(request, number=str)).get("number", ""))
        return uncached(judged(number, await self._rules_of(session.agent)))


def judged(number: str, rules: DialRules) -> dict[str, object]:
    """What the page is told."""
    found = dialable(number, rules)
    if isinstance(found, Undialable):
        return {"ok": False, "code": f"refused-{found.reason}", "text": found.text}
    shown = display(found.dial_string, rules.default_region)
    return {"ok": True, "display": with_extension(shown, found.extension)}
