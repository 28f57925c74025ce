"""`make demo`: the adapter, a stand-in for a Salesforce org, and a simulated provider.

Four origins on loopback: the softphone on localhost, two orgs on 127.0.0.1 (another site, as in
production; one with Open CTI, one with Omni-Channel), and the provider in its own process. The
database is in `var/`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapter import console, observability
from adapter.app import CannotListen, drain, listening, running
from adapter.runtime.clock import SystemClock
from adapter.settings import PREFIX, Settings
from adapter.settings.environment import load
from adapter.voice.standin.book import Book, Center
from adapter.voice.standin.server import StandIn
from adapter.voice.standin.site import Omni, make_omni_org
from adapter.voice.token import read_key
from adapter.web.pages.demo import make_demo_org
from adapter.web.pages.site import WEB

LIBRARY = Path(__file__).parents[1] / "node_modules" / ".voice" / "4.8.10.cjs"
"""Salesforce's connector library, as downloaded by the tests; it is never shipped."""

ORG_ID, CENTER = "00D000000000DEM", "DemoVoice"
ACCOUNT, TOKEN, SECRET = "acct_demo", "sk_test_demo", "whsec_demo"
HOST = "127.0.0.1"


def run(options: argparse.Namespace) -> int:
    """Run until Ctrl-C; prints the addresses."""
    data = Path(options.data)
    data.mkdir(parents=True, exist_ok=True)
    path = data / f"demo-{options.port}.log"
    settings = demo_settings(options.port, data)
    with path.open("a", encoding="utf-8") as lines:
        observability.set_up(settings.log_level, settings.log_hash_key.get_secret_value(), lines)
        asyncio.run(_run(settings, options, path))
    return 0


def demo_settings(port: int, data: Path) -> Settings:
    """The adapter's settings for the demo; the environment may override none of them.

    Its few numbers are called repeatedly on purpose, so the question about a repeated call is off
    unless the environment sets it.
    """
    return load(
        {f"{PREFIX}CONFIRM_REPEAT_SECONDS": "0", **os.environ},
        public_url=f"http://localhost:{port}",
        host=HOST,
        port=port,
        database_url=f"sqlite:///{data}/demo-{port}.db",
        sign_in="dev",
        org_id=ORG_ID,
        org_origins=(f"http://{HOST}:{port + 1}", f"http://{HOST}:{port + 3}"),
        voice_url=f"http://{HOST}:{port + 3}",
        voice_contact_center=CENTER,
        voice_key=_key(),
        voice_library=LIBRARY if LIBRARY.is_file() else None,
        dialstack_url=f"http://{HOST}:{port + 2}",
        dialstack_token=TOKEN,
        dialstack_account=ACCOUNT,
        dialstack_webhook_secrets=SECRET,
    )


@lru_cache(1)
def _key() -> str:
    """The contact center's private key (PEM), valid while the demo runs."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key.private_bytes(*form).decode()


def _omni_org(settings: Settings, agent: str) -> web.Application:
    """The org with Omni-Channel, and the records that the adapter writes to it."""
    center = Center(ORG_ID, CENTER, read_key(_key()))
    stand_in = StandIn(Book(center), SystemClock().now)
    omni = Omni(
        connector_url=f"{settings.public_url}/voice/{ORG_ID}",
        org_id=f"{ORG_ID}AAA",
        agent=agent,
        beside=settings.org_origins[0],
        library=settings.voice_library is not None,
    )
    return make_omni_org(stand_in, omni, WEB / "demo")


async def _run(settings: Settings, options: argparse.Namespace, path: Path) -> None:
    port = settings.port
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    org = make_demo_org(f"{settings.public_url}/softphone", options.agent)
    async with (
        running(settings) as app,
        listening(app.server, HOST, port),
        listening(org, HOST, port + 1),
        listening(_omni_org(settings, options.agent), HOST, port + 3),
        _simulator(port),
    ):
        _tell(options, path)
        await stopping.wait()
        await drain(app)


@asynccontextmanager
async def _simulator(port: int) -> AsyncIterator[None]:
    """Run the provider in its own process, which ends with this one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapter", "simulate", "--port", str(port + 2)),
        *("--account", ACCOUNT, "--token", TOKEN, "--secret", SECRET),
        *("--webhook", f"http://{HOST}:{port}/webhooks/dialstack"),
        # A pipe without data: it closes when this process ends, even by SIGKILL.
        "--with-stdin",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        # It prints its address when it listens, or the reason on standard error.
        if process.stdout is not None and not await process.stdout.readline():
            raise CannotListen(f"the simulated provider has not begun on port {port + 2}")
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _tell(options: argparse.Namespace, path: Path) -> None:
    port: int = options.port
    where = {
        "org": f"http://{HOST}:{port + 1}",
        "softphone": f"http://localhost:{port}/softphone",
        "phones": f"http://{HOST}:{port + 2}/control",
        "omni": f"http://{HOST}:{port + 3}",
        "both": f"http://{HOST}:{port + 3}/both",
    }
    text = f"""
  Salesforce (a stand-in)   {where["org"]}   <- open this and click a phone number
    without Open CTI        {where["org"]}/lwc/
  The softphone             {where["softphone"]}
  The phones (simulated)    {where["phones"]}
  With Salesforce Voice     {where["omni"]}   (both, side by side: {where["both"]})

  Logs: {path}. Press Ctrl-C to stop.
"""
    console.answer(options, {**where, "log": str(path)}, text)
