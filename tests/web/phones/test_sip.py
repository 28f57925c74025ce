"""The socket of a page's phone: who is let in, what goes through, and when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from adapter.core.model import TelephonyUser
from adapter.runtime.directory import Directory
from adapter.telephony.port import Rejected
from adapter.web.phones.sipguard import MAX_BYTES
from adapter.web.signin.sessions import SESSION_MS
from tests.fakes.page import FakePage
from tests.scenarios.conftest import World
from tests.web.conftest import SetClock
from tests.web.phones.pbx import REFUSED, REGISTER, Pbx, phones_of


@pytest.fixture
async def pbx(world: World) -> AsyncIterator[Pbx]:
    """A provider with phones in the browser."""
    async with phones_of(world) as made:
        yield made


async def socket(world: World, origin: str = "") -> ClientConnection:
    """A bare socket that has said nothing yet."""
    return await connect(
        world.url.replace("http", "ws", 1) + "/sip",
        origin=origin or world.url,  # type: ignore[arg-type]
        subprotocols=["sip"],  # type: ignore[list-item]
        compression=None,
        proxy=None,
    )


async def signed_in(world: World, name: str = "ada") -> FakePage:
    """Somebody with a sign-in, and without a page."""
    page = world.another_page(name)
    await page.sign_in()
    return page


async def phone(world: World, page: FakePage | None = None, **more: Any) -> ClientConnection:
    """A phone that is let in."""
    page = page or await signed_in(world)
    live = await socket(world)
    await live.send(json.dumps({"type": "hello", "ticket": await page.ticket(), **more}))
    ready = await next_message(live)
    assert ready == {"type": "ready", "user": "web-user_ada", "password": "pa55word"}
    return live


async def next_message(live: ClientConnection) -> Any:
    """The next thing from the server itself."""
    return json.loads(await asyncio.wait_for(live.recv(), 20))


async def code_after(live: ClientConnection, *frames: str | bytes) -> int | None:
    """Send these, then read until it is closed; the code."""
    for frame in frames:
        await live.send(frame)
    async with asyncio.timeout(20):
        await live.wait_closed()
    return live.close_code


async def until(fits: Any) -> None:
    """Wait for something on the other side."""
    async with asyncio.timeout(20):
        while not fits():  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)


async def test_a_phone_registers_through_us(world: World, pbx: Pbx) -> None:
    """What it says goes to the provider, what that says comes back."""
    live = await phone(world)
    await live.send(REGISTER)
    assert (await live.recv()) == "SIP/2.0 200 OK\r\n\r\n"
    (said,) = pbx.heard
    assert said.startswith("REGISTER sip:softphone.invalid")
    assert pbx.asked == ["open user_ada"]


async def test_other_sites_pages_are_refused(world: World, pbx: Pbx) -> None:
    """Another origin, compared exactly, is refused before anything is asked."""
    for origin in ("https://evil.example", world.url + "/", world.url.upper()):
        with pytest.raises(InvalidStatus) as refused:
            await socket(world, origin)
        assert refused.value.response.status_code == 403
    assert pbx.asked == []


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (REGISTER, 4002),
        ("{", 4002),
        (b"\x00", 4002),
        ('{"type": "hello"}', 4002),
        ('{"type": "hello", "ticket": 7}', 4002),
        ('{"type": "hello", "ticket": "made-up"}', 4003),
    ],
)
async def test_without_a_sign_in_no_phone_is_registered(
    world: World, pbx: Pbx, first: str | bytes, code: int
) -> None:
    """No hello, or none that a sign-in of ours stands behind: the provider hears of nobody."""
    assert await code_after(await socket(world), first) == code
    assert (pbx.asked, pbx.heard) == ([], [])


async def test_a_ticket_is_valid_for_one_phone_and_its_sign_in(
    world: World, pbx: Pbx, clock: SetClock
) -> None:
    """Used once, or of a sign-in that is over."""
    page = await signed_in(world)
    hello = json.dumps({"type": "hello", "ticket": await page.ticket()})
    live = await socket(world)
    await live.send(hello)
    await next_message(live)
    assert await code_after(await socket(world), hello) == 4003
    late = json.dumps({"type": "hello", "ticket": await page.ticket()})
    clock.later = SESSION_MS
    assert await code_after(await socket(world), late) == 4003


async def test_a_silent_phone_is_disconnected(world: World, pbx: Pbx) -> None:
    """After the time for a hello."""
    world.app.sip.hello_seconds = 0.05
    assert await code_after(await socket(world)) == 4002


async def test_an_agent_without_such_a_phone_is_told(world: World, pbx: Pbx) -> None:
    """By the directory, or by the driver."""
    page = await signed_in(world)
    pbx.has_phones = False
    hello = json.dumps({"type": "hello", "ticket": await page.ticket()})
    assert await code_after(await socket(world), hello) == 4011
    nobody = await signed_in(world, "nobody")
    hello = json.dumps({"type": "hello", "ticket": await nobody.ticket()})
    assert await code_after(await socket(world), hello) == 4011
    assert pbx.asked == []


async def test_a_phone_acts_only_for_its_own_agent(world: World, pbx: Pbx) -> None:
    """Another's name, and a call of its own, go no further; the phone stays."""
    live = await phone(world)
    await live.send(REGISTER.replace("user_ada", "user_grace"))
    await live.send(REGISTER.replace("REGISTER sip:softphone.invalid", "INVITE sip:900@x", 1))
    await live.send(REGISTER)
    await live.recv()
    assert len(pbx.heard) == 1
    assert world.app.sip.metrics.registry.get_sample_value("softphone_sip_refused_total") == 2


