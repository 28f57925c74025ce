"""How many connections there may be, and how long each may keep the server waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from adapter.web.http import connections as module
from adapter.web.http.connection import Connection, State
from adapter.web.http.connections import Connections, Limits


class Transport(asyncio.Transport):
    """A connection from that address, which may be cut."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.is_cut = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Where it comes from."""
        return (self.address, 1) if name == "peername" else default

    def abort(self) -> None:
        """Cut."""
        self.is_cut = True


@asynccontextmanager
async def looking_after(
    most: int = 100,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> AsyncIterator[Callable[[str], Connection]]:
    """Opens a connection from an address, under these limits."""
    connections = Connections(lambda _: asyncio.Protocol(), most, limits)

    def opened(address: str) -> Connection:
        connection = connections.protocol()
        connection.connection_made(Transport(address))
        return connection

    yield opened
    connections.close()


def is_cut(connection: Connection) -> bool:
    """Whether the server ended it."""
    assert isinstance(connection.transport, Transport)
    return connection.transport.is_cut


async def test_the_connections_of_an_address_are_limited() -> None:
    """Others are not hurt; an IPv6 network counts as one; what ends makes room."""
    async with looking_after(limits=Limits(per_address=2)) as opened:
        first, second, third = [opened("2001:db8::" + str(n)) for n in range(3)]
        assert [is_cut(one) for one in (first, second, third)] == [False, False, True]
        assert not is_cut(opened("2001:db8:0:1::1"))
        first.connection_lost(None)
        assert not is_cut(opened("2001:db8::9"))


async def test_this_machine_and_proxies_are_not_limited() -> None:
    """Behind them are many."""
    async with looking_after(limits=Limits(per_address=1)) as opened:
        assert not any(is_cut(opened("127.0.0.1")) for _ in range(9))


async def test_when_full_the_longest_waiting_connection_is_closed() -> None:
    """Half a request goes before a kept connection, and whoever is served stays."""
    async with looking_after(most=4) as opened:
        kept, busy, old, young = [opened("127.0.0.1") for _ in range(4)]
        kept.busy()
        kept.idle(0)
        busy.busy()
        old.since -= 5
        assert not is_cut(opened("127.0.0.1"))
        assert [is_cut(one) for one in (kept, busy, old, young)] == [False, False, True, False]
        assert not is_cut(opened("127.0.0.1"))
        assert is_cut(young)


async def test_if_all_are_busy_a_new_connection_is_refused() -> None:
    """Nothing that works is ended for it; the log says how many were refused, and why."""
    async with looking_after(most=1) as opened:
        opened("127.0.0.1").busy()
        with capture_logs() as lines:
            assert is_cut(opened("127.0.0.1"))
            async with asyncio.timeout(10):
                while not lines:  # noqa: ASYNC110 - told once a second
                    await asyncio.sleep(0.05)
    assert lines[0]["event"] == "connections.refused"
    assert lines[0]["full"] == 1


async def test_a_connection_without_a_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a head is whole, and while an answer is not taken; who is kept or a socket stays."""
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.01)
    async with looking_after(limits=Limits(head_seconds=60, busy_seconds=60)) as opened:
        waiting, busy, idle, socket = [opened("127.0.0.1") for _ in range(4)]
        busy.busy()
        idle.busy()
        idle.idle(0)
        assert socket.becomes_socket()
        for one in (waiting, busy, idle, socket):
            one.since -= 61
        async with asyncio.timeout(10):
            while not is_cut(busy):  # noqa: ASYNC110 - the sweep's own pace
                await asyncio.sleep(0.01)
        assert [is_cut(one) for one in (waiting, busy, idle, socket)] == [True, True, False, False]
        assert idle.state is State.IDLE


@pytest.mark.parametrize(
    ("sent", "level", "reason"), [(b"", "info", "silent"), (b"GET / HTT", "warning", "head")]
)
async def test_a_connection_that_sent_nothing_is_no_warning(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, level: str, reason: str
) -> None:
    """Browsers open connections in advance; half a head is no browser's."""
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.01)
    with capture_logs() as lines:
        async with looking_after(limits=Limits(head_seconds=60)) as opened:
            waiting = opened("127.0.0.1")
            waiting.data_received(sent)
            waiting.since -= 61
            async with asyncio.timeout(10):
                while not lines:  # noqa: ASYNC110 - the sweep's own pace
                    await asyncio.sleep(0.01)
    assert (lines[0]["log_level"], lines[0][reason]) == (level, 1)


async def test_a_failed_check_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody would ever be cut any more, and half requests would fill the files."""
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.01)
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: errors.append(told))
    async with looking_after(limits=Limits(head_seconds=60)) as opened:
        odd, waiting = opened("127.0.0.1"), opened("127.0.0.1")
        monkeypatch.setattr(odd, "cut", lambda: 1 / 0)
        odd.since = waiting.since = odd.since - 61
        async with asyncio.timeout(10):
            while not is_cut(waiting):  # noqa: ASYNC110 - the sweep's own pace
                await asyncio.sleep(0.01)
    assert len(errors) == 1
