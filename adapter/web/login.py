"""What every way to sign in shares: the answer, the ticket, the two ways to sign out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapter.core.model import AgentKey
from adapter.core.values import mend_all
from adapter.orgs import Orgs
from adapter.storage.port import Session
from adapter.web.middleware import Refused, uncached
from adapter.web.sessions import SESSION_MS, Sessions, cookie_name, set_cookie
from adapter.web.throttle import Throttle


@dataclass(eq=False, repr=False)
class Login:
    """The endpoints around a session.

    `tickets` counts the sockets that each agent asks for, `questions` all else.
    """

    sessions: Sessions
    orgs: Orgs
    own_origin: str
    tickets: Throttle
    questions: Throttle

    async def signed_in(
        self, request: web.Request, key: AgentKey, name: str, email: str, *, bearer: bool = False
    ) -> web.Response:
        """A new session for this browser; the one that it had in this org is over.

        `bearer`: the page has found that its browser keeps no cookie, and gets the secret itself.
        """
        before = await self.sessions.of(request, key.org_id)
        if before is not None:
            await self.sessions.end(before)
        session, token = await self.sessions.begin(key, name, email)
        body: dict[str, object] = {"user": _user_of(session)}
        if bearer:
            body["bearer"] = token
        response = uncached(body)
        if not bearer:
            set_cookie(response, cookie_name(key.org_id), token, SESSION_MS // 1000)
        return response

    def told(self, session: Session) -> web.Response:
        """Who is signed in, to a browser that is already."""
        return uncached({"user": _user_of(session)})

    async def ticket(self, request: web.Request) -> web.Response:
        """POST /api/ws-ticket {origin?}: thirty seconds, one use."""
        session = await self._signed_in(request)
        if not self.tickets.allows(str(session.agent)):
            text = "You have opened too many connections. Wait a moment."
            raise Refused(429, "too-many", text, **{"Retry-After": "10"})
        return uncached({"ticket": await self.sessions.ticket(session), "user": _user_of(session)})

    async def sign_out(self, request: web.Request) -> web.Response:
        """POST /auth/sign-out {origin?, org?, everywhere?}: this browser's session, or all."""
        self.demand_own(request)
        response = web.Response(status=204)
        session = await self.session(request)
        if session is not None:
            everywhere = (await read_object(request, everywhere=bool)).get("everywhere", False)
            await (
                self.sessions.end_all(session.agent) if everywhere else self.sessions.end(session)
            )
            set_cookie(response, cookie_name(session.agent.org_id), "", 0)
        return response

    def demand_own(self, request: web.Request) -> None:
        """Other sites' pages may not make a browser sign in, out, or fetch a ticket.

        Raises Refused.
        """
        if not self.is_own(request.headers.get("Origin", "")):
            raise Refused(403, "foreign-origin", "Only the softphone's own pages may call this.")

    async def asker(self, request: web.Request) -> Session:
        """The session of an agent who asks something on the way. Raises Refused.

        One more question to the store, or about a number, is refused where there were many.
        """
        session = await self._signed_in(request)
        if not self.questions.allows(str(session.agent)):
            text = "Too many requests. Wait a moment."
            raise Refused(429, "too-many", text, **{"Retry-After": "5"})
        return session

    async def _signed_in(self, request: web.Request) -> Session:
        self.demand_own(request)
        session = await self.session(request)
        if session is None:
            raise Refused(401, "signed-out", "Sign in first.")
        return session

    def is_own(self, origin: str) -> bool:
        """Whether it is that of our own pages, compared exactly."""
        return origin == self.own_origin

    async def session(self, request: web.Request) -> Session | None:
        """The session in the org that shows the page, or is named: there may be one in each."""
        body = await read_object(request, origin=str, org=str)
        org = self.orgs.of_origin(body.get("origin", ""))
        org = org or self.orgs.of_id(body.get("org", ""))
        return await self.sessions.of(request, org.org_id if org else "")


def _user_of(session: Session) -> dict[str, str]:
    key = session.agent
    return {"org_id": key.org_id, "user_id": key.user_id, "name": session.name}


async def read_object(request: web.Request, **kinds: type) -> dict[str, Any]:
    """The body's JSON object, empty for no body; `kinds` are the fields that have one.

    Raises Refused where the body is something else, or a field of another kind: `str()` would make
    "None" of a null.
    """
    raw = await request.read()
    try:
        body = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        raise _bad_body("The body must be JSON.") from None
    if not isinstance(body, dict):
        raise _bad_body("The body must be a JSON object.")
    for name, kind in kinds.items():
        if name in body and type(body[name]) is not kind:
            raise _bad_body(f"{name} must be {_KINDS[kind]}.")
    fields: dict[str, Any] = mend_all(body)
    return fields


_KINDS = {str: "a text", bool: "true or false"}


def _bad_body(text: str) -> Refused:
    return Refused(400, "bad-body", text)
