"""The dev sign-in: a typed name is enough. It starts on loopback only (adapter/settings.py)."""

from __future__ import annotations

import hashlib
import re

from aiohttp import web

from adapter.core.model import AgentKey
from adapter.web.login import Login, read_object
from adapter.web.middleware import failure

_NAME = re.compile(r"[\w .'-]{1,64}\Z")


class DevLogin:
    """Anybody may be anyone, in the one org."""

    def __init__(self, login: Login, org_id: str) -> None:
        self._login = login
        self._org_id = org_id

    async def sign_in(self, request: web.Request) -> web.Response:
        """POST /auth/dev {name}."""
        self._login.demand_own(request)
        name = str((await read_object(request, name=str)).get("name", "")).strip()
        if not _NAME.match(name):
            text = "Type a name of 1 to 64 letters, digits, spaces, dots, hyphens or apostrophes."
            return failure(400, "bad-name", text)
        slug = name.split()[0].casefold()
        user_id = "005" + hashlib.sha256(slug.encode()).hexdigest()[:12].upper()
        key = AgentKey(self._org_id, user_id)
        known = await self._login.sessions.of(request, self._org_id)
        if known is not None and (known.agent, known.name) == (key, name):
            # Another tab of the same demo: a new session would cost the first tab its socket.
            return self._login.told(known)
        return await self._login.signed_in(request, key, name, f"{slug}@example.com")
