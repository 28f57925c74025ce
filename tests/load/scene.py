"""What is sent to the programs: pages that sign in, and signed deliveries for their agents."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from adapter.telephony import signing
from tests.load import client
from tests.load.client import PageSocket
from tests.load.programs import ACCOUNT, SECRET, Program

AT_ONCE = 64
WEBHOOKS = "/webhooks/dialstack"
_ids = itertools.count(1)


async def open_pages(program: Program, count: int) -> dict[str, PageSocket]:
    """So many agents (u0, u1, …), each with one idle page, as fast as the program lets them in."""
    origin = f"http://localhost:{program.port}"
    tickets = [""] * count
    is_ours = program.kind in {"ours", "postgres"}
    if is_ours:
        tickets = await _tickets(program.port, origin, count)
    pages: dict[str, PageSocket] = {}
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        user = f"u{number}"
        hello = _hello(tickets[number], user) if is_ours else b""
        path, protocol = ("/ws", "softphone.v1") if is_ours else (f"/ws?user={user}", "")
        request = client.upgrade(program.port, path, origin, protocol)
        loop = asyncio.get_running_loop()
        async with room:
            _, page = await loop.create_connection(
                lambda: PageSocket(request, hello, lambda _: None, user), "127.0.0.1", program.port
            )
            await asyncio.wait_for(page.ready.wait(), 60)
        pages[user] = page

    await asyncio.gather(*(one(number) for number in range(count)))
    return pages


async def _tickets(port: int, origin: str, count: int) -> list[str]:
    names = [json.dumps({"name": f"u{number}"}).encode() for number in range(count)]
    sign_ins = [client.post(port, "/auth/dev", name, Origin=origin) for name in names]
    cookies = [_cookie(answer) for answer in await client.ask(port, sign_ins, 16)]
    asks = [
        client.post(port, "/api/ws-ticket", b"{}", Origin=origin, Cookie=one) for one in cookies
    ]
    return [client.body_of(answer)["ticket"] for answer in await client.ask(port, asks, 16)]


def _cookie(answer: bytes) -> str:
    client.body_of(answer)
    head = answer.partition(b"\r\n\r\n")[0].decode()
    lines = (line.partition(": ") for line in head.split("\r\n"))
    return next(value.split(";")[0] for name, _, value in lines if name.lower() == "set-cookie")


def _hello(ticket: str, user: str) -> bytes:
    hello = {"type": "hello", "ticket": ticket, "page_id": f"page-{user}", "visible": True}
    return json.dumps(hello).encode()


def deliveries(port: int, agents: int, count: int) -> list[tuple[str, bytes]]:
    """Calls that come in, ring and are missed, in turn at every agent: two deliveries a call."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made = itertools.islice(_events(agents, now), count)
    stamp = int(time.time())
    return [
        (user, client.post(port, WEBHOOKS, body, X_DialStack_Signature=_signed(stamp, body)))
        for user, body in made
    ]


def _signed(stamp: int, body: bytes) -> str:
    return signing.header((SECRET,), stamp, body)


def _events(agents: int, now: str) -> Iterator[tuple[str, bytes]]:
    while True:
        calls = [f"call_{next(_ids):012}" for _ in range(agents)]
        for kind in ("call.incoming", "call.end"):
            for number, call_id in enumerate(calls):
                user = f"u{number}"
                yield user, _body(kind, user, call_id, now)


def _body(kind: str, user: str, call_id: str, now: str) -> bytes:
    over = kind == "call.end"
    data = {
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
    event_id = f"evt_{next(_ids):012}"
    event = {"id": event_id, "type": kind, "account_id": ACCOUNT, "created": now, "data": data}
    return json.dumps(event).encode()
