"""Who is there: sessions in a cookie that survives a cross-site iframe, tickets for the socket.

Only a Partitioned cookie does (facts: reliability, section 4). Identity never comes from an
address: the page trades its cookie for a one-time ticket, and says that in its first frame.
The dev sign-in (a typed name) is here; signing in with Salesforce takes its place in production.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web

from adapter.core.model import AgentKey
from adapter.runtime.clock import Clock
from adapter.storage.port import Session, Store
from adapter.web.middleware import failure

log = structlog.get_logger(__name__)

SESSION_MS = 12 * 3_600_000
IDLE_MS = 3_600_000
TICKET_MS = 30_000
TOUCH_MS = 300_000
"""A session in use is written down as such at most so often."""
DEV_ORG = "00D000000000DEV"
_NAME = re.compile(r"[\w .'-]{1,64}\Z")
_TICKET = "ticket:"


def cookie_name(org_id: str) -> str:
    """One cookie an org: a sandbox sign-in must not replace production's."""
    return f"__Host-softphone-{org_id}"


def token_hash(token: str) -> str:
    """What is stored of a secret: its SHA-256, so that the store gives nobody a way in."""
    return hashlib.sha256(token.encode()).hexdigest()


class Login:
    """Sessions and tickets, in the store, so that any replica may take either."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        own_origin: str,
        ended: Callable[[str], None] = lambda session: None,
    ) -> None:
        """`ended` is told the id of a session whose sockets must go."""
        self._store = store
        self._clock = clock
        self._own_origin = own_origin
        self._ended = ended

    async def dev(self, request: web.Request) -> web.Response:
        """POST /auth/dev {name}: anybody may be anyone, on this machine only."""
        if (refused := self._foreign(request)) is not None:
            return refused
        name = str((await _json(request)).get("name", "")).strip()
        if not _NAME.match(name):
            text = "Type a name of 1 to 64 letters, digits, spaces, dots, hyphens or apostrophes."
            return failure(400, "bad-name", text)
        slug = name.split()[0].casefold()
        user_id = "005" + hashlib.sha256(slug.encode()).hexdigest()[:12].upper()
        key = AgentKey(DEV_ORG, user_id)
        return await self._signed_in(key, name, f"{slug}@example.com")

    async def _signed_in(self, key: AgentKey, name: str, email: str) -> web.Response:
        token, now = self._clock.nonce() + self._clock.nonce(), self._clock.now()
        session = Session(token_hash(token), key, name, email, now, now, now + SESSION_MS)
        await self._store.put_session(session)
        log.info("session.begun", agent=str(key))
        response = web.json_response({"user": _user(session)})
        _set_cookie(response, cookie_name(key.org_id), token, SESSION_MS // 1000)
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        """POST /auth/sign-out: this browser's session ends."""
        if (refused := self._foreign(request)) is not None:
            return refused
        response = web.Response(status=204)
        session = await self._session(request)
        if session is not None:
            await self._store.drop_sessions(session.agent, session.token_hash)
            self._ended(session.token_hash)
            log.info("session.ended", agent=str(session.agent))
            _set_cookie(response, cookie_name(session.agent.org_id), "", 0)
        return response

    async def ticket(self, request: web.Request) -> web.Response:
        """POST /api/ws-ticket: thirty seconds, one use."""
        if (refused := self._foreign(request)) is not None:
            return refused
        session = await self._session(request)
        if session is None:
            return failure(401, "signed-out", "Sign in first.")
        # It names its session (by the hash that is stored of it), so that they end together.
        ticket, now = f"{self._clock.nonce()}.{session.token_hash}", self._clock.now()
        await self._store.put_session(
            Session(
                token_hash(_TICKET + ticket),
                session.agent,
                session.name,
                session.email,
                now,
                now,
                now + TICKET_MS,
            )
        )
        return web.json_response({"ticket": ticket, "user": _user(session)})

    async def redeem(self, ticket: str) -> Session | None:
        """The session of this ticket: none with an old, unknown or used one."""
        hashed = token_hash(_TICKET + ticket)
        found = await self._store.session(hashed)
        if found is None or await self._store.drop_sessions(found.agent, hashed) != 1:
            return None
        if found.expires_at <= self._clock.now():
            return None
        return await self.keep(ticket.partition(".")[2])

    async def keep(self, hashed: str) -> Session | None:
        """The session of that hash if it still holds, marked as in use."""
        session, now = await self._store.session(hashed), self._clock.now()
        if session is None or now >= session.expires_at or now - session.used_at > IDLE_MS:
            return None
        if now - session.used_at >= TOUCH_MS:
            session = replace(session, used_at=now)
            await self._store.put_session(session)
        return session

    async def _session(self, request: web.Request) -> Session | None:
        """The session of the request's cookie, if it is neither too old nor too long unused."""
        for name, token in request.cookies.items():
            if not name.startswith(cookie_name("")):
                continue
            session = await self.keep(token_hash(token))
            if session is not None and name == cookie_name(session.agent.org_id):
                return session
        return None

    def _foreign(self, request: web.Request) -> web.Response | None:
        """Other sites' pages may not make a browser sign in, out, or fetch a ticket."""
        if request.headers.get("Origin") == self._own_origin:
            return None
        return failure(403, "foreign-origin", "This may only be called by our own pages.")


def _user(session: Session) -> dict[str, str]:
    key = session.agent
    return {"org_id": key.org_id, "user_id": key.user_id, "name": session.name}


def _set_cookie(response: web.Response, name: str, value: str, max_age: int) -> None:
    """By hand: http.cookies knows Partitioned only from Python 3.14 on."""
    response.headers.add(
        "Set-Cookie",
        f"{name}={value}; Max-Age={max_age}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
    )


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
