"""The floor: POST, JSON, WebSocket push in bare aiohttp, without checks and without storage.

python floor.py PORT [PROVIDER]: with a provider, every frame of a page becomes a POST to it.
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import ClientSession, web

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop  # type: ignore[assignment]

PAGES: dict[str, web.WebSocketResponse] = {}
PROVIDER = web.AppKey("provider", ClientSession)


async def connect(request: web.Request) -> web.WebSocketResponse:
    """GET /ws?user=: serve one page."""
    socket = web.WebSocketResponse(compress=False, heartbeat=25)
    await socket.prepare(request)
    user = request.query["user"]
    PAGES[user] = socket
    async for message in socket:
        if PROVIDER in request.app:
            number = json.loads(message.data)["number"]
            call = {"user": user, "dial_string": number}
            async with request.app[PROVIDER].post("/v1/calls", json=call):
                pass
    if PAGES.get(user) is socket:
        del PAGES[user]
    return socket


async def receive(request: web.Request) -> web.Response:
    """POST /webhooks/dialstack: push the event to the page of the user whom it names."""
    event = json.loads(await request.read())
    data = event["data"]
    page = PAGES.get(data["user_id"])
    if page is not None:
        shown = {"type": "view", "state": event["type"], "number": data["from_number"]}
        await page.send_str(json.dumps(shown))
    return web.Response()


async def main(port: int, provider: str | None = None) -> None:
    """Listen forever."""
    app = web.Application()
    if provider is not None:
        app[PROVIDER] = ClientSession(provider)
    app.add_routes([web.get("/ws", connect), web.post("/webhooks/dialstack", receive)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as loop:
        loop.run(main(int(sys.argv[1]), *sys.argv[2:]))
