"""For those who operate it: is it alive, may it have traffic."""

from __future__ import annotations

from aiohttp import web

from adapter import __version__
from adapter.storage.port import StorageError, Store
from adapter.web.middleware import failure


class Status:
    """Liveness and readiness. `draining` turns readiness red before the process goes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.draining = False

    async def healthz(self, _request: web.Request) -> web.Response:
        """GET /healthz: the process answers, and which release it is."""
        return web.json_response({"status": "ok", "version": __version__})

    async def let_go(self, _request: web.Request, response: web.StreamResponse) -> None:
        """While leaving, keep no connection: the next request goes to another replica.

        A handler of the signal on_response_prepare. A page's socket is no such connection.
        """
        if self.draining and not isinstance(response, web.WebSocketResponse):
            response.force_close()
            response.headers["Connection"] = "close"

    async def readyz(self, _request: web.Request) -> web.Response:
        """GET /readyz: it may have traffic, that is, its store answers and it is not leaving."""
        if self.draining:
            return failure(503, "draining", "This replica is leaving.")
        try:
            await self._store.epoch()
        except StorageError as error:
            return failure(503, "store", f"The store does not answer: {error}")
        return web.json_response({"status": "ready"})
