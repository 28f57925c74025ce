"""A stand-in for a Salesforce org with Omni-Channel: its page, its VoiceCall records, its API.

For demos and tests only. The page is the host for Salesforce's connector library. Records of
outbound calls are created as Salesforce does it, from what the page reports.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from adapter.hosts import only_asked_as
from adapter.voice.standin.server import StandIn
from adapter.voice.vendorinfo import LABELS

KNOWN = ("CallType", "FromPhoneNumber", "ToPhoneNumber", "CallStartDateTime", "CallDisposition")
"""What Salesforce's page knows of a call at its start."""


@dataclass(frozen=True, slots=True)
class Omni:
    """The page's settings: the connector's address, the org, the agent who is signed in.

    `library` is False if Salesforce's library is not installed; `beside` is the address of an
    Open CTI page to show side by side.
    """

    connector_url: str
    org_id: str
    agent: str
    beside: str = ""
    library: bool = True


def make_omni_org(stand_in: StandIn, omni: Omni, root: Path) -> web.Application:
    """The org's page and API as one application; `root` is the folder of the demo's files."""
    book = stand_in.book
    config = {**asdict(omni), "labels": LABELS}

    async def page(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(root / "omni" / "index.html")

    async def both(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(root / "omni" / "both.html")

    async def settings(_request: web.Request) -> web.Response:
        return web.json_response(config)

    async def records(_request: web.Request) -> web.Response:
        return web.json_response(list(book.records.values()))

    async def tell(request: web.Request) -> web.Response:
        fields_in = _object(await request.read())
        if fields_in is None:
            raise web.HTTPBadRequest(text="An object is expected.")
        fields = {name: str(fields_in[name])[:255] for name in KNOWN if name in fields_in}
        return web.json_response(book.tell(request.match_info["key"], fields))

    server = stand_in.application()
    server.middlewares.append(only_asked_as(()))
    server.router.add_get("/", page)
    server.router.add_get("/both", both)
    server.router.add_get("/omni-config.json", settings)
    server.router.add_get("/voicecalls", records)
    server.router.add_post("/voicecalls/{key}", tell)
    server.router.add_static("/", root)
    return server


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
