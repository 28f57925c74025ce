"""`make demo PBX=asterisk`: the demo on a real Asterisk, with real SIP phones that answer.

The agent's phone and the phone network are programs. A page on PORT+2 shows what they do and has
buttons to call in and to hang up.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from adapter.app import drain, listening, running
from adapter.settings import PREFIX, Settings
from adapter.settings.environment import load
from adapter.web.pages.demo import make_demo_org
from qa.asterisk.bench import IDENTITY, IDENTITY_NAME, Bench, real
from qa.asterisk.engine import APP, USER, NoAsterisk
from qa.asterisk.handset import BUSY, DECLINE, IGNORE, Handset, Plan

HOST = "127.0.0.1"
CALLER = "+12025559000"
ENDINGS = {"1": BUSY, "2": DECLINE, "3": IGNORE}
"""What a number does, by its last digit. All other numbers are picked up after two seconds."""


def settings_for(bench: Bench, port: int, data: Path, agent: str) -> Settings:
    """The adapter's settings for this Asterisk."""
    book = data / f"asterisk-{port}.toml"
    book.write_text(f'[[agent]]\nemail = "{agent}@example.com"\nprovider_user = "ada"\n')
    return load(
        {f"{PREFIX}CONFIRM_REPEAT_SECONDS": "0", **os.environ},
        public_url=f"http://localhost:{port}",
        host=HOST,
        port=port,
        database_url=f"sqlite:///{data}/asterisk-{port}.db",
        sign_in="dev",
        org_origins=(f"http://{HOST}:{port + 1}",),
        provider="asterisk",
        asterisk_url=bench.world.url,
        asterisk_user=USER,
        asterisk_secret=bench.world.secret,
        asterisk_app=APP,
        asterisk_identity=IDENTITY,
        asterisk_identity_name=IDENTITY_NAME,
        asterisk_cel_url=bench.world.cel_url,
        asterisk_cel_utc=True,
        asterisk_browser_phone=True,
        directory_file=book,
    )


def phones_page(bench: Bench, ada: Handset) -> web.Application:
    """The page that shows the phones' calls, with three buttons."""
    sides = {"agent": ada, "network": bench.trunk}

    async def show(_: web.Request) -> web.Response:
        rows = [
            f"<tr><td>{name}<td>{html.escape(call.number)}<td>{html.escape(call.shown)}"
            f"<td>{'talks' if call.up else 'rings'}<td>{call.media.received} packets"
            for name, phone in sides.items()
            for call in phone.live
        ]
        forms = "".join(
            f'<form method=post action="/{act}"><button>{text}</button></form>'
            for act, text in (
                ("call", "Somebody calls ada"),
                ("hang-up/network", "The customer hangs up"),
                ("hang-up/agent", "Ada's phone hangs up"),
            )
        )
        text = f"<meta http-equiv=refresh content=2><title>Phones</title>{forms}<table>"
        return web.Response(text=text + "".join(rows) + "</table>", content_type="text/html")

    async def call(_: web.Request) -> web.Response:
        await bench.trunk.dial("2001", CALLER)
        raise web.HTTPSeeOther("/")

    async def hang_up(request: web.Request) -> web.Response:
        for call in sides[request.match_info["side"]].live:
            await call.hang_up()
        raise web.HTTPSeeOther("/")

    app = web.Application()
    app.router.add_get("/", show)
    app.router.add_post("/call", call)
    app.router.add_post("/hang-up/{side:agent|network}", hang_up)
    return app


async def play(port: int, data: Path, agent: str) -> None:
    """Run the demo until Ctrl-C."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with AsyncExitStack() as stack:
        bench = await stack.enter_async_context(real(data))
        ada = await bench.phone("ada")
        ada.plan = lambda number: Plan(after=1)
        bench.trunk.plan = lambda number: ENDINGS.get(number[-1:], Plan(after=2))
        settings = settings_for(bench, port, data, agent)
        app = await stack.enter_async_context(running(settings))
        await stack.enter_async_context(listening(app.server, HOST, port))
        org = make_demo_org(f"{settings.public_url}/softphone", agent)
        await stack.enter_async_context(listening(org, HOST, port + 1))
        phones = phones_page(bench, ada)
        await stack.enter_async_context(listening(phones, HOST, port + 2))
        print(f"""
  Salesforce (a stand-in)   http://{HOST}:{port + 1}   <- open this, click a phone number
    without Open CTI        http://{HOST}:{port + 1}/lwc/
  The softphone             {settings.public_url}/softphone
  The phones                http://{HOST}:{port + 2}
  Asterisk                  {bench.world.url}

  A number that ends in 1 is busy, in 2 declines, in 3 is never answered. Ctrl-C stops the demo.
""")
        await stopping.wait()
        await drain(app)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.asterisk.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8080")))
    parser.add_argument("--agent", default="ada")
    parser.add_argument("--data", type=Path, default=Path("var"))
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(play(options.port, options.data, options.agent))
    except NoAsterisk as error:
        print(f"{error}\n'make demo' without PBX=asterisk needs none.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
