"""The stand-in's ARI push configuration: phones that requests create, kept in memory.

https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/ARI-Push-Configuration/
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from qa.asterisk.exchange import Exchange
from qa.asterisk.parts import Refused

KINDS = ("auth", "aor", "endpoint")


class PushConfig:
    """Endpoints with their address and password, created and removed by requests."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.allowed = True
        """Whether sorcery.conf permits pushed objects."""
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}

    async def change(self, request: web.Request) -> web.Response:
        """PUT and DELETE /ari/asterisk/config/dynamic/res_pjsip/{kind}/{name}."""
        kind, name = request.match_info["kind"], request.match_info["name"]
        if request.method == "DELETE":
            return self._remove(kind, name)
        if not self.allowed or kind not in KINDS:
            raise Refused(403, "Cannot create sorcery objects")
        fields = (await request.json())["fields"]
        self.objects[kind, name] = {pair["attribute"]: pair["value"] for pair in fields}
        if kind == "endpoint":
            self._exchange.registered.setdefault(name, False)
        return web.json_response(fields)

    def _remove(self, kind: str, name: str) -> web.Response:
        if self.objects.pop((kind, name), None) is None:
            raise Refused(404, "Object not found")
        if kind == "endpoint":
            self._exchange.registered.pop(name, None)
        return web.Response(status=204)
