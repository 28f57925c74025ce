"""Serves the supervisors' board: page, numbers and CSV, after sign-in and for a role."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from adapter.orgs import Orgs
from adapter.runtime.board import Board, Day
from adapter.storage.board import BoardCall
from adapter.storage.port import Session
from adapter.web.http.middleware import Refused, uncached
from adapter.web.http.throttle import Throttle
from adapter.web.pages.files import SUFFIXES, PageFile
from adapter.web.pages.site import WEB

SessionOf = Callable[[web.Request, str], Awaitable[Session | None]]
"""The request's session in an org, by its id."""

ROOT = WEB / "board"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
COLUMNS = (
    "started",
    "ended",
    "agent",
    "user_id",
    "direction",
    "number",
    "record",
    "outcome",
    "talk_seconds",
    "call_id",
    "provider_call_id",
)
ROWS_AT_ONCE = 200
"""Rows of a sheet that are written in one go, in some milliseconds; others' requests come next."""

_FORMULA = re.compile(
    r"(\A|[;,|\t\r\n\v\f])"
    r"([ \"'\x00-\x08\x0e-\x1f\xa0\u2000-\u200f\u2060\u3000\ufeff]*"
    r"[=+@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b-])"
)
"""Where a spreadsheet may see a formula: at a cell's start, and after a semicolon or line break,
which other locales take for one. Full-width characters count, too."""


@dataclass(eq=False, repr=False)
class BoardSite:
    """`supervisors` are e-mail addresses in lower case; None admits every signed-in agent.

    `requests` limits each agent's reads of the store, of which one may be a whole day of calls.
    """

    board: Board
    session_of: SessionOf
    supervisors: frozenset[str] | None
    orgs: Orgs
    requests: Throttle
    _sheets: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self._page = PageFile("text/html", (ROOT / "board.html").read_bytes())
        self._files = {
            path.relative_to(ROOT).as_posix(): PageFile(SUFFIXES[path.suffix], path.read_bytes())
            for path in sorted(ROOT.rglob("*"))
            if path.suffix in SUFFIXES
        }

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/board", self.page),
            web.get("/board/system", self.page),
            web.get("/board/{name:.+}", self.file),
            web.get("/api/board", self.numbers),
            web.get("/api/board/calls.csv", self.csv),
            web.post("/api/board/calls.csv", self.csv),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """GET /board, for supervisors, and /board/system, for engineers.

        The page is the same for everybody; its data needs a session.
        """
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
        return self._page.answer(request, headers)

    async def file(self, request: web.Request) -> web.Response:
        """GET /board/…: scripts, styles, languages."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return file.answer(request, {"Cache-Control": "no-cache"})

    async def numbers(self, request: web.Request) -> web.Response:
        """GET /api/board?since=…&until=…&org=…: the report; a day's bounds in Unix ms."""
        session = await self.supervisor(request)
        return uncached(await self.board.report(session.agent.org_id, day_of(request)))

    async def csv(self, request: web.Request) -> web.Response:
        """GET /api/board/calls.csv?since=…&until=…&org=…&agent=…&order=…: the finished calls.

        Both lists may be repeated: `agent` limits the calls to these agents, `order` puts these
        agents' calls first, in this order. Otherwise, and for each of them, oldest first. POST
        takes the lists as a form with the ids separated by blanks, because an address holds only
        some 300 ids.
        """
        session = await self.supervisor(request)
        lists = await request.post() if request.method == "POST" else request.query
        places = {user: place for place, user in enumerate(_ids(lists.getall("order", [])))}
        async with self._sheets:  # one at a time, because a large day's calls take much memory
            calls = await self.board.calls(session.agent.org_id, day_of(request))
            if "agent" in lists:
                wanted = frozenset(_ids(lists.getall("agent")))
                calls = [call for call in calls if call.user_id in wanted]
            calls.sort(key=lambda call: places.get(call.user_id, len(places)))
            text = await as_csv(calls)
        return web.Response(
            text=text,
            content_type="text/csv",
            charset="utf-8",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": 'attachment; filename="calls.csv"',
            },
        )

    async def supervisor(self, request: web.Request) -> Session:
        """The session that may read the requested org's board. Raises Refused."""
        # A browser may be signed in to several orgs: the URL names one, a cookie proves it.
        org = self.orgs.named(request.query.get("org", ""))
        session = await self.session_of(request, org.org_id) if org else None
        if session is None:
            raise Refused(401, "signed-out", "Sign in first.")
        if self.supervisors is not None and session.email.casefold() not in self.supervisors:
            raise Refused(403, "not-a-supervisor", "Ask your admin to list you as a supervisor.")
        if not self.requests.allows(str(session.agent)):
            text = "Too many requests. Wait a moment."
            raise Refused(429, "too-many", text, **{"Retry-After": "5"})
        return session


def _ids(values: Iterable[object]) -> Iterator[str]:
    """The ids in repeated fields, of which each may hold several."""
    for value in values:
        yield from str(value).split()


def day_of(request: web.Request) -> Day:
    """The requested day; a missing bound is 0."""
    return Day(_time_param(request, "since"), _time_param(request, "until"))


def _time_param(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


async def as_csv(calls: list[BoardCall]) -> str:
    """RFC 4180, with a header; times are ISO 8601 in UTC."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for place, call in enumerate(calls):
        if place % ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
        values = {
            **call.result,
            "started": _iso_time(call.result["started"] or call.at),
            "ended": _iso_time(call.result["ended"]),
            "user_id": call.user_id,
            "call_id": call.call_id,
            "provider_call_id": call.provider_call_id,
        }
        rows.writerow(_cell(values[column]) for column in COLUMNS)
    return out.getvalue()


def _iso_time(at: int | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def _cell(value: object) -> str:
    """The text as a cell that is no formula (OWASP, CSV Injection)."""
    text = "" if value is None else str(value)
    escaped = _FORMULA.sub(r"\1'\2", text)
    return f"'{escaped}" if escaped.startswith(("\t", "\r", "\n")) else escaped
