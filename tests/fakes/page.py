"""A softphone page without a browser: the same protocol over a real socket.

It behaves as the real page does (accepts offers, journals, saves, reports), and can be told to
misbehave. `reload` is a new page load of the same browser: it keeps the journal, not the id;
`stay` lets the page connect again whenever it loses its socket.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.fakes.salesforce import FakeSalesforce

View = dict[str, Any]


@dataclass
class FakePage:
    """One tab of one agent. `url` is the adapter's own origin, unless `origin` says another."""

    url: str
    name: str
    salesforce: FakeSalesforce
    journal: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    focused: bool = True
    accepts: bool = True
    reports: bool = True
    saves: bool = True
    deaf_to_goes: bool = False
    page_id: str = field(default_factory=lambda: f"page-{uuid.uuid4().hex[:8]}")
    view: View = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    close_codes: list[int] = field(default_factory=list)
    cookie: str = ""
    origin: str = ""
    surface: str = "lightning"
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _staying: asyncio.Task[None] | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def open(self) -> FakePage:
        """Sign in, fetch a ticket, say hello, see the first view."""
        await self.sign_in()
        await self.say_hello(await self.ticket())
        await self.until(bool)
        return self

    async def sign_in(self) -> None:
        """Get the session's cookie."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            headers = {"Origin": self.origin or self.url}
            answer = await http.post("/auth/dev", json={"name": self.name}, headers=headers)
            answer.raise_for_status()
            self.cookie = answer.headers["set-cookie"].split(";")[0]

    async def sign_out(self) -> None:
        """End the session."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            headers = {"Origin": self.origin or self.url, "Cookie": self.cookie}
            (await http.post("/auth/sign-out", headers=headers)).raise_for_status()

    async def ticket(self) -> str:
        """Trade the cookie for a ticket."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            headers = {"Origin": self.origin or self.url, "Cookie": self.cookie}
            answer = await http.post("/api/ws-ticket", headers=headers)
            answer.raise_for_status()
            ticket: str = answer.json()["ticket"]
            return ticket

    async def history(self, **asked: Any) -> httpx.Response:
        """Ask for the agent's own calls that are over."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            headers = {"Origin": self.origin or self.url, "Cookie": self.cookie}
            return await http.post("/api/history", json=asked, headers=headers)

    async def stay(self) -> None:
        """From now on, come back whenever the socket is lost: the same load, the same journal."""
        self._staying = asyncio.create_task(self._come_back())

    async def _come_back(self) -> None:
        while self._reader is not None:
            await asyncio.wait({self._reader})
            try:
                await self.say_hello(await self.ticket())
            except (OSError, httpx.HTTPError, WebSocketException):
                await asyncio.sleep(0.1)

    async def say_hello(self, ticket: str) -> None:
        """Connect and greet."""
        self._socket = await connect(
            self.url.replace("http", "ws", 1) + "/ws",
            origin=self.origin or self.url,  # type: ignore[arg-type]
            subprotocols=["softphone.v1"],  # type: ignore[list-item]
            compression=None,
            proxy=None,
        )
        await self.send(
            type="hello",
            ticket=ticket,
            page_id=self.page_id,
            surface=self.surface,
            time_zone="Europe/Berlin",
            visible=True,
            focused=self.focused,
            journal=list(self.journal.values()),
        )
        self._reader = asyncio.create_task(self._read(self._socket))

    async def send(self, **message: Any) -> None:
        """One frame."""
        assert self._socket is not None
        await self._socket.send(json.dumps(message))

    async def close(self) -> None:
        """Close the tab."""
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.wait({self._staying})
            self._staying = None
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def kill(self) -> None:
        """The tab crashes: no goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()
        if self._reader is not None:
            await self._reader

    def reload(self) -> FakePage:
        """The next load of this tab, not yet open."""
        return FakePage(
            self.url, self.name, self.salesforce, journal=self.journal, origin=self.origin
        )

    async def until(self, fits: Callable[[View], bool], seconds: float = 20.0) -> View:
        """The first view, now or later, that fits."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: fits(self.view))
        return self.view

    async def until_heard(self, kind: str, seconds: float = 20.0) -> dict[str, Any]:
        """The first message of this type."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: any(m["type"] == kind for m in self.heard))
        return next(m for m in self.heard if m["type"] == kind)

    async def until_closed(self, seconds: float = 20.0) -> int:
        """The code with which the (latest) socket was closed."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(self.close_codes))
        return self.close_codes[-1]

    async def until_answer(self, request_id: str) -> dict[str, Any]:
        """The latest answer to that request."""

        def found(view: View) -> dict[str, Any] | None:
            return next((a for a in view["answers"] if a["request_id"] == request_id), None)

        return found(await self.until(lambda view: found(view) is not None)) or {}

    async def dial(self, number: str, record: dict[str, Any] | None = None) -> str:
        """Click a number; the request's id."""
        request_id = f"req-{uuid.uuid4().hex[:8]}"
        await self.send(
            type="dial",
            request_id=request_id,
            number=number,
            clicked_at=1_000,
            sent_at=1_000,
            record=record,
        )
        return request_id

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                message = json.loads(text)
                await self._act(message)
                async with self._changed:
                    self.heard.append(message)
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            await socket.wait_closed()
            async with self._changed:
                self.close_codes.append(socket.close_code or 0)
                self._changed.notify_all()

    async def _act(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "view":
                self.view = message
                self.views.append(message)
            case "offer" if self.accepts:
                await self.send(type="accept", log_id=message["log_id"])
            case "go" if not self.deaf_to_goes:
                await self._save(message)
            case "settled":
                self.journal.pop((message["log_id"], message["attempt"]), None)
            case "probe":
                await self.send(type="probe", nonce=message["nonce"])
            case "ask":
                await self._answer(message)
            case "drain" if self._staying is not None and self._socket is not None:
                asyncio.get_running_loop().call_later(
                    message["after_ms"] / 1000, self._socket.transport.close
                )
            case _:
                pass

    async def _save(self, go: dict[str, Any]) -> None:
        """What `savelog.js` does: journal, save, journal, report."""
        named = {k: go[k] for k in ("log_id", "attempt", "nonce")}
        entry: dict[str, Any] = {**named, "state": "sent"}
        self.journal[(go["log_id"], go["attempt"])] = entry
        if not self.saves:
            return
        answer = self.salesforce.save_log(go["call"]["args"])
        if answer["success"]:
            result = {"outcome": "ok", "task_id": answer["returnValue"]["recordId"]}
        else:
            result = {"outcome": "refused", "errors": answer["errors"]}
        entry.update(result, state=result["outcome"])
        if self.reports:
            await self.send(type="result", **named, **result)

    async def _answer(self, ask: dict[str, Any]) -> None:
        answer = self.salesforce.run_apex(ask["call"]["args"])
        await self.send(
            type="answer", ask_id=ask["ask_id"], outcome="ok", value=answer["returnValue"]
        )
