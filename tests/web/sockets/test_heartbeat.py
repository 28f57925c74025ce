"""Each softphone receives something regularly, so its page notices a dead connection."""

from __future__ import annotations

import asyncio
import json

from adapter.runtime.tasks import Tasks
from adapter.web.sockets.heartbeat import AT_ONCE, Heartbeat
from tests.fakes.page import FakePage
from tests.runtime.conftest import HandClock
from tests.scenarios.conftest import World
from tests.web.phones.pbx import phones_of
from tests.web.phones.test_sip import next_message, phone
from tests.web.sockets.test_outbox import Socket, Transport, outbox


async def test_every_idle_socket_gets_the_time() -> None:
    """One with unread data gets that first, and a removed one gets nothing."""
    clock = HandClock()
    heart = Heartbeat(clock)
    idle, busy, gone = Transport(), Transport(), Transport()
    busy.write(b"a view")
    boxes = [outbox(Socket(), transport) for transport in (idle, busy, gone)]
    for box in boxes:
        heart.add(box)
    heart.remove(boxes[2])
    await heart.beat()
    (frame,) = idle.waiting
    assert json.loads(frame[2:]) == {"type": "ping", "now": clock.now()}
    assert (busy.waiting, gone.waiting) == ([b"a view"], [])


async def test_a_crowd_does_not_hold_the_loop() -> None:
    """Others have their turn after a number of messages, and everybody gets one."""
    heart, transports = Heartbeat(HandClock()), [Transport() for _ in range(2 * AT_ONCE)]
    for transport in transports:
        heart.add(outbox(Socket(), transport))
    beating = Tasks().start("beat", heart.beat())
    await asyncio.sleep(0)
    assert sum(len(transport.waiting) for transport in transports) == AT_ONCE
    await beating
    assert all(len(transport.waiting) == 1 for transport in transports)


async def test_it_beats_until_it_is_stopped() -> None:
    """The task of the process."""
    heart, box = Heartbeat(HandClock(), seconds=0.001), outbox(Socket(), transport := Transport())
    heart.add(box)
    beating = Tasks().start("heartbeat", heart.run(), endless=True)
    for _ in range(2):
        async with asyncio.timeout(20):
            while not transport.read():  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.001)
    beating.cancel()


async def test_a_page_and_its_phone_are_told_that_they_live(world: World) -> None:
    """Over real sockets; a page that left is forgotten."""
    heart, page = world.app.bridge.heartbeat, FakePage(world.url, "ada", world.salesforce)
    assert world.app.sip.heartbeat is heart
    async with phones_of(world):
        await page.open()
        live = await phone(world)
        await heart.beat()
        assert (await page.until_heard("ping"))["now"] > 0
        assert (await next_message(live))["type"] == "ping"
        await live.close()
        await page.close()
        async with asyncio.timeout(20):
            while heart.count():  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
