"""A softphone page that survives kills of its server, freezes and its own crashes.

It does what `web/softphone` does: one page id per load, a journal that a browser's tabs share, and
the refusal of a go after an old accept. It records its messages in the ledger.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from qa.chaos.pace import FRESH

if TYPE_CHECKING:
    from qa.chaos.seat import Seat

UNREACHABLE = (OSError, WebSocketException, aiohttp.ClientError, TimeoutError)


@dataclass
class Browser:
    """A browser profile, with what its tabs share."""

    name: str
    journal: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    cookie: str = ""


class Tab:
    """One load of the softphone page."""

    def __init__(self, seat: Seat, browser: Browser, page_id: str, rng: Random) -> None:
        self.seat = seat
        self.browser = browser
        self.page_id = page_id
        self.rng = rng
        self.gone = False
        self.version = -1
        self._socket: ClientConnection | None = None
        self._awake = asyncio.Event()
        self._awake.set()
        self._deferred: list[Callable[[], None]] = []
        self._accepted: dict[str, float] = {}
        self._going: set[str] = set()

    # --- life ------------------------------------------------------------------------------------

    @property
    def is_connected(self) -> bool:
        """Whether the agent can use the tab now."""
        return self._socket is not None and self._awake.is_set() and not self.gone

    async def run(self) -> None:
        """Connect, and reconnect until the page is closed."""
        while not self.gone:
            try:
                await self._visit()
            except UNREACHABLE:
                self.seat.ledger.count("reconnects")
            finally:
                self._lost()
            await asyncio.sleep(self.rng.uniform(0.05, 0.5))

    async def _visit(self) -> None:
        ticket = await self.seat.ticket(self.browser)
        async with connect(
            self.seat.url.replace("http", "ws", 1) + "/ws",
            origin=self.seat.url,  # type: ignore[arg-type]
            subprotocols=["softphone.v1"],  # type: ignore[list-item]
            compression=None,
            proxy=None,
            ping_interval=None,
            max_queue=None,
            open_timeout=5,
            close_timeout=1,
        ) as socket:
            await self._hello(socket, ticket)
            async for text in socket:
                await self._awake.wait()
                if self.gone:
                    return
                await self._hear(json.loads(text))

    async def _hello(self, socket: ClientConnection, ticket: str) -> None:
        journal = list(self.browser.journal.values())
        hello = {
            "type": "hello",
            "ticket": ticket,
            "page_id": self.page_id,
            "surface": self.seat.surface,
            "time_zone": "UTC",
            "visible": True,
            "focused": self.rng.random() < 0.5,
            "journal": journal,
        }
        await socket.send(json.dumps(hello))
        self._socket, self.version = socket, -1
        self.seat.ledger.word("alive", page_id=self.page_id)
        for entry in journal:
            if entry["state"] != "sent":
                self._said(entry)

    def _lost(self) -> None:
        """The socket is gone: to the server, every log that this page accepted is in doubt."""
        if self._socket is not None:
            for log_id in self._in_doubt():
                self.seat.ledger.fault("socket-lost", log_id)
        self._socket = None
        self.seat.stir()

    def _in_doubt(self) -> set[str]:
        """The logs whose messages from this page the server may be missing."""
        unsettled = {log_id for log_id, _ in self.browser.journal}
        return unsettled | self._accepted.keys() | self._going

    def crash(self) -> None:
        """Crash; the browser keeps the journal."""
        self.gone = True
        for log_id in self._in_doubt():
            self.seat.ledger.fault("page-crash", log_id)
        if self._socket is not None:
            self._socket.transport.abort()
        self._awake.set()
        self.seat.replace(self)

    async def close(self) -> None:
        """Close the page as an agent does."""
        self.gone = True
        self._awake.set()
        if self._socket is not None:
            await self._socket.close()

    def freeze(self, *, deaf: bool) -> None:
        """Stop its timers and handlers; if `deaf`, it does not even read from its socket."""
        self._awake.clear()
        for log_id in self._in_doubt():
            self.seat.ledger.fault("page-frozen", log_id)
        if deaf and self._socket is not None:
            self._socket.transport.pause_reading()

    def thaw(self) -> None:
        """Thaw; everything that was waiting happens now."""
        if self._socket is not None and not self._socket.transport.is_closing():
            self._socket.transport.resume_reading()
        self._awake.set()
        for act in self._deferred:
            act()
        self._deferred.clear()

    async def send(self, **message: Any) -> bool:
        """Send a frame; returns whether it was sent."""
        if self._socket is None:
            return False
        try:
            await self._socket.send(json.dumps(message))
        except UNREACHABLE:
            return False
        return True

    # --- frames ----------------------------------------------------------------------------------

    async def _hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "view":
                self.seat.saw(self, message)
            case "offer":
                await self._offered(message["log_id"])
            case "go":
                await self._go(message)
            case "taken":
                self._accepted.pop(message["log_id"], None)
            case "settled":
                self.browser.journal.pop((message["log_id"], message["attempt"]), None)
            case "probe":
                await self.send(type="probe", nonce=message["nonce"])
                self.seat.ledger.word("alive", page_id=self.page_id)
            case "ask":
                await self._asked(message)
            case "error":
                self.seat.ledger.count(f"error_{message['code']}")
            case _:
                pass

    async def _offered(self, log_id: str) -> None:
        if not self.seat.org.calm and self.rng.random() < 0.01:
            self.seat.ledger.fault("offer-ignored", log_id)
            return
        self._accepted[log_id] = asyncio.get_running_loop().time()
        await self.send(type="accept", log_id=log_id)

    async def _go(self, go: dict[str, Any]) -> None:
        log_id, attempt = go["log_id"], go["attempt"]
        args = go["call"]["args"]
        named = {"log_id": log_id, "attempt": attempt}
        fields = {**named, "page_id": self.page_id, "create": not {"Id", "callId"} & args.keys()}
        self.seat.ledger.word("go", **fields)
        known = self.browser.journal.get((log_id, attempt))
        if known is not None:
            if known["state"] != "sent":
                await self._report(known)
            return
        if not self._is_fresh(log_id):
            expired = {**named, "nonce": go["nonce"], "outcome": "expired"}
            self.seat.ledger.word("result", **named, page_id=self.page_id, outcome="expired")
            self.seat.ledger.count("stale_goes")
            await self.send(type="result", **expired)
            return
        self._save(go, args, {**named, "nonce": go["nonce"], "state": "sent"})

    def _save(self, go: dict[str, Any], args: dict[str, Any], entry: dict[str, Any]) -> None:
        log_id = entry["log_id"]
        self._going.add(log_id)
        crash = self.seat.org.crash()
        if crash:
            self.seat.ledger.fault(f"crash-{crash}", log_id)
        if crash == "before-journal":
            self.crash()
            return
        self.browser.journal[(log_id, go["attempt"])] = entry
        if crash == "before-save":
            self.crash()
            return

        def answered(answer: dict[str, Any]) -> None:
            self._when_awake(lambda: self._concluded(entry, answer, crash))

        self.seat.org.save_log(args, log_id, answered)
        if crash == "during-save":
            self.crash()

    def _is_fresh(self, log_id: str) -> bool:
        since = self._accepted.pop(log_id, None)
        return since is not None and asyncio.get_running_loop().time() - since <= FRESH

    def _when_awake(self, act: Callable[[], None]) -> None:
        if self.gone:
            return
        if self._awake.is_set():
            act()
        else:
            self._deferred.append(act)

    def _concluded(self, entry: dict[str, Any], answer: dict[str, Any], crash: str) -> None:
        """The callback of saveLog."""
        if answer["success"]:
            entry.update(state="ok", task_id=answer["returnValue"]["recordId"])
        else:
            entry.update(state="refused", errors=answer["errors"])
        if crash == "after-save":
            self.crash()
            return
        self._going.discard(entry["log_id"])
        self.seat.start(self._report(entry))

    async def _report(self, entry: dict[str, Any]) -> None:
        repeated = not self.seat.org.calm and self.rng.random() < 0.02
        if repeated:
            self.seat.ledger.fault("repeated-result", entry["log_id"])
        outcome = {k: v for k, v in entry.items() if k != "state"}
        for _ in range(2 if repeated else 1):
            if await self.send(type="result", outcome=entry["state"], **outcome):
                self._said(entry)

    def _said(self, entry: dict[str, Any]) -> None:
        """Record a sent result, whether alone or in a hello."""
        final = entry["state"] == "refused" and "details" in entry["errors"][0]
        self.seat.ledger.word(
            "result",
            page_id=self.page_id,
            log_id=entry["log_id"],
            attempt=entry["attempt"],
            outcome=entry["state"],
            final=final,
        )

    async def _asked(self, ask: dict[str, Any]) -> None:
        answer = self.seat.org.run_apex(ask["call"]["args"], ask["ask_id"])
        if answer is None:
            return
        if not answer["success"]:
            await self.send(type="answer", ask_id=ask["ask_id"], outcome="failed")
            return
        value = answer["returnValue"]
        if await self.send(type="answer", ask_id=ask["ask_id"], outcome="ok", value=value):
            self.seat.ledger.count("read_backs")
            if value["runApex"] == "[]":
                self.seat.ledger.word("none", page_id=self.page_id, log_id=ask["ask_id"])
