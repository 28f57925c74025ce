"""For those who operate it: is it alive, may it have traffic."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapter import __version__
from adapter.runtime.writable import Writable
from adapter.storage.port import StorageError, Store
from adapter.web.middleware import failure

PATIENCE_SECONDS = 1.5
"""Whoever asks gives up after two seconds, mostly, and would not hear the reason."""


class Status:
    """Liveness and readiness. `draining` turns readiness red before the process goes."""

    def __init__(self, store: Store, writable: Writable) -> None:
        self._store = store
        self._writable = writable
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
        """GET /readyz: it may have traffic: its store reads and writes, and it is not leaving."""
        if self.draining:
            return failure(503, "draining", "This replica is shutting down. Try again.")
        trouble = await self.store_trouble()
        return failure(503, "store", trouble) if trouble else web.json_response({"status": "ready"})

    async def store_trouble(self) -> str:
        """Why nothing can be stored; empty where it can."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._store.epoch()
                await self._writable.check()
        except StorageError as error:
            return f"The store is not writable: {error}"
        except TimeoutError:
            return f"The store has not answered for {PATIENCE_SECONDS:g} s."
        return ""
