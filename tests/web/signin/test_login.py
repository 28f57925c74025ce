"""What every way to sign in shares: who may call, and the two ways to sign out."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from adapter import frontends
from tests.scenarios.conftest import World, a_world


async def sign_out(world: World, cookie: str, **body: object) -> int:
    """The answer's status."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        headers = {"Origin": world.url, "Cookie": cookie}
        return (await http.post("/auth/sign-out", json=body, headers=headers)).status_code


async def test_a_sign_out_ends_the_sockets_of_this_browser(world: World) -> None:
    """4003 at once, and only there."""
    here, elsewhere = await world.page(), await world.page()
    assert await sign_out(world, here.cookie) == 204
    assert await here.until_closed() == 4003
    assert elsewhere.close_codes == []
    assert await elsewhere.ticket()


async def test_a_sign_out_everywhere_ends_them_all(world: World) -> None:
    """4003 for every page of the agent; a colleague's stays."""
    here, elsewhere = await world.page(), await world.page()
    colleague = await world.page("grace")
    assert await sign_out(world, here.cookie, everywhere=True) == 204
    assert [await here.until_closed(), await elsewhere.until_closed()] == [4003, 4003]
    assert colleague.close_codes == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/dev", b'{"name": null}'),
        ("/auth/dev", b'{"name": 5}'),
        ("/auth/dev", b'["name"]'),
        ("/auth/dev", b'{"name": "ada"'),
        ("/api/number", b'{"number": {}}'),
        ("/api/number", b'{"number": null}'),
        ("/api/ws-ticket", b'{"origin": {}}'),
        ("/api/ws-ticket", b'{"org": true}'),
        ("/auth/sign-out", b'{"everywhere": "yes"}'),
        ("/auth/sign-out", b"[" * 60_000),
    ],
)
async def test_a_field_of_another_kind_is_refused_and_never_read_as_text(
    world: World, path: str, body: bytes
) -> None:
    """A null is no name "None", and an object no number."""
    page = await world.page()
    headers = {"Origin": world.url, "Cookie": page.cookie}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post(path, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_an_agents_tickets_per_minute_are_limited(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each is a row of the store; a colleague is not hurt."""
    monkeypatch.setattr(frontends, "TICKETS_PER_MINUTE", 5)
    async with a_world(tmp_path) as world, world.stack:
        page, colleague = await world.page(), await world.page("grace")
        headers = {"Origin": world.url, "Cookie": page.cookie}
        async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
            statuses = [
                (await http.post("/api/ws-ticket", json={}, headers=headers)).status_code
                for _ in range(9)
            ]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        assert await colleague.ticket()


async def test_an_agents_queries_per_minute_are_limited(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """About numbers and past calls: each costs more than it looks."""
    monkeypatch.setattr(frontends, "QUESTIONS_PER_MINUTE", 5)
    async with a_world(tmp_path) as world, world.stack:
        page = await world.page()
        headers = {"Origin": world.url, "Cookie": page.cookie}
        async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
            paths = ["/api/number", "/api/history"] * 5
            statuses = [(await http.post(p, json={}, headers=headers)).status_code for p in paths]
        assert statuses[0] == 200
        assert statuses[-2:] == [429, 429]
