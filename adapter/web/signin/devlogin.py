"""The dev sign-in, for which a typed name is enough. It starts on loopback only."""

from __future__ import annotations

import hashlib
import re

from aiohttp import web

from adapter.core.model import AgentKey
from adapter.web.http.middleware import failure
from adapter.web.signin.login import Login, read_object

_NAME = re.compile(r"[\w .'-]{1,64}\Z")


class DevLogin:
    """Signs anybody in under any name, in the only org."""

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
            # Another tab of the demo: a new session would close the first tab's socket.
            return self._login.show_user(known)
        return await self._login.signed_in(request, key, name, f"{slug}@example.com")
