"""The generator's provider tells each call that it was asked for, once, when all of it is there."""

from __future__ import annotations

import asyncio

from qa.load import wire
from qa.load.provider import providing
from qa.load.wire import Poster, connect, post


def port_of(address: str) -> int:
    """Where it listens."""
    return int(address.rpartition(":")[2])


async def test_a_call_is_reported_with_its_body_and_a_query_is_not() -> None:
    """Whether the agent's phones ring is asked over the same connection."""
    came: list[bytes] = []
    async with (
        providing(lambda _, body: came.append(body)) as address,
        wire.asking(port_of(address)) as ask,
    ):
        assert b" 202 " in await ask(post(1, "/v1/calls", b'{"user":"u1"}'))
        answer = await ask(b"GET /v1/users/u1/presence HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.endswith(b'{"state":"available"}')
    assert came == [b'{"user":"u1"}']


async def test_a_call_counts_once_its_last_byte_has_arrived() -> None:
    """Not when its head is: what is timed is the whole POST."""
    came: list[bytes] = []
    answered = asyncio.Event()
    async with providing(lambda _, body: came.append(body)) as address:
        one: Poster = await connect(port_of(address), lambda *_: answered.set())
        request = post(1, "/v1/calls", b"{}")
        one.send(request[:-1])
        one.send(request[-1:])
        await answered.wait()
        one.close()
    assert came == [b"{}"]
