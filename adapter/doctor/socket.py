"""Opens the public `/ws` as a page would, with an invalid ticket."""

from __future__ import annotations

import json
import socket as socket_module
import ssl
from urllib.parse import urlsplit

import websockets
from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

from adapter.doctor.findings import Finding, fail, ok
from adapter.page.messages import SUBPROTOCOL
from adapter.settings import Settings

SECONDS = 5.0
NOT_SIGNED_IN = 4003

_PROXY = "Let the proxy pass WebSocket upgrades on /ws (HTTP/1.1, Upgrade and Connection headers)."
_HELLO = json.dumps({"type": "hello", "ticket": "doctor", "page_id": "doctor"})


async def socket_finding(settings: Settings, tls: ssl.SSLContext) -> Finding:
    """A stranger must get as far as the hello, and no further (close code 4003)."""
    url = settings.public_url.replace("http", "ws", 1) + "/ws"
    try:
        async with connect(
            url,
            origin=Origin(settings.public_origin),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            ssl=tls if url.startswith("wss:") else None,
            open_timeout=SECONDS,
            close_timeout=SECONDS,
            proxy=None,
        ) as socket:
            await socket.send(_HELLO)
            await socket.recv()
    except websockets.ConnectionClosed as closed:
        return _closed(closed.rcvd.code if closed.rcvd else None)
    except websockets.InvalidStatus as refused:
        return _refused(refused.response.status_code, settings)
    except socket_module.gaierror:
        host = urlsplit(url).hostname
        text = f"The name {host} cannot be resolved from this machine."
        return fail("socket", text, "Correct SOFTPHONE_PUBLIC_URL or its DNS entry.")
    except ConnectionRefusedError:
        text = f"Nothing listens at {url}."
        return fail("socket", text, "Start the adapter and its proxy.")
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        return fail("socket", f"{url} cannot be opened ({type(error).__name__}).", _PROXY)
    return fail(
        "socket", f"{url} accepted an invalid ticket.", "The address is not this adapter's."
    )


def _closed(code: int | None) -> Finding:
    if code == NOT_SIGNED_IN:
        return ok("socket", "/ws accepts pages and refuses those that are not signed in.")
    return fail("socket", f"/ws closed with {code}, not with {NOT_SIGNED_IN}.", _PROXY)


def _refused(status: int, settings: Settings) -> Finding:
    if status == 403:
        text = (
            f"/ws refuses pages of {settings.public_origin}: it is configured for another address."
        )
        todo = "Restart the adapter with this SOFTPHONE_PUBLIC_URL."
        return fail("socket", text, todo)
    return fail("socket", f"/ws answers {status} to an upgrade.", _PROXY)
