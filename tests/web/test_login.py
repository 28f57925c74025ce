"""What every way to sign in shares: who may call, and the two ways to sign out."""

from __future__ import annotations

import httpx

from tests.scenarios.conftest import World


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
