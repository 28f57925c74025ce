"""Liveness and readiness, for operators."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapter import __version__
from adapter.runtime.writable import Writable
from adapter.storage.port import StorageError, Store
from adapter.web.http.middleware import failure

PATIENCE_SECONDS = 1.5
"""Most probes give up after two seconds, and would miss the reason."""


class Status:
    """Liveness and readiness; `draining` fails readiness before the process stops."""

    def __init__(self, store: Store, writable: Writable) -> None:
        self._store = store
        self._writable = writable
        self.draining = False

    async def healthz(self, _request: web.Request) -> web.Response:
        """GET /healthz: the process is alive; with its version."""
        return web.json_response({"status": "ok", "version": __version__})

    async def let_go(self, _request: web.Request, response: web.StreamResponse) -> None:
        """While draining, close connections, so that the next request goes to another replica.

        A handler of the signal on_response_prepare; it leaves pages' sockets open.
        """
        if self.draining and not isinstance(response, web.WebSocketResponse):
            response.force_close()
            response.headers["Connection"] = "close"

    async def readyz(self, _request: web.Request) -> web.Response:
        """GET /readyz: ready if the store reads and writes and this replica is not draining."""
        if self.draining:
            return failure(503, "draining", "This replica is shutting down. Try again.")
        trouble = await self.store_trouble()
        return failure(503, "store", trouble) if trouble else web.json_response({"status": "ready"})

    async def store_trouble(self) -> str:
        """Why nothing can be stored; empty if it can."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._store.epoch()
                await self._writable.check()
        except StorageError as error:
            return f"The store is not writable: {error}"
        except TimeoutError:
            return f"The store has not answered for {PATIENCE_SECONDS:g} s."
        return ""
