"""The stand-in over HTTP: the API's two requests, with faults on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapter.voice.standin.book import Book, Reply

SLOW_SECONDS = 60.0
"""Longer than any client waits."""

LATE_SECONDS = 12.0
"""How long a "late" request waits before it is carried out."""

Fault = int | str
"""A status, "redirect", "slow" (done, answered too late), "lost" (done, never answered), "late"
(done after the client gave up), "vanished" (neither done nor answered); 0 or "" for none."""


@dataclass(slots=True)
class StandIn:
    """One org's API.

    `fault_of(method, key, body)` picks the fault of each authorized request; `heard(method, key,
    body, reply)` is called for each request that was carried out or refused. Responses of faults
    have `headers`.
    """

    book: Book
    now_ms: Callable[[], int]
    fault_of: Callable[[str, str, Any], Fault] = lambda *_: 0
    heard: Callable[[str, str, Any, Reply], None] = lambda *_: None
    headers: dict[str, str] = field(default_factory=dict)

    def application(self) -> web.Application:
        """The application to serve at the org's address."""
        server = web.Application()
        server.router.add_post("/telephony/v1/voiceCalls", self._create)
        server.router.add_patch("/telephony/v1/voiceCalls/{key}", self._complete)
        return server

    async def _create(self, request: web.Request) -> web.Response:
        body = await _body(request)
        key = body.get("vendorCallKey") if isinstance(body, dict) else ""
        return await self._answer(request, str(key), body, lambda: self.book.create(body))

    async def _complete(self, request: web.Request) -> web.Response:
        key, body = request.match_info["key"], await _body(request)
        return await self._answer(request, key, body, lambda: self.book.complete(key, body))

    async def _answer(
        self, request: web.Request, key: str, body: Any, act: Callable[[], Reply]
    ) -> web.Response:
        if (denied := self.book.denied(request.headers, self.now_ms())) is not None:
            self.heard(request.method, key, body, denied)
            return web.json_response(denied.body, status=denied.status)
        fault = self.fault_of(request.method, key, body)
        if fault and isinstance(fault, int):
            errors = [{"errorCode": "FAULT", "message": "no"}]
            return web.json_response(errors, status=fault, headers=self.headers)
        if fault == "redirect":
            return web.Response(status=302, headers={"Location": "http://elsewhere.example/"})
        if fault == "vanished":
            return _cut(request)
        if fault == "late":
            await asyncio.sleep(LATE_SECONDS)
        reply = act()
        self.heard(request.method, key, body, reply)
        if fault in {"lost", "late"}:
            return _cut(request)
        if fault == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        return web.json_response(reply.body, status=reply.status)


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
