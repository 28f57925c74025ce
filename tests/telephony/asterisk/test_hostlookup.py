"""Looking the host of an Asterisk up: once at a time, however often it is connected to."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from adapter.telephony.asterisk import client as module
from adapter.telephony.asterisk import rest
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient, ConnectionLost
from adapter.telephony.asterisk.hostlookup import HostLookup
from adapter.telephony.port import Rejected

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
