"""The simulated provider as an HTTP server."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO

from aiohttp import web

from adapter.hosts import only_asked_as
from adapter.telephony.simulator import api, control, helpers
from adapter.telephony.simulator.config import Config
from adapter.telephony.simulator.errors import answered
from adapter.telephony.simulator.state import STATE, State

ROUTES = (
    web.post("/v1/calls", api.place),
    web.get("/v1/calls", api.list_calls),
    web.get("/v1/calls/{call_id}", api.read_call),
    web.post("/v1/calls/{call_id}", api.act),
    web.post("/v1/calls/{call_id}/recording/{act:pause|resume}", api.recording),
    web.get("/v1/users", api.list_users),
    web.get("/v1/users/{user_id}", api.user),
    web.post("/v1/users/{user_id}", api.user),
    web.get("/v1/users/{user_id}/presence", api.presence),
    web.get("/v1/users/{user_id}/queue-agent", api.queue_agent),
    web.post("/v1/users/{user_id}/queue-agent", api.queue_agent),
    web.post("/v1/webhook_endpoints", api.add_endpoint),
    web.get("/v1/webhook_endpoints", api.list_endpoints),
    web.get("/v1/webhook_endpoints/{endpoint_id}", api.endpoint),
    web.post("/v1/webhook_endpoints/{endpoint_id}", api.endpoint),
    web.delete("/v1/webhook_endpoints/{endpoint_id}", api.endpoint),
    web.post("/v1/test_helpers/calls", helpers.sandbox_call),
    web.get("/v1/test_helpers/calls", helpers.list_truth),
    web.post("/v1/test_helpers/calls/{call_id}/{act}", helpers.by_hand),
    web.post("/v1/test_helpers/scenarios", helpers.set_scenario),
    web.post("/v1/test_helpers/chaos", helpers.set_chaos),
    web.post("/v1/test_helpers/users/{user_id}", helpers.set_user),
    web.get("/v1/test_helpers/history", helpers.history),
    web.get("/control", control.page),
    web.get("/control/state", control.state),
    web.post("/control/calls/{call_id}/{act}", control.act),
    web.post("/control/incoming", control.incoming),
)


def make_app(config: Config) -> web.Application:
    """Build the application, which owns its calls and deliveries."""
    app = web.Application(middlewares=[only_asked_as(config.names), answered])
    app[STATE] = State(config)
    app.add_routes(ROUTES)
    app.cleanup_ctx.append(_run_with_app)
    return app


async def _run_with_app(app: web.Application) -> AsyncIterator[None]:
    state = app[STATE]
    await state.sender.open()
    yield
    state.switch.close()
    await state.chores.close()
    await state.sender.close()


class _UntilEnd(asyncio.Protocol):
    """Discards what it reads, and stops the server at the end of the pipe."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def connection_lost(self, _error: Exception | None) -> None:
        """The process at the other end is gone: stop."""
        self._stop.set()


async def serve(
    config: Config, ready: Callable[[str], None], alive: BinaryIO | None = None
) -> None:
    """Run until SIGINT, SIGTERM or the end of `alive` (a pipe).

    `ready` is called with the base URL including the port. Raises OSError if it cannot listen.
    """
    runner = web.AppRunner(make_app(config), access_log=None, shutdown_timeout=1)
    await runner.setup()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if alive is not None:
        await loop.connect_read_pipe(lambda: _UntilEnd(stop), alive)
    try:
        await web.TCPSite(runner, config.host, config.port).start()
        host, port = runner.addresses[0][:2]
        ready(f"http://{host}:{port}")
        await stop.wait()
    finally:
        await runner.cleanup()
