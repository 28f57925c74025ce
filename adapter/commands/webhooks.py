"""Register the provider's webhook endpoint, or list its address and events.

The command uses SOFTPHONE_DIALSTACK_ACCOUNT and _TOKEN, even if SOFTPHONE_ORGS_FILE lists several
accounts. Run it once for each account to create its secrets file.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import quote

from adapter import console, observability
from adapter.commands import CommandFailed, create_private
from adapter.origins import is_loopback
from adapter.settings import Settings
from adapter.settings.environment import load
from adapter.telephony.dialstack.driver import DialStackDriver, build_http
from adapter.telephony.dialstack.webhook import PATH
from adapter.telephony.dialstack.wire import EVENTS
from adapter.telephony.port import ProviderError
from adapter.telephony.updates import Webhook

VARIABLE = "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and where the secret goes."""
    parser.add_argument("action", choices=("register", "list-needed"))
    parser.add_argument(
        "--secret-file",
        type=Path,
        help="write the secret to this file (mode 600) instead of showing it",
    )
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Register the endpoint, or list what it needs. Raises CommandFailed."""
    settings = load()
    if options.action == "list-needed":
        facts = {"url": address(settings), "events": list(EVENTS)}
        console.answer(
            options, facts, f"{address(settings)}\n" + "".join(f"  {e}\n" for e in EVENTS)
        )
        return 0
    _demand_reachable(settings)
    observability.set_up(settings.log_level, settings.log_hash_key.get_secret_value())
    # Before the request: a secret that cannot be stored is lost.
    descriptor = create_private(options.secret_file) if options.secret_file else None
    try:
        made = asyncio.run(register(settings))
    except ProviderError as error:
        if descriptor is not None:
            os.close(descriptor)
            options.secret_file.unlink()
        raise CommandFailed(f"the provider did not register the endpoint: {error.text}") from error
    _hand_over(made, options, descriptor)
    return 0


async def register(settings: Settings) -> Webhook:
    """Ask the provider to send its events to our public address. Raises ProviderError."""
    token = settings.dialstack_token.get_secret_value()
    proxy = settings.https_proxy.get_secret_value()
    http = build_http(settings.dialstack_url, token, settings.dialstack_account, proxy=proxy)
    provider = DialStackDriver(http)
    try:
        return await provider.register_webhook(address(settings), EVENTS)
    finally:
        await provider.close()


def address(settings: Settings) -> str:
    """Where this account's events go; with several orgs, each account has its own endpoint."""
    account = quote(settings.dialstack_account, safe="")
    return f"{settings.public_url}{PATH}" + (f"/{account}" if settings.orgs_file else "")


def _demand_reachable(settings: Settings) -> None:
    """The account, and an address that the provider can reach. Raises CommandFailed."""
    if not (settings.dialstack_token.get_secret_value() and settings.dialstack_account):
        raise CommandFailed(
            "set SOFTPHONE_DIALSTACK_TOKEN and SOFTPHONE_DIALSTACK_ACCOUNT to register"
        )
    host = settings.public_origin.partition("://")[2].partition(":")[0]
    at_home = is_loopback(settings.dialstack_url.partition("://")[2].partition(":")[0])
    if not settings.public_url.startswith("https://") and not (at_home and is_loopback(host)):
        raise CommandFailed(
            f"SOFTPHONE_PUBLIC_URL must be an https address that the provider can reach, "
            f"not {settings.public_url}"
        )


def _hand_over(made: Webhook, options: argparse.Namespace, descriptor: int | None) -> None:
    facts: dict[str, object] = {"endpoint_id": made.endpoint_id, "events": list(EVENTS)}
    text = f"Registered {made.endpoint_id}: {len(EVENTS)} types of events.\n"
    if descriptor is not None:
        path = options.secret_file.resolve()
        with os.fdopen(descriptor, "w", encoding="utf-8") as secret:
            secret.write(made.secret + "\n")
        text += f"Its secret is in {options.secret_file}: set {VARIABLE}_FILE={path}\n"
        console.answer(options, {**facts, "secret_file": str(path)}, text)
        return
    sys.stderr.write(
        f"The secret below is shown only once. Put it into {VARIABLE} (before the old one, with "
        "a comma, while you rotate), keep it out of shell histories and chats, and restart.\n"
    )
    console.answer(options, {**facts, "secret": made.secret}, f"{text}{made.secret}\n")
