"""(d): from a click's frame to the POST that rings the agent's phones, beside a bare server's."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import ExitStack
from pathlib import Path

from qa.load import programs, scene
from qa.load.parts.found import Found, percentile
from qa.load.programs import Program
from qa.load.rounds import tell
from qa.load.wire import PageSocket

CLICKS, WARM_UPS = 60, 20
PATIENCE_SECONDS = 10.0
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
PRESENCE = b'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"state":"available"}'


class Provider(asyncio.Protocol):
    """Takes every call, and tells when the POST of each was there as a whole."""

    def __init__(self, came: asyncio.Queue[float]) -> None:
        self._came = came
        self._buffer = b""
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection that is kept open."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A request is over with its body, whose length is told before."""
        now = time.perf_counter()
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length:")
        if separator and len(body) >= int(length.split(b"\r\n", 1)[0] or b"0"):
            self._buffer = b""
            # Whether the agent's phones ring is asked at once after it: that is another request.
            is_call = head.startswith(b"POST ")
            if is_call:
                self._came.put_nowait(now)
            # uvloop's transports do not inherit from asyncio's.
            self._transport.write(ACCEPTED if is_call else PRESENCE)  # type: ignore[union-attr]


async def click(folder: Path, rounds: int) -> Found:
    """One click after the other, each by another agent for another number."""
    came: asyncio.Queue[float] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Provider(came), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    agents = WARM_UPS + CLICKS * rounds
    found = Found(rounds={"click, floor": [], "click, ours": []})
    try:
        with ExitStack() as stack:
            bare = programs.floor(folder, provider=address)
            adapter = await programs.ours(folder, agents, provider=address)
            pages = []
            for program in (bare, adapter):
                stack.callback(program.stop)
                await program.start()
                pages.append(list((await scene.open_pages(program, range(agents))).values()))
            await _clicks(came, bare, pages[0][:WARM_UPS])
            await _clicks(came, adapter, pages[1][:WARM_UPS])
            for number in range(rounds):
                some = slice(WARM_UPS + number * CLICKS, WARM_UPS + (number + 1) * CLICKS)
                for kind, program, all_pages in zip(
                    found.rounds, (bare, adapter), pages, strict=True
                ):
                    taken = await _clicks(came, program, all_pages[some])
                    found.rounds[kind].append(
                        {
                            "clicks": len(taken),
                            "p50_ms": round(percentile(taken, 50), 3),
                            "p99_ms": round(percentile(taken, 99), 3),
                        }
                    )
    finally:
        server.close()
    found.figures["click_to_post_p50_ms"] = found.middle("click, ours", "p50_ms")
    found.figures["click_to_post_floor_p50_ms"] = found.middle("click, floor", "p50_ms")
    tell(f"click to POST: {found.figures['click_to_post_p50_ms']} ms")
    return found


async def _clicks(
    came: asyncio.Queue[float], program: Program, pages: list[PageSocket]
) -> list[float]:
    """How many milliseconds each took."""
    taken = []
    for page in pages:
        number = f"+1202555{page.user[1:]:0>4}"
        stamp = round(time.time() * 1000)
        dial = {
            "type": "dial",
            "request_id": f"req-{page.user}",
            "number": number,
            "clicked_at": stamp,
            "sent_at": stamp,
        }
        frame = json.dumps(dial).encode()
        started = time.perf_counter()
        page.say(frame)
        try:
            taken.append((await asyncio.wait_for(came.get(), PATIENCE_SECONDS) - started) * 1000)
        except TimeoutError as error:
            raise RuntimeError(f"{program.kind}: a click never became a POST") from error
    return taken
