"""The simulator's life as a server."""

import asyncio
import os
import signal

import httpx

from adapter.telephony.simulator.server import serve
from tests.telephony.running import config, simulated


async def test_the_simulator_serves_until_it_is_stopped() -> None:
    """A free port is taken and told; SIGTERM ends it in order."""
    told: asyncio.Queue[str] = asyncio.Queue()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(serve(config(), told.put_nowait))
        url = await told.get()
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            assert (await http.get("/control")).status_code == 200
        os.kill(os.getpid(), signal.SIGTERM)
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        try:
            await http.get("/control")
            listening = True
        except httpx.ConnectError:
            listening = False
    assert not listening


async def test_calls_end_with_the_server() -> None:
    """No timer and no delivery outlives it."""
    async with simulated(time_scale=1.0) as simulator:
        await simulator.dial("+15551234567")
        assert simulator.state.switch._timers
    assert not simulator.state.switch._timers
