"""A provider that answers every placement as it is told to, and knows no call.

For what the simulator cannot say: the statuses that DialStack's documentation lists, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class FakeProvider:
    """`status` answers `POST /v1/calls`, with `body`; 0 resets the connection instead."""

    status: int = 202
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    posts: list[Any] = field(default_factory=list)
    users_status: int = 200

    def app(self) -> web.Application:
        """The HTTP server of it."""
        server = web.Application()
        server.router.add_post("/v1/calls", self._place)
        server.router.add_get("/v1/calls", self._calls)
        server.router.add_get("/v1/users", self._users)
        return server

    async def _place(self, request: web.Request) -> web.Response:
        self.posts.append(await request.json())
        if not self.status:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=self.status or 202, body=self.body, headers=self.headers)

    async def _calls(self, _request: web.Request) -> web.Response:
        return web.json_response({"data": [], "next_page_url": None})

    async def _users(self, _request: web.Request) -> web.Response:
        row = {"id": "user_ada", "name": "Ada", "email": "ada@example.com"}
        return web.json_response({"data": [row], "next_page_url": None}, status=self.users_status)
