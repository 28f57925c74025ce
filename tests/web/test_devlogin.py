"""The dev sign-in: anybody may be anyone, in the one org."""

from __future__ import annotations

import httpx
import pytest

from tests.scenarios.conftest import World


async def sign_in(world: World, name: str) -> httpx.Response:
    """Type a name."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        return await http.post("/auth/dev", json={"name": name}, headers={"Origin": world.url})


async def test_the_first_name_decides_who_it_is(world: World) -> None:
    """Ada is Ada in every spelling; Grace is somebody else."""
    ada, lovelace, grace = [
        (await sign_in(world, name)).json()["user"] for name in ("ada", "Ada Lovelace", "grace")
    ]
    assert ada["user_id"] == lovelace["user_id"] != grace["user_id"]
    assert lovelace["name"] == "Ada Lovelace"


@pytest.mark.parametrize("path", ["/auth/start", "/auth/callback", "/auth/redeem"])
async def test_salesforces_way_in_is_not_there(world: World, path: str) -> None:
    """404: one way in at a time."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        headers = {"Origin": world.url}
        assert (await http.get(path)).status_code == 404
        assert (await http.post(path, json={}, headers=headers)).status_code == 404
