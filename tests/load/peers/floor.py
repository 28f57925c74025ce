"""The floor: POST, JSON, WebSocket push in bare aiohttp; nothing is checked, nothing is kept."""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import web

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop  # type: ignore[assignment]

PAGES: dict[str, web.WebSocketResponse] = {}


async def connect(request: web.Request) -> web.WebSocketResponse:
    """GET /ws?user=: one idle page."""
    socket = web.WebSocketResponse(compress=False, heartbeat=25)
    await socket.prepare(request)
    PAGES[request.query["user"]] = socket
    async for _ in socket:
        pass
    return socket


async def receive(request: web.Request) -> web.Response:
    """POST /webhooks/dialstack: pushed to the page of the user whom it names."""
    event = json.loads(await request.read())
    data = event["data"]
    page = PAGES.get(data["user_id"])
    if page is not None:
        shown = {"type": "view", "state": event["type"], "number": data["from_number"]}
        await page.send_str(json.dumps(shown))
    return web.Response()


async def main(port: int) -> None:
    """Listen for ever."""
    app = web.Application()
    app.add_routes([web.get("/ws", connect), web.post("/webhooks/dialstack", receive)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as loop:
        loop.run(main(int(sys.argv[1])))
