"""The dev sign-in: anybody may be anyone, in the one org."""

from __future__ import annotations

import httpx
import pytest

from tests.scenarios.conftest import World


async def sign_in(world: World, name: str) -> httpx.Response:
    """Type a name."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        return await http.post("/auth/dev", json={"name": name}, headers={"Origin": world.url})


async def test_the_first_name_decides_who_the_agent_is(world: World) -> None:
    """Ada is Ada in every spelling; Grace is somebody else."""
    ada, lovelace, grace = [
        (await sign_in(world, name)).json()["user"] for name in ("ada", "Ada Lovelace", "grace")
    ]
    assert ada["user_id"] == lovelace["user_id"] != grace["user_id"]
    assert lovelace["name"] == "Ada Lovelace"


@pytest.mark.parametrize("path", ["/auth/start", "/auth/callback", "/auth/redeem"])
async def test_the_salesforce_sign_in_is_absent(world: World, path: str) -> None:
    """404: one way in at a time."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        headers = {"Origin": world.url}
        assert (await http.get(path)).status_code == 404
        assert (await http.post(path, json={}, headers=headers)).status_code == 404


async def test_a_second_tab_signs_in_without_costing_the_first_its_socket(world: World) -> None:
    """The same name in the same browser is the same session: the first tab stays connected."""
    first = await world.page()
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        headers = {"Origin": world.url, "Cookie": first.cookie}
        again = await http.post("/auth/dev", json={"name": "ada"}, headers=headers)
        ticket = await http.post("/api/ws-ticket", headers=headers)
    assert again.status_code == ticket.status_code == 200
    assert "Set-Cookie" not in again.headers
