"""The load on the programs: pages that sign in, and signed deliveries for their agents."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from adapter.telephony.dialstack import signing
from qa.load import wire
from qa.load.flood import Delivery
from qa.load.programs import ACCOUNT, SECRET, Program
from qa.load.wire import PageSocket, Wrong

AT_ONCE = 64
WEBHOOKS = "/webhooks/dialstack"
BLOCK = 100
"""The calls of so many agents come in before the first of them ends: more than there are requests
under way, so no page is sent two events at once."""

SHOWN = {"call.incoming": b'"state":"ringing-inbound"', "call.end": b'"state":"idle"'}
"""What our view contains once it shows the event; a peer's message names the event itself."""

_ids = itertools.count(1)


# --- pages ---------------------------------------------------------------------------------------


async def sign_in(program: Program, numbers: Sequence[int]) -> list[str]:
    """Sign these agents in; returns a session cookie each, empty if the program needs none."""
    if not program.is_ours:
        return [""] * len(numbers)
    names = [json.dumps({"name": f"u{number}"}).encode() for number in numbers]
    requests = [
        wire.post(program.entrance, "/auth/dev", name, Origin=program.origin) for name in names
    ]
    return [_cookie(answer) for answer in await wire.ask_all(program.entrance, requests, 16)]


async def open_pages(
    program: Program, numbers: Sequence[int], cookies: Sequence[str] = (), at_once: int = AT_ONCE
) -> dict[str, PageSocket]:
    """Open an idle page for each of these agents, as fast as the program permits. Raises Wrong."""
    known = cookies or await sign_in(program, numbers)
    waiting = deque(zip(numbers, known, strict=True))
    pages: dict[str, PageSocket] = {}

    async def worker() -> None:
        async with wire.asking(program.entrance) as ask:
            while waiting:
                number, cookie = waiting.popleft()
                page = await _open(program, f"u{number}", await _ticket(program, ask, cookie))
                pages[page.user] = page

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(numbers))):
            group.create_task(worker())
    return pages


async def _open(program: Program, user: str, ticket: str) -> PageSocket:
    hello = _hello(ticket, user) if program.is_ours else b""
    path, protocol = ("/ws", "softphone.v1") if program.is_ours else (f"/ws?user={user}", "")
    request = wire.upgrade(program.entrance, path, program.origin, protocol)
    page = await wire.open_to(program.entrance, lambda: PageSocket(request, hello, user))
    await asyncio.wait_for(page.ready.wait(), wire.OPEN_SECONDS)
    if page.problem:
        raise Wrong(f"{program.kind}, page of {user}: {page.problem}")
    return page


async def _ticket(program: Program, ask: wire.Ask, cookie: str) -> str:
    """Trade the cookie for a ticket, as a page does to connect; a bare server needs none."""
    if not program.is_ours:
        return ""
    origin = program.origin
    request = wire.post(program.entrance, "/api/ws-ticket", b"{}", Origin=origin, Cookie=cookie)
    return wire.body_of(await ask(request))["ticket"]


def _cookie(answer: bytes) -> str:
    wire.body_of(answer)
    head = answer.partition(b"\r\n\r\n")[0].decode()
    lines = (line.partition(": ") for line in head.split("\r\n"))
    return next(value.split(";")[0] for name, _, value in lines if name.lower() == "set-cookie")


def _hello(ticket: str, user: str) -> bytes:
    hello = {"type": "hello", "ticket": ticket, "page_id": f"page-{user}", "visible": True}
    return json.dumps(hello).encode()


# --- deliveries ----------------------------------------------------------------------------------


class Calls:
    """Missed inbound calls, at every agent in turn: two deliveries a call."""

    def __init__(self, program: Program, agents: int) -> None:
        self._program = program
        self._agents = itertools.cycle(range(agents))
        self._block = min(BLOCK, agents)

    def next(self, count: int) -> list[Delivery]:
        """About so many further deliveries in whole blocks, signed."""
        blocks = max(1, round(count / (2 * self._block)))
        return [delivery for _ in range(blocks) for delivery in self._one_block()]

    def _one_block(self) -> Iterator[Delivery]:
        now = format_time(datetime.now(UTC))
        calls = [(f"u{next(self._agents)}", f"call_{next(_ids):012}") for _ in range(self._block)]
        for kind, shown in SHOWN.items():
            token = shown if self._program.is_ours else kind.encode()
            for user, call_id in calls:
                data = _came_in(user, call_id, now, over=kind == "call.end")
                yield Delivery(user, token, delivery(self._program, kind, data))


def format_time(moment: datetime) -> str:
    """A time in the provider's format."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def delivery(program: Program, kind: str, data: dict[str, Any]) -> bytes:
    """The signed request with this event of a call."""
    event = {
        "id": f"evt_{next(_ids):012}",
        "type": kind,
        "account_id": ACCOUNT,
        "created": data["started_at"],
        "data": data,
    }
    body = json.dumps(event).encode()
    signature = signing.header((SECRET,), int(time.time()), body)
    return wire.post(program.entrance, WEBHOOKS, body, X_DialStack_Signature=signature)


def _came_in(user: str, call_id: str, now: str, *, over: bool) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "user_id": user,
        "direction": "inbound",
        "from_number": "+4930901820",
        "from_name": "Grace Hopper, Compilers and Sons",
        "to_number": "+493090182099",
        "started_at": now,
        "answered_at": None,
        "connected_at": None,
        "ended_at": now if over else None,
        "status": "no-answer" if over else "ringing",
        "note": "x" * 150,
    }
