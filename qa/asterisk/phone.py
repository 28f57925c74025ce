"""A SIP phone on loopback that dials, or rings and follows a plan. It counts audio packets."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from qa.asterisk import sip
from qa.asterisk.handset import SOON_SECONDS, Handset, PhoneCall
from qa.asterisk.sip import Message


class Phone(Handset, asyncio.DatagramProtocol):
    """One SIP user agent on a UDP port of its own."""

    def __init__(self, name: str, server_port: int, *, trunk: bool = False) -> None:
        super().__init__(name)
        self.trunk = trunk
        self._server = ("127.0.0.1", server_port)
        self._port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: dict[tuple[str, int], Message] = {}
        self._replies: dict[tuple[str, str, int], asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, port: int = 0) -> None:
        """Listen on this port, or any."""
        loop = asyncio.get_running_loop()
        place = ("127.0.0.1", port)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=place)
        self._port = self._transport.get_extra_info("sockname")[1]

    async def close(self) -> None:
        """Close without a message. Calls stay up at the other end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for call in self.calls:
            await call.media.close()
        if self._transport is not None:
            self._transport.close()

    async def register(self, seconds: int = 3600) -> None:
        """Register under its name for so many seconds; 0: unregister."""
        contact = f"<sip:{self.name}@127.0.0.1:{self._port}>"
        own = f"<sip:{self.name}@127.0.0.1>"
        message = self._new_request("REGISTER", f"sip:127.0.0.1:{self._server[1]}", own, own)
        message.headers += [("Contact", contact), ("Expires", str(seconds))]
        answer = await self._ask(message)
        if answer.status != 200:
            raise AssertionError(f"{self.name} could not register: {answer.status}")

    # --- what a test can do ----------------------------------------------------

    async def dial(self, number: str, caller: str = "") -> PhoneCall:
        """Dial a number; returns when the INVITE has been sent."""
        caller = caller or self.name
        own = f'"{caller}" <sip:{caller}@127.0.0.1>;tag={secrets.token_hex(5)}'
        to = f"<sip:{number}@127.0.0.1>"
        call = PhoneCall(self, secrets.token_hex(10), own, to, f"sip:{number}@127.0.0.1")
        call.incoming, call.number = False, number
        call.media_port = await call.media.open()
        self.calls.append(call)
        body = sip.description(call.media_port, call.version)
        call.invite = self.request(call, "INVITE", body)
        return call

    def forget(self) -> None:
        """Treat every call as over, because the other side was killed and cannot say so."""
        for call in self.live:
            self._over(call, 0, "killed")

    async def hold(self, call: PhoneCall, on: bool) -> None:
        """Offer to send only (hold), or both ways again."""
        call.version += 1
        direction = "sendonly" if on else "sendrecv"
        self.request(call, "INVITE", sip.description(call.media_port, call.version, direction))

    async def transfer(self, call: PhoneCall, extension: str) -> None:
        """Refer the other side to an extension (a blind transfer)."""
        self.request(call, "REFER", extra=[("Refer-To", f"<sip:{extension}@127.0.0.1>")])

    # --- sending -------------------------------------------------------------------

    def _new_request(self, method: str, uri: str, own: str, to: str) -> Message:
        tagged = own if ";tag=" in own else f"{own};tag={secrets.token_hex(5)}"
        headers = [
            (
                "Via",
                f"SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            ),
            ("Max-Forwards", "70"),
            ("From", tagged),
            ("To", to),
            ("Call-ID", secrets.token_hex(10)),
            ("CSeq", f"1 {method}"),
        ]
        lowered = [(name.lower(), value) for name, value in headers]
        return Message(method, uri, headers=lowered)

    def request(
        self,
        call: PhoneCall,
        method: str,
        body: str = "",
        extra: list[tuple[str, str]] | None = None,
    ) -> Message:
        """Send a request within this call."""
        call.sequence += 1
        message = self._new_request(method, call.target, call.local, call.remote)
        fixed = {"call-id": call.call_id, "cseq": f"{call.sequence} {method}"}
        message.headers = [(name, fixed.get(name, value)) for name, value in message.headers]
        message.headers.append(("contact", f"<sip:{self.name}@127.0.0.1:{self._port}>"))
        if self.trunk:
            message.headers.append(("x-trunk", "yes"))
        message.headers += extra or []
        if body:
            message.headers.append(("content-type", "application/sdp"))
            message.body = body
        self._send(message)
        return message

    async def _ask(self, message: Message) -> Message:
        """Send a request outside of a call until it is answered; returns the final response."""
        key = (message.call_id, message.about, message.sequence)
        reply = self._replies[key] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(SOON_SECONDS):
            while True:
                self._send(message)
                with contextlib.suppress(TimeoutError):
                    return await asyncio.wait_for(asyncio.shield(reply), 0.5)

    def _send(self, message: Message) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message.render(), self._server)

    def _reply(
        self, request: Message, status: int, call: PhoneCall | None = None, body: str = ""
    ) -> None:
        to = request.get("to")
        if call is not None and ";tag=" not in to:
            to = call.local
        headers = [("via", via) for via in request.all("via")]
        headers += [("record-route", route) for route in request.all("record-route")]
        headers += [
            ("from", request.get("from")),
            ("to", to),
            ("call-id", request.call_id),
            ("cseq", request.get("cseq")),
            ("contact", f"<sip:{self.name}@127.0.0.1:{self._port}>"),
        ]
        if body:
            headers.append(("content-type", "application/sdp"))
        answer = Message(status=status, headers=headers, body=body)
        self._answers[request.call_id + request.about, request.sequence] = answer
        self._send(answer)

    # --- receiving -----------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Handle one message."""
        message = sip.parse(data)
        if message is None:
            return
        if message.status:
            self._answered(message)
        else:
            self._asked(message)
        self.changed.set()

    def _call(self, call_id: str) -> PhoneCall | None:
        return next((call for call in self.calls if call.call_id == call_id), None)

    def _asked(self, request: Message) -> None:
        again = self._answers.get((request.call_id + request.about, request.sequence))
        call = self._call(request.call_id)
        if request.method == "ACK":
            return
        if again is not None:
            self._send(again)
        elif request.method == "INVITE" and call is None:
            # The request was repeated before we rang: it is the same call.
            self._answers[request.call_id + "INVITE", request.sequence] = Message(
                status=100, headers=[h for h in request.headers if h[0] in _ECHOED]
            )
            self._start(self._rung(request))
        elif call is None:
            self._reply(request, 200 if request.method == "OPTIONS" else 481)
        elif request.method == "INVITE":
            self._note_identity(call, request)
            if request.body and not call.silent:
                call.media.send_to(*sip.media_address(request.body))
            call.version += 1
            self._reply(request, 200, call, sip.description(call.media_port, call.version))
        elif request.method == "CANCEL":
            self._reply(request, 200, call)
            self._over(call, 487, request.get("reason"))
            if call.invite is not None:
                self._reply(call.invite, 487, call)
        elif request.method == "BYE":
            self._reply(request, 200, call)
            self._over(call, 200, request.get("reason"))
        else:
            self._note_identity(call, request)
            self._reply(request, 200, call)

    def _note_identity(self, call: PhoneCall, request: Message) -> None:
        shown = request.get("p-asserted-identity") or request.get("from")
        call.shown_lines.append(shown)

    async def _rung(self, request: Message) -> None:
        number = sip.user_of(request.uri)
        plan = self.plan(number)
        if plan.dead:
            return
        call = PhoneCall(
            self,
            request.call_id,
            f"{request.get('to')};tag={secrets.token_hex(5)}",
            request.get("from"),
            sip.address_of(request.get("contact")),
            shown=request.get("from"),
            asserted=request.get("p-asserted-identity"),
            number=number,
            invite=request,
            silent=plan.silent,
        )
        self._note_identity(call, request)
        self.calls.append(call)
        call.media_port = await call.media.open()
        if plan.rings:
            early = sip.description(call.media_port, call.version) if plan.early else ""
            self._reply(request, 183 if plan.early else 180, call, early)
            if plan.early:
                call.media.send_to(*sip.media_address(request.body))
        call.rang = time.time()
        self.changed.set()
        if plan.after is None:
            return
        await asyncio.sleep(plan.after)
        await self.answer(call, plan.status)
        if plan.talk is not None and call.up:
            await asyncio.sleep(plan.talk)
            await self.hang_up(call)

    async def answer(self, call: PhoneCall, status: int) -> None:
        """Accept a ringing call, or refuse it."""
        if call.invite is None or call.up or call.ended:
            return
        if status >= 300:
            self._reply(call.invite, status, call)
            self._over(call, status, "")
            return
        body = sip.description(call.media_port, call.version)
        self._reply(call.invite, status, call, body)
        call.up = time.time()
        if not call.silent:
            call.media.send_to(*sip.media_address(call.invite.body))
        self.changed.set()

    async def hang_up(self, call: PhoneCall) -> None:
        """Hang up; an outgoing call that is not answered yet is canceled."""
        if call.ended:
            return
        if call.up:
            self.request(call, "BYE")
        elif call.invite is not None and not call.incoming:
            cancel = Message("CANCEL", call.invite.uri)
            cancel.headers = [h for h in call.invite.headers if h[0] in _ECHOED]
            number = call.invite.sequence
            cancel.headers = [
                (n, f"{number} CANCEL" if n == "cseq" else v) for n, v in cancel.headers
            ]
            self._send(cancel)
        self._over(call, 200, "")

    def _over(self, call: PhoneCall, status: int, reason: str) -> None:
        if call.ended:
            return
        call.ended, call.status, call.reason = time.time(), status, reason
        self._start(call.media.close())
        self.changed.set()

    def _answered(self, answer: Message) -> None:
        waiting = self._replies.get((answer.call_id, answer.about, answer.sequence))
        if waiting is not None and not waiting.done() and answer.status >= 200:
            waiting.set_result(answer)
        call = self._call(answer.call_id)
        if call is None or answer.about != "INVITE":
            return
        if answer.status < 200:
            call.rang = call.rang or time.time()
            return
        self._acknowledge(call, answer)
        if answer.status >= 300:
            self._over(call, answer.status, answer.get("reason"))
        elif not call.up:
            call.remote = answer.get("to")
            call.target = sip.address_of(answer.get("contact"))
            if call.ended:
                self.request(call, "BYE")  # RFC 3261, 9.1: it was too late to cancel
            else:
                call.up = time.time()
                call.media.send_to(*sip.media_address(answer.body))

    def _acknowledge(self, call: PhoneCall, answer: Message) -> None:
        uri = sip.address_of(answer.get("contact")) or call.target
        ack = self._new_request("ACK", uri, call.local, answer.get("to"))
        fixed = {"call-id": call.call_id, "cseq": f"{answer.sequence} ACK"}
        if answer.status >= 300:
            fixed["via"] = answer.get("via")
        ack.headers = [(name, fixed.get(name, value)) for name, value in ack.headers]
        self._send(ack)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_ECHOED = {"via", "from", "to", "call-id", "cseq", "max-forwards"}


@asynccontextmanager
async def a_phone(name: str, server_port: int) -> AsyncIterator[Phone]:
    """Run a registered phone."""
    phone = Phone(name, server_port)
    await phone.open()
    try:
        await phone.register()
        yield phone
    finally:
        await phone.close()


@asynccontextmanager
async def a_trunk(server_port: int, port: int) -> AsyncIterator[Phone]:
    """The phone network: every dialed number rings here, and it may call in."""
    phone = Phone("trunk", server_port, trunk=True)
    await phone.open(port)
    try:
        yield phone
    finally:
        await phone.close()
