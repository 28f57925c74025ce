"""A telephone switch that tells its events on a stream and does only what it is told, and a driver.

The switch knows legs, not calls: who rings first, who is dialed next and who is hung up when the
other goes is steered from outside, as with Asterisk. It tells an event once, to whoever listens at
that moment. JSON by the line, over TCP: one connection a request, one for the listener.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.telephony.port import (
    Action,
    Capabilities,
    Cdr,
    DriverStates,
    Placed,
    ProviderUser,
    Rejected,
    Sink,
    StaleState,
    Unknown,
    Unsupported,
)
from adapter.telephony.updates import CallUpdate, DriverState, IncomingDelivery, Moment

USER, THERE = "user", "there"
"""The two legs of a call: the agent's own, and the other party's."""

PEOPLE = {"user_ada": "ada@example.com", "user_grace": "grace@example.com"}

FAULTS = {"9503": "error", "9555": "reset", "9429": "busy"}
"""What the last digits of a number ask for, as with the simulator."""


@dataclass
class Switch:
    """The switch, and the hands of the people at its phones. `now` is its clock (Unix ms)."""

    now: Callable[[], int]
    port: int = 0
    legs: dict[tuple[str, str], str] = field(default_factory=dict)
    """State of each leg that exists: "ringing" or "up"."""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    rings: list[tuple[str, str]] = field(default_factory=list)
    placements: int = 0
    _listener: asyncio.StreamWriter | None = None
    _listening: asyncio.Event = field(default_factory=asyncio.Event)

    async def listened_to(self) -> None:
        """Somebody hears what happens."""
        await self._listening.wait()

    def drop_listener(self) -> None:
        """The stream breaks; what happens from now on is told to nobody."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            self._listening.clear()

    async def ringing(self, call: str, leg: str) -> None:
        """Wait until that leg rings."""
        async with asyncio.timeout(20):
            while self.legs.get((call, leg)) != "ringing":  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)

    async def gone(self, call: str, leg: str) -> None:
        """Wait until that leg is no more."""
        async with asyncio.timeout(20):
            while (call, leg) in self.legs:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)

    async def pick_up(self, call: str, leg: str) -> None:
        """Somebody answers that leg."""
        await self.ringing(call, leg)
        self.legs[call, leg] = "up"
        row, now = self.rows[call], self.now()
        row["picked_up" if leg == USER else "connected"] = now
        self._tell({"event": "up", "call": call, "leg": leg, "at": now})

    def hang_up(self, call: str, leg: str) -> None:
        """That leg is hung up; the other one stays, as it is nobody's business here."""
        if self.legs.pop((call, leg), None) is None:
            return
        row, now = self.rows[call], self.now()
        row.setdefault("ended", now)
        self._tell({"event": "down", "call": call, "leg": leg, "at": now})

    # --- what is asked of it ---------------------------------------------------------------------

    def _tell(self, event: dict[str, Any]) -> None:
        if self._listener is not None and not self._listener.is_closing():
            self._listener.write(json.dumps(event).encode() + b"\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        request = json.loads(await reader.readline() or b"{}")
        if request.get("do") == "listen":
            self._listener = writer
            writer.write(b'{"event": "listening"}\n')
            self._listening.set()
            await reader.read()
            return
        answer = self._do(request)
        if answer is not None:
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    def _do(self, request: dict[str, Any]) -> dict[str, Any] | None:
        call = request.get("call", "")
        match request.get("do"):
            case "ring":
                return self._ring(request, call)
            case "hang_up":
                self.hang_up(call, request["leg"])
                return {"ok": True}
            case "legs":
                return {"legs": [[*leg, state] for leg, state in self.legs.items()]}
            case "row":
                return {"row": self.rows.get(call)}
            case "rows":
                return {"rows": [r for r in self.rows.values() if r["user"] == request["user"]]}
            case _:
                return {"error": "what?"}

    def _ring(self, request: dict[str, Any], call: str) -> dict[str, Any] | None:
        leg, number = request["leg"], request["number"]
        if leg == USER:
            self.placements += 1
            match FAULTS.get(number[-4:]):
                case "error":
                    return {"error": "internal", "unknown": True}
                case "reset":
                    return None
                case "busy":
                    return {"error": "Too many requests", "retry_after": 2}
                case _:
                    pass
            if request["user"] not in PEOPLE:
                return {"error": "User not found"}
            if not number.lstrip("+").isdigit():
                return {"error": "Invalid number"}
            self.rows[call] = {
                **{"call": call, "user": request["user"], "number": number},
                "started": self.now(),
            }
        if (call, leg) not in self.legs:
            self.rings.append((call, leg))
        self.legs.setdefault((call, leg), "ringing")
        return {"ok": True, "request": f"req-{self.placements}"}


@asynccontextmanager
async def a_switch(now: Callable[[], int]) -> AsyncIterator[Switch]:
    """One that listens on a free port of loopback."""
    switch = Switch(now)
    server = await asyncio.start_server(switch.serve, "127.0.0.1", 0)
    switch.port = server.sockets[0].getsockname()[1]
    try:
        yield switch
    finally:
        switch.drop_listener()
        server.close()


class SwitchDriver:
    """The `StreamDriver` of it: its state says which legs should be, and follows what happens."""

    capabilities = Capabilities(hang_up=True, call_log=True)

    def __init__(self, account: str, port: int, states: DriverStates) -> None:
        self._account = account
        self._port = port
        self._states = states

    # --- what the adapter asks -------------------------------------------------------------------

    async def place(
        self,
        call_id: str,
        user_id: str,
        dial_string: str,
        *,
        ring_profile: str | None = None,
        caller_id: str | None = None,
    ) -> Placed:
        """What should be is kept before anything rings."""
        wish = {"user": user_id, "number": dial_string, "wants": [USER]}
        state = DriverState(call_id, json.dumps(wish))
        await self._states.save(state)
        try:
            answer = await self._ring(call_id, USER, wish)
        except Unknown as error:
            raise Unknown(error.text, provider_call_id=call_id) from error
        except Rejected:
            await self._states.save(replace(state, version=1, over=True))
            raise
        return Placed(call_id, str(answer["request"]))

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """It cannot."""
        raise Unsupported("no transfer")

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Hang up, and nothing else."""
        if action is not Action.HANG_UP:
            raise Unsupported(f"no {action.value}")
        await self._ask("hang_up", call=provider_call_id, leg=USER)

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """Two people."""
        return tuple(
            ProviderUser(user, None, email, do_not_disturb=False) for user, email in PEOPLE.items()
        )

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """The switch's own row."""
        row = (await self._ask("row", call=provider_call_id))["row"]
        return None if row is None else _cdr(row)

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """Newest first."""
        rows = (await self._ask("rows", user=user_id))["rows"]
        return tuple([_cdr(row) for row in reversed(rows) if row["started"] >= since_ms][:limit])

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Our own small JSON."""
        told = json.loads(body)
        moment = Moment(told["moment"])
        time = Known(int(told["at"]), Source.EVENT)
        facts = Facts(
            direction=Known(Direction.OUTBOUND, Source.EVENT),
            number=Known(told["number"], Source.EVENT),
            picked_up=time if moment is Moment.DIALED else None,
            connected=time if moment is Moment.CONNECTED else None,
            ended=time if moment is Moment.ENDED else None,
            outcome=Known(Outcome.COMPLETED, Source.EVENT) if moment is Moment.ENDED else None,
        )
        return CallUpdate(moment, told["call"], told["user"], facts)

    async def close(self) -> None:
        """Every request had a connection of its own."""

    # --- the stream ------------------------------------------------------------------------------

    async def run(self, sink: Sink) -> None:
        """Compare what is with what should be; then follow what happens."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(b'{"do": "listen"}\n')
            await reader.readline()
            await self._compare(sink)
            while line := await reader.readline():
                await self._take(sink, json.loads(line))
        finally:
            writer.close()

    async def _compare(self, sink: Sink) -> None:
        legs = {(c, leg): state for c, leg, state in (await self._ask("legs"))["legs"]}
        for state in await self._states.unfinished():
            wish = json.loads(state.value)
            call, row = state.call_id, (await self._ask("row", call=state.call_id))["row"] or {}
            for leg in wish["wants"]:
                time = {"at": row.get("ended") or row.get("connected") or row.get("picked_up")}
                if (call, leg) not in legs and time["at"] is not None and "ended" in row:
                    await self._take(sink, {"event": "down", "call": call, "leg": leg, **time})
                    break
                if legs.get((call, leg)) == "up":
                    await self._take(sink, {"event": "up", "call": call, "leg": leg, **time})
                elif (call, leg) not in legs and leg == THERE:
                    await self._ring(call, leg, wish)

    async def _take(self, sink: Sink, event: dict[str, Any]) -> None:
        """One event: what should be now is committed with what it tells; then it is made so."""
        while True:
            state = await self._states.load(event["call"])
            if state is None or state.over:
                return
            wish = json.loads(state.value)
            moment = _follow(wish, event)
            try:
                if moment is not None:
                    over = moment is Moment.ENDED
                    new = replace(state, value=json.dumps(wish), over=over)
                    await sink.deliver(self._delivery(event, wish, moment, new))
            except StaleState:
                continue
            break
        if moment is Moment.DIALED:
            await self._ring(event["call"], THERE, wish)
        elif moment is Moment.ENDED:
            for leg in (USER, THERE):
                await self._ask("hang_up", call=event["call"], leg=leg)

    def _delivery(
        self, event: dict[str, Any], wish: dict[str, Any], moment: Moment, state: DriverState
    ) -> IncomingDelivery:
        told = {"moment": moment, "at": event["at"], "call": event["call"]}
        body = json.dumps(told | {"user": wish["user"], "number": wish["number"]}).encode()
        name = hashlib.sha256(body).hexdigest()[:32]
        update = self.read(body, 0)
        return IncomingDelivery(
            self._account, name, f"switch.{moment.value}", body, update, states=(state,)
        )

    # --- one request -----------------------------------------------------------------------------

    async def _ring(self, call: str, leg: str, wish: dict[str, Any]) -> dict[str, Any]:
        return await self._ask("ring", call=call, leg=leg, user=wish["user"], number=wish["number"])

    async def _ask(self, do: str, **what: Any) -> dict[str, Any]:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:
            raise Rejected("unreachable", "The switch cannot be reached") from error
        try:
            writer.write(json.dumps({"do": do, **what}).encode() + b"\n")
            line = await reader.readline()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        if not line:
            raise Unknown("The switch's answer got lost")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            if answer.get("unknown"):
                raise Unknown(answer["error"])
            wait = answer.get("retry_after")
            raise Rejected("switch", answer["error"], retry_after=wait, request_id="req-refused")
        return answer


def _follow(wish: dict[str, Any], event: dict[str, Any]) -> Moment | None:
    """What the event means, and what should be after it (changed in `wish`)."""
    match event["event"], event["leg"]:
        case "up", "user" if wish["wants"] == [USER]:
            wish["wants"] = [USER, THERE]
            return Moment.DIALED
        case "up", "there" if not wish.get("talks"):
            wish["talks"] = True
            return Moment.CONNECTED
        case "down", _:
            wish["wants"] = []
            return Moment.ENDED
        case _:
            return None


def _cdr(row: dict[str, Any]) -> Cdr:
    def known(name: str) -> Known[int] | None:
        return Known(row[name], Source.CDR) if name in row else None

    facts = Facts(
        direction=Known(Direction.OUTBOUND, Source.CDR),
        number=Known(row["number"], Source.CDR),
        started=known("started"),
        picked_up=known("picked_up"),
        connected=known("connected"),
        ended=known("ended"),
        outcome=Known(Outcome.COMPLETED, Source.CDR) if "ended" in row else None,
    )
    return Cdr(CallUpdate(Moment.CDR, row["call"], row["user"], facts), row["number"])
