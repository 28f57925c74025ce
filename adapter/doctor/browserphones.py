"""Checks phones in the browser: can they be created and reached, and is their library built?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from adapter.assets import folder
from adapter.doctor.findings import Finding, fail, ok
from adapter.orgs import Org
from adapter.runtime.directory import DirectoryError, read_entries
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.webphones import socket_url
from adapter.telephony.port import ProviderError

CHECK, DOCS = "browser phones", "see docs/browser-audio.md."
CONNECT_SECONDS = 3.0
TRIED = "softphone-doctor"


async def browser_findings(
    client: AriClient, account: AsteriskAccount, org: Org, library: Path | None = None
) -> AsyncIterator[Finding]:
    """Nothing if no agent has one. Creates and removes an address that no phone uses."""
    if not account.browser_phone and not await asyncio.to_thread(_listed, org):
        return
    for found in (await _made(client), await _reached(account)):
        yield found
    file = library or folder("web") / "dist" / "jssip.js"
    if file.is_file():
        yield ok(CHECK, "The library for pages (JsSIP) is built.")
    else:
        yield fail(CHECK, "The library for pages is missing.", "Run `make bundle`, then restart.")


def _listed(org: Org) -> bool:
    try:
        entries = read_entries(org.directory_file) if org.directory_file else ()
    except DirectoryError:
        return False  # Reported already.
    return any(entry.browser_phone == "yes" for entry in entries)


async def _made(client: AriClient) -> Finding:
    try:
        await client.configure("aor", TRIED, {"max_contacts": "1"})
        await client.unconfigure("aor", TRIED)
    except ProviderError as error:
        text = f"They cannot be created: {error.text}"
        return fail(CHECK, text, f"Let sorcery.conf keep phones in memory; {DOCS}")
    return ok(CHECK, "They can be created.")


async def _reached(account: AsteriskAccount) -> Finding:
    url, sip = socket_url(account.url), [Subprotocol("sip")]
    try:
        async with connect(url, subprotocols=sip, open_timeout=CONNECT_SECONDS, proxy=None):
            return ok(CHECK, f"{url} accepts SIP.")
    except (OSError, WebSocketException, TimeoutError) as error:
        text = f"{url} does not accept SIP ({type(error).__name__})."
        return fail(CHECK, text, f"Add a transport for WebSockets to pjsip.conf; {DOCS}")
