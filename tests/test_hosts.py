"""Under which names a server of this machine answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from adapter.app import listening
from adapter.hosts import only_asked_as
from adapter.telephony.simulator.server import make_app
from adapter.web.pages.demo import make_demo_org
from tests.scenarios.conftest import a_world, simulated


async def ask(server: web.Application, host: str) -> int:
    """The status of its first page, asked for under that name."""
    async with listening(server, "127.0.0.1", 0) as port, httpx.AsyncClient(trust_env=False) as it:
        url = f"http://127.0.0.1:{port}/control"
        return (await it.get(url, headers={"Host": host})).status_code


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("192.168.1.7:8082", 200),
        ("phones.test", 200),
        ("PHONES.test:1", 200),
        ("evil.example:8080", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
async def test_a_foreign_host_name_gets_no_page(host: str, status: int) -> None:
    """Addresses and names that were told of do."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response()

    server = web.Application(middlewares=[only_asked_as(["Phones.test"])])
    server.router.add_get("/control", page)
    assert await ask(server, host) == status


async def test_the_simulator_and_the_demo_answer_only_this_machine() -> None:
    """Both start calls, or show what was said in them."""
    for host, is_refused in (("evil.example", True), ("localhost", False)):
        simulator = make_app(simulated("http://127.0.0.1:9"))
        demo = make_demo_org("http://localhost:8080/softphone", "ada")
        assert (await ask(simulator, host) == 421) is is_refused
        assert (await ask(demo, host) == 421) is is_refused


async def test_the_dev_sign_in_is_not_served_under_another_name(tmp_path: Path) -> None:
    """Nor is anything beside it."""
    async with (
        a_world(tmp_path) as world,
        httpx.AsyncClient(base_url=world.url, trust_env=False) as http,
    ):
        for path in ("/softphone", "/metrics", "/healthz"):
            assert (await http.get(path, headers={"Host": "evil.example"})).status_code == 421


async def test_a_webhook_is_judged_by_its_signature_under_any_name(tmp_path: Path) -> None:
    """A tunnel brings it under its own name, in one piece or not."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"

    async with (
        a_world(tmp_path) as world,
        httpx.AsyncClient(base_url=world.url, trust_env=False) as http,
    ):
        for body in (b"{}", pieces()):
            headers = {"Host": "tunnel.example"}
            answer = await http.post("/webhooks/dialstack", content=body, headers=headers)
            assert answer.status_code == 401
