"""`make demo`: the adapter, a stand-in for a Salesforce org, and a simulated provider.

Three origins on loopback: the softphone on localhost, the org on 127.0.0.1 (another site, as in
life), the provider in a process of its own. The database lies in `var/`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapter import console, observability
from adapter.app import CannotListen, drain, listening, running
from adapter.settings import PREFIX, Settings
from adapter.settings.environment import load
from adapter.web.demo import make_demo_org

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

    Its few numbers are called over and over on purpose: nobody is asked, unless the environment
    says so.
    """
    return load(
        {f"{PREFIX}CONFIRM_REPEAT_SECONDS": "0", **os.environ},
        public_url=f"http://localhost:{port}",
        host=HOST,
        port=port,
        database_url=f"sqlite:///{data}/demo-{port}.db",
        sign_in="dev",
        org_origins=(f"http://{HOST}:{port + 1}",),
        dialstack_url=f"http://{HOST}:{port + 2}",
        dialstack_token=TOKEN,
        dialstack_account=ACCOUNT,
        dialstack_webhook_secrets=SECRET,
    )


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
        _simulator(port),
    ):
        _tell(options, path)
        await stopping.wait()
        await drain(app)


@asynccontextmanager
async def _simulator(port: int) -> AsyncIterator[None]:
    """The provider in a process of its own, ended with us."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapter", "simulate", "--port", str(port + 2)),
        *("--account", ACCOUNT, "--token", TOKEN, "--secret", SECRET),
        *("--webhook", f"http://{HOST}:{port}/webhooks/dialstack"),
        # A pipe that nothing is written to: its end is ours, were it by SIGKILL.
        "--with-stdin",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        # It says its address when it listens, and why it does not on standard error.
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
    }
    text = f"""
  Salesforce (a stand-in)   {where["org"]}   <- open this, click a phone number
    without Open CTI        {where["org"]}/lwc/
  The softphone             {where["softphone"]}
  The phones (simulated)    {where["phones"]}

  Logs: {path}. Ctrl-C ends it all.
"""
    console.answer(options, {**where, "log": str(path)}, text)
