"""One request to Asterisk: what its answer means, and how often it is asked."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import respx
from aiohttp.client_reqrep import ConnectionKey

from adapter.telephony.asterisk import client as module
from adapter.telephony.asterisk import rest
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient, ConnectionLost
from adapter.telephony.asterisk.rest import HostLookup, build_http
from adapter.telephony.port import Rejected, Unknown
from qa.asterisk.bench import imitated
from tests.telephony.asterisk.conftest import HAND_MADE


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (500, {"error": "Allocation failed"}, "no-phone"),
        (404, {"message": "Channel not found"}, "http-404"),
        (401, {"message": "Authentication required"}, "http-401"),
        (403, {"message": "Write access denied"}, "http-403"),
        (500, {"error": "Other"}, None),
        (503, {}, None),
        (408, {}, None),
    ],
)
async def test_an_answer_is_a_certain_refusal_or_leaves_the_outcome_unknown(
    client: AriClient, net: respx.MockRouter, status: int, body: dict[str, str], code: str | None
) -> None:
    """And is asked for once."""
    route = net.post(path__startswith="/ari/channels/create")
    route.respond(status, json=body)
    with pytest.raises(Rejected if code else Unknown) as caught:
        await client.create("PJSIP/ada", "user,c1,ada,+1", "c1-d0")
    assert getattr(caught.value, "code", None) == code
    assert route.call_count == 1


async def test_a_request_that_was_never_sent_is_certainly_no_call(
    client: AriClient, net: respx.MockRouter
) -> None:
    """What may have been taken is not."""
    route = net.get(path="/ari/channels")
    nobody_there = ConnectionKey("127.0.0.1", 8088, False, True, None, None, None)
    route.side_effect = aiohttp.ClientConnectorError(nobody_there, OSError(111, "refused"))
    with pytest.raises(Rejected) as caught:
        await client.channels()
    assert caught.value.code == "unreachable"
    for error in (aiohttp.ServerDisconnectedError(), aiohttp.ServerTimeoutError()):
        route.side_effect = error
        with pytest.raises(Unknown):
            await client.channels()


async def test_a_request_that_hangs_is_given_up(client: AriClient, net: respx.MockRouter) -> None:
    """As one does while a tone plays on its channel."""

    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    net.get(path="/ari/bridges").mock(side_effect=hang)
    with pytest.raises(Unknown):
        await client.bridges()


async def test_waiting_for_a_free_connection_does_not_time_out(net: respx.MockRouter) -> None:
    """A hundred calls at once wait for each other, and none is given up."""
    made = AriClient(build_http(HAND_MADE, total_seconds=1.5), HAND_MADE)

    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.3)
        return httpx.Response(204)

    net.delete(path__startswith="/ari/channels/").mock(side_effect=slow)
    await asyncio.gather(*(made.hang_up(f"c{n}-d0") for n in range(120)))
    await made.close()


async def test_what_gets_no_connection_for_too_long_is_not_sent(
    client: AriClient, net: respx.MockRouter
) -> None:
    """A phone that rings a minute after the click surprises everybody."""
    route = net.get(path="/ari/bridges").respond(json=[])
    client.queue_seconds, client._gate = 0.05, asyncio.Semaphore(1)
    await client._gate.acquire()
    with pytest.raises(Rejected) as caught:
        await client.bridges()
    assert (caught.value.code, route.call_count) == ("too-slow", 0)
    client._gate.release()
    assert await client.bridges() == ()
    assert not client._gate.locked()


async def test_a_request_for_a_channel_not_yet_in_the_application_is_repeated(
    client: AriClient, net: respx.MockRouter
) -> None:
    """It says 409 until it is with our application; a dead one says so at once."""
    route = net.post(path="/ari/channels/c1-d0/dial")
    route.side_effect = [httpx.Response(409), httpx.Response(409), httpx.Response(204)]
    await client.dial("c1-d0", 30)
    assert route.call_count == 3
    route.side_effect = [httpx.Response(404)]
    with pytest.raises(Rejected):
        await client.dial("c1-d0", 30)
    assert route.call_count == 4


async def test_each_request_is_reported_to_the_observer(tmp_path: Path) -> None:
    """A refusal is no trouble; a provider that cannot be reached is."""
    told: list[str] = []

    def observe(took_ms: int, trouble: str) -> None:
        assert took_ms >= 0
        told.append(trouble)

    async with imitated(tmp_path) as bench:
        account = bench.account()
        made = AriClient(build_http(account), account, observe=observe)
        await made.channels()
        with pytest.raises(Rejected):
            await made.create("PJSIP/nobody", "", "x-d0")
        await bench.kill()
        with pytest.raises(Rejected):
            await made.channels()
        await made.close()
    assert told == ["", "", "unreachable"]


DEAD = "pbx.behind-a-network-that-is-down"


async def test_a_hanging_lookup_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is asked meanwhile is surely not sent, and takes no thread from other orgs."""
    looked, over, real = list[str](), threading.Event(), socket.getaddrinfo

    def look(host: str, *more: Any, **named: Any) -> Any:
        if host != DEAD:
            return real(host, *more, **named)
        looked.append(host)
        over.wait()
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look)
    for name in (module, rest):
        monkeypatch.setattr(name, "CONNECT_SECONDS", 0.05)
    account = AsteriskAccount(f"http://{DEAD}:8088", "softphone", "secret")
    client = AriClient(rest.build_http(account), account)
    try:
        for _ in range(50):
            with pytest.raises(ConnectionLost):
                await client.events().__aenter__()
        with pytest.raises(Rejected) as refused:
            await client.channels()
        assert (refused.value.code, looked) == ("unreachable", [DEAD])
        assert await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)
    finally:
        over.set()
    await client.close()


async def test_a_result_is_cached_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a host that is not there held against whoever connects: they say so better."""
    looked = list[str]()

    def look(host: str, *_: Any) -> Any:
        looked.append(host)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look)
    lookup = HostLookup("nowhere")
    for _ in range(3):
        await lookup.ready(20)
    assert looked == ["nowhere"]
