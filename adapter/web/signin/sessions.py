"""Sessions, in a cookie that works in a cross-site iframe, and tickets for sockets.

Only a Partitioned cookie works there
(https://developer.mozilla.org/docs/Web/Privacy/Guides/Privacy_sandbox/Partitioned_cookies).
Identity never comes from a URL: the page exchanges its cookie for a one-time ticket, and sends that
in its first frame. Without Partitioned cookies the page keeps the secret in memory instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web
from msgspec.structs import replace

from adapter.core.model import AgentKey
from adapter.core.values import mend
from adapter.runtime.clock import Clock
from adapter.storage.port import Session, Store
from adapter.web.signin.onetimetokens import OneTimeTokens
from adapter.web.signin.secret import token_hash

log = structlog.get_logger(__name__)

SESSION_MS = 12 * 3_600_000
IDLE_MS = 3_600_000
TICKET_MS = 30_000
TOUCH_MS = 300_000
"""The shortest time between two writes of a session's last use."""

COOKIE = "__Host-softphone-"
BEARER = "Bearer "


def cookie_name(org_id: str) -> str:
    """One cookie per org, because a sandbox sign-in must not replace production's."""
    return COOKIE + org_id


@dataclass(eq=False, repr=False)
class Sessions:
    """Sessions and tickets, in the store, so that any replica may take either.

    `ended` gets the id of a session whose sockets must close, `all_ended` the agent; `elsewhere`
    lets other replicas check the agent's sessions. `orgs` are the ids of orgs with cookies here; a
    request's other cookies are ignored.
    """

    store: Store
    clock: Clock
    ended: Callable[[str], None] = lambda session: None
    all_ended: Callable[[AgentKey], None] = lambda agent: None
    elsewhere: Callable[[AgentKey], None] = lambda agent: None
    orgs: Sequence[str] = ()

    def __post_init__(self) -> None:
        self._cookies = {org_id: cookie_name(org_id) for org_id in self.orgs}
        self._once = OneTimeTokens(self.store, self.clock)

    async def begin(self, key: AgentKey, name: str, email: str) -> tuple[Session, str]:
        """Start a session; returns it and its secret."""
        token, now = self.clock.nonce() + self.clock.nonce(), self.clock.now()
        who = mend(name), mend(email)
        session = Session(token_hash(token), key, *who, now, now, now + SESSION_MS)
        await self.store.put_session(session)
        log.info("session.begun", agent=str(key))
        return session, token

    async def end(self, session: Session) -> None:
        """End a session and its sockets."""
        await self.store.drop_sessions(session.agent, session.token_hash)
        self.ended(session.token_hash)
        self.elsewhere(session.agent)
        log.info("session.ended", agent=str(session.agent))

    async def end_all(self, key: AgentKey) -> None:
        """End all of the agent's sessions, in every browser."""
        count = await self.store.drop_sessions(key)
        self.all_ended(key)
        self.elsewhere(key)
        log.info("session.all_ended", agent=str(key), rows=count)

    async def ticket(self, session: Session) -> str:
        """A ticket for one socket, valid for thirty seconds.

        It contains its session's id (a hash), so that they end together.
        """
        ticket = self.clock.nonce()
        values = {"session": session.token_hash}
        await self._once.put("ticket", ticket, session.agent, TICKET_MS, **values)
        return ticket

    async def redeem(self, ticket: str) -> Session | None:
        """The session of a ticket; None if it is expired, unknown or used."""
        row = await self._once.take("ticket", ticket)
        return await self.keep(row[1]["session"]) if row else None

    async def keep(self, hashed: str) -> Session | None:
        """The session with this id if it is valid, marked as in use."""
        session, now = await self.store.session(hashed), self.clock.now()
        if session is None or now >= session.expires_at or now - session.used_at > IDLE_MS:
            return None
        if now - session.used_at >= TOUCH_MS:
            session = replace(session, used_at=now)
            if not await self.store.update_session(session):
                return None  # signed out meanwhile
        return session

    async def of(self, request: web.Request, org_id: str = "") -> Session | None:
        """The request's valid session (in an org, if one is named)."""
        bearer = request.headers.get("Authorization", "")
        if bearer.startswith(BEARER):
            session = await self.keep(token_hash(bearer.removeprefix(BEARER)))
            return session if session and org_id in {"", session.agent.org_id} else None
        names = [cookie_name(org_id)] if org_id else self._cookies.values()
        for name in names:
            token = request.cookies.get(name, "")
            session = await self.keep(token_hash(token)) if token else None
            if session is not None and name == cookie_name(session.agent.org_id):
                return session
        return None


def set_cookie(response: web.Response, name: str, value: str, max_age: int) -> None:
    """Set a cookie; http.cookies supports Partitioned only from Python 3.14. `max_age`: seconds."""
    response.headers.add(
        "Set-Cookie",
        f"{name}={value}; Max-Age={max_age}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
    )
