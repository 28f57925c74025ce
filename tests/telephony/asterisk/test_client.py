"""The edge to Asterisk: what it is asked, and the socket of its events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import respx
from websockets.asyncio.server import ServerConnection, serve

from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient, ConnectionLost
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.asterisk.wire import Channel, Event
from adapter.telephony.port import Unknown
from qa.asterisk.bench import Bench, imitated
from qa.asterisk.standin import StandIn


async def test_an_unreadable_answer_is_ignored(client: AriClient, net: respx.MockRouter) -> None:
    """It is no list of channels."""
    net.get(path="/ari/channels").respond(200, text="<html>")
    with pytest.raises(Unknown):
        await client.channels()
    net.get(path__startswith="/ari/").respond(200, text="<html>")
    with pytest.raises(Unknown):
        await client.get("/endpoints/PJSIP")
    assert await client.variable("c1-d0", "X") == ""
    assert await client.received("c1-d0") == 0
    assert not await client.is_online("ada")


async def test_an_object_that_is_already_gone_is_no_error(
    client: AriClient, net: respx.MockRouter
) -> None:
    """Hanging up, dropping, taking back; a variable of it is empty."""
    net.route(path__startswith="/ari/").respond(404)
    await client.hang_up("c1-d0", 26)
    await client.drop_bridge("c1-b")
    await client.untell("c1-d0", "moh")
    assert await client.variable("c1-d0", "X") == ""
    assert not await client.exists("c1-d0")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A stand-in."""
    async with imitated(tmp_path) as made:
        yield made


async def test_events_come_until_the_socket_breaks(bench: Bench) -> None:
    """Then it is said, in words without an address."""
    account, world = bench.account(), bench.world
    assert isinstance(world, StandIn)
    made = AriClient(build_http(account), account)
    world.phone("ada")
    async with made.events() as events:
        await made.create("PJSIP/ada", "user,c1,ada,+1", "c1-d0")
        assert (await anext(events)).type == "StasisStart"
        await world.lose_sockets()
        with pytest.raises(ConnectionLost):
            await anext(events)
    await made.close()


async def test_an_odd_event_does_not_end_the_socket() -> None:
    """Neither letters that are none, nor what is no event; an odd value costs its field."""
    texts = (
        b"[]",
        b'{"type":"Zo\xeb"}',
        b'{"type":"Dial","cause":"17","peer":{"id":"x","name":1}}',
    )

    async def speak(socket: ServerConnection) -> None:
        for text in texts:
            await socket.send(text, text=True)

    async with serve(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        account = AsteriskAccount(f"http://127.0.0.1:{port}", "softphone", "secret")
        made = AriClient(build_http(account), account)
        async with made.events() as events:
            found = [await anext(events) for _ in range(2)]
            with pytest.raises(ConnectionLost):
                await anext(events)
        await made.close()
    dial = Event("Dial", cause=17, peer=Channel("x"))
    assert found == [Event("Zo\N{REPLACEMENT CHARACTER}"), dial]


async def test_a_wrong_secret_or_a_closed_port_is_a_lost_connection(bench: Bench) -> None:
    """Nothing else is raised."""
    for account in (bench.account(secret="wrong"), bench.account(url="http://127.0.0.1:1")):
        made = AriClient(build_http(account), account)
        with pytest.raises(ConnectionLost):
            await made.events().__aenter__()
        await made.close()
