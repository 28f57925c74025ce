"""The phones of the tests keep to SIP where two messages cross, or a call is left over."""

from __future__ import annotations

import asyncio

from qa.asterisk import sip
from qa.asterisk.phone import Phone
from qa.asterisk.sip import Message


class Exchange(asyncio.DatagramProtocol):
    """What a phone sends; nothing is answered by itself."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[tuple[Message, tuple[str, int]]] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Keep a request."""
        message = sip.parse(data)
        if message is not None and message.method:
            self.asked.put_nowait((message, addr))


async def test_a_call_answered_while_it_was_canceled_is_ended() -> None:
    """Cancelling is too late then: without a goodbye the other side would talk to nobody."""
    loop = asyncio.get_running_loop()
    server, exchange = await loop.create_datagram_endpoint(Exchange, local_addr=("127.0.0.1", 0))
    phone = Phone("ada", server.get_extra_info("sockname")[1])
    await phone.open()
    try:
        async with asyncio.timeout(20):
            call = await phone.dial("2001")
            invite, address = await exchange.asked.get()
            await call.hang_up()
            cancel, _ = await exchange.asked.get()
            headers = [(name, value) for name, value in invite.headers if name != "contact"]
            headers.append(("contact", "<sip:exchange@127.0.0.1>"))
            taken = Message(status=200, headers=headers, body=sip.description(9, 1))
            server.sendto(taken.render(), address)
            rest = [(await exchange.asked.get())[0] for _ in range(2)]
        methods = [one.method for one in (invite, cancel, *rest)]
        assert methods == ["INVITE", "CANCEL", "ACK", "BYE"]
        assert rest[1].uri == "sip:exchange@127.0.0.1"
        assert (call.up, call.talked) == (0.0, 0.0)
    finally:
        await phone.close()
        server.close()