async def test_a_flood_is_cut_off(world: World, pbx: Pbx) -> None:
    """And so is a message that is too long."""
    live = await phone(world)
    assert await code_after(live, *(["x"] * 150)) == 4009
    live = await phone(world)
    assert await code_after(live, "x" * (MAX_BYTES + 1)) == 1009


async def test_the_phones_of_one_address_are_limited(world: World, pbx: Pbx) -> None:
    """More are refused before a handshake."""
    world.app.sip.door.sockets_per_address = 1
    live = await phone(world)
    with pytest.raises(InvalidStatus) as refused:
        await socket(world)
    assert refused.value.response.status_code == 429
    await live.close()
    await until(lambda: not world.app.sip.door._sockets)
    await phone(world)


async def test_a_sign_out_ends_the_phone_and_its_password(world: World, pbx: Pbx) -> None:
    """At once, also if the page would rather stay."""
    page = await signed_in(world)
    live = await phone(world, page)
    await page.sign_out()
    assert await code_after(live) == 4003
    await until(lambda: pbx.asked[-1] == "close user_ada")


async def test_a_sign_out_ends_a_phone_that_is_just_let_in(
    world: World, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its agent's line is looked up meanwhile, which may take seconds."""
    page = await signed_in(world)
    line_of = Directory.line

    async def line(*asked: Any) -> TelephonyUser | None:
        await page.sign_out()
        return await line_of(*asked)

    ticket = await page.ticket()
    monkeypatch.setattr(Directory, "line", line)
    live = await socket(world)
    assert await code_after(live, json.dumps({"type": "hello", "ticket": ticket})) == 4003
    assert not any(asked.startswith("open") for asked in pbx.asked)


async def test_an_expired_sign_in_ends_the_phone(world: World, pbx: Pbx, clock: SetClock) -> None:
    """Found by the look that is taken once a minute."""
    live = await phone(world)
    clock.later = SESSION_MS
    await world.app.watch.look()
    assert await code_after(live) == 4003


async def test_another_browser_takes_the_phone_only_after_confirmation(
    world: World, pbx: Pbx
) -> None:
    """Opened beside a talk, a second one would end its audio."""
    first = await phone(world)
    other = await signed_in(world)
    hello = {"type": "hello", "ticket": await other.ticket(), "take": "yes"}
    assert await code_after(await socket(world), json.dumps(hello)) == 4010
    await phone(world, other, take=True)
    assert await code_after(first) == 4010


async def test_the_last_page_of_a_sign_in_has_the_phone(world: World, pbx: Pbx) -> None:
    """The other is told so: it was a page that is gone, or its own lost connection."""
    page = await signed_in(world)
    first = await phone(world, page)
    second = await phone(world, page)
    assert await code_after(first) == 4010
    await second.send(REGISTER)
    await second.recv()


async def test_a_closed_pages_phone_stays_for_a_while(world: World, pbx: Pbx) -> None:
    """One that is back meanwhile keeps it; else it is taken away, unless it is used elsewhere."""
    world.app.sip.unused_seconds = 0.05
    page = await signed_in(world)
    await (await phone(world, page)).close()
    await until(lambda: pbx.asked[-1] == "close user_ada unless used")
    assert pbx.asked[-2] == "comfort user_ada", "nobody is left in silence meanwhile"


async def test_a_page_requests_its_audio(world: World, pbx: Pbx) -> None:
    """Whether there was a call to have it of comes back; a provider that fails is no call."""
    live = await phone(world)
    await live.send('{"type": "audio"}')
    assert await next_message(live) == {"type": "audio", "found": True}
    pbx.failing = REFUSED
    await live.send('{"type": "audio"}')
    assert await next_message(live) == {"type": "audio", "found": False}
    await live.send('{"type": "whatever"}')
    await live.send(
        '{"type": "quality", "sent": "x", "received": 98, "lost": 2, "round_trip_ms": 40}'
    )
    await live.send('{"type": "quality", "lost": -5, "received": 1e999}')
    await live.send(REGISTER)
    await live.recv()
    (line,) = world.app.sip.lines.everyone()
    told = {"lost": 0.02, "jitter_ms": 0, "round_trip_ms": 40}
    assert world.app.sip.quality.of(line.agent) == told
    assert world.app.sip.metrics.registry.get_sample_value("softphone_audio_lost_ratio_count") == 1


async def test_a_provider_outage_makes_the_page_retry_later(world: World, pbx: Pbx) -> None:
    """When it ends, when it refuses, and when nobody listens there."""
    live = await phone(world)
    await pbx.end()
    assert await code_after(live) == 1013
    page = await signed_in(world)
    for trouble in (Rejected("unreachable", "The phone system cannot be reached."), None):
        pbx.failing, pbx.port = trouble, 1
        hello = json.dumps({"type": "hello", "ticket": await page.ticket()})
        assert await code_after(await socket(world), hello) == 1013


async def test_a_draining_replica_disconnects_phones(world: World, pbx: Pbx) -> None:
    """They come back to another one."""
    live = await phone(world)
    world.app.sip.leave()
    assert await code_after(live) == 1012
    with pytest.raises(InvalidStatus) as refused:
        await socket(world)
    assert refused.value.response.status_code == 503


@pytest.mark.parametrize("has", [True, False])
async def test_a_view_says_whether_this_agent_has_such_a_phone(
    world: World, pbx: Pbx, has: bool
) -> None:
    """What the provider can do for others is nothing that this page must fetch."""
    pbx.has_phones = has
    page = await world.page()
    assert page.view is not None
    assert page.view["can"]["browser_phone"] is has


async def test_the_microphone_is_for_panels_whose_agents_may_talk(world: World) -> None:
    """And for the window of our own, which no site may show and which is not there without them."""
    told = {}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        before = (await http.get("/softphone")).headers["Permissions-Policy"]
        window_before = (await http.get("/phone")).status_code
        async with phones_of(world):
            for path in ("softphone", "softphone/boot.js", "phone", "standby", "board", "healthz"):
                answer = await http.get(f"/{path}")
                told[path] = "microphone=(self)" in answer.headers["Permissions-Policy"]
            query = "sfdcIframeOrigin=https://evil.example"
            window = (await http.get("/phone")).headers["Content-Security-Policy"]
            other = (await http.get(f"/softphone?{query}")).headers["Content-Security-Policy"]
    assert "microphone=()" in before
    assert [path for path, has in told.items() if has] == ["softphone", "phone"]
    assert window_before == 404
    for policy in (other, window):
        assert "frame-ancestors 'none'" in policy
