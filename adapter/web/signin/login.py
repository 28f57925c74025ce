"""The parts shared by all sign-ins: the answer, the ticket, and both sign-outs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapter.core.model import AgentKey
from adapter.core.values import mend_all
from adapter.orgs import Orgs
from adapter.storage.port import Session
from adapter.web.http.middleware import Refused, uncached
from adapter.web.http.throttle import Throttle
from adapter.web.signin.sessions import SESSION_MS, Sessions, cookie_name, set_cookie


@dataclass(eq=False, repr=False)
class Login:
    """The endpoints around a session.

    `tickets` limits each agent's socket tickets, `questions` all other requests.
    """

    sessions: Sessions
    orgs: Orgs
    own_origin: str
    tickets: Throttle
    questions: Throttle

    async def signed_in(
        self, request: web.Request, key: AgentKey, name: str, email: str, *, bearer: bool = False
    ) -> web.Response:
        """Start a session for this browser and end its earlier one in this org.

        `bearer`: the browser keeps no cookie, so the page gets the secret itself.
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

    def show_user(self, session: Session) -> web.Response:
        """Tell a signed-in browser who is signed in."""
        return uncached({"user": _user_of(session)})

    async def ticket(self, request: web.Request) -> web.Response:
        """POST /api/ws-ticket {origin?}: a ticket for one use within 30 seconds."""
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
        """Prevent other sites' pages from signing a browser in or out, or fetching a ticket.

        Raises Refused.
        """
        if not self.is_own(request.headers.get("Origin", "")):
            raise Refused(403, "foreign-origin", "Only the softphone's own pages may call this.")

    async def asker(self, request: web.Request) -> Session:
        """The session of an agent's request, counted against the limit. Raises Refused.

        Too many requests about numbers or to the store are refused.
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
        """Whether the origin is exactly that of our own pages."""
        return origin == self.own_origin

    async def session(self, request: web.Request) -> Session | None:
        """The session in the org that embeds the page or is named; each org may have one."""
        body = await read_object(request, origin=str, org=str)
        org = self.orgs.of_origin(body.get("origin", ""))
        org = org or self.orgs.of_id(body.get("org", ""))
        return await self.sessions.of(request, org.org_id if org else "")


def _user_of(session: Session) -> dict[str, str]:
    key = session.agent
    return {"org_id": key.org_id, "user_id": key.user_id, "name": session.name}


async def read_object(request: web.Request, **kinds: type) -> dict[str, Any]:
    """The body's JSON object, empty without a body; `kinds` are required types of fields.

    Raises Refused if the body is something else, or a field has another type: `str()` would turn
    null into "None".
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
