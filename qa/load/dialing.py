"""An agent who dials: click, the call's deliveries, its Task, the wrap-up, the Task again.

A bare server goes through the same call. It turns every frame of its page into a POST, so the POST
for the wrap-up stands for the Task.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, datetime

from adapter.web.sockets.socketdoor import FRAMES_PER_MINUTE
from qa.load import scene, wire
from qa.load.parts.click import dial
from qa.load.parts.results import Round, percentile
from qa.load.programs import Program
from qa.load.wire import Ask, PageSocket, Wrong

MOMENTS = {
    "call.initiated": b'"state":"dialing-destination"',
    "call.answered": b'"state":"bridged"',
    "call.end": b'"state":"wrapup"',
}
"""The provider's events of a call, and what our view contains once it shows each."""

OFFER, GO, SETTLED, IDLE = b'"type":"offer"', b'"type":"go"', b'"type":"settled"', b'"state":"idle"'
STEPS = ("click to POST", "delivery to view", "end to Task", "done to view", "done to Task")
SETTINGS = {
    "SOFTPHONE_WRAP_UP_SECONDS": "600",
    "SOFTPHONE_CONFIRM_REPEAT_SECONDS": "0",
    "SOFTPHONE_DIALS_PER_MINUTE": "1000000",
    "SOFTPHONE_DIALS_PER_HOUR": "1000000",
}
"""These agents place more calls in a minute than people do in a week."""

CALLS_A_PAGE = FRAMES_PER_MINUTE // 6 - 1
"""How many calls one page can make: a call takes six frames, and the server limits a burst."""

CALL_SECONDS = 60.0
"""The time limit of a call with all its steps, for a busy machine."""

Steps = dict[str, list[float]]
"""The durations of each step in milliseconds."""

_ids = itertools.count(1)


class Placements:
    """The POSTs that the provider received, by the agent whom they name."""

    def __init__(self) -> None:
        self._of: defaultdict[str, asyncio.Queue[float]] = defaultdict(asyncio.Queue)

    def posted(self, at: float, body: bytes) -> None:
        """The provider received a POST."""
        self._of[json.loads(body)["user"]].put_nowait(at)

    async def next(self, user: str) -> float:
        """When the agent's next POST arrived (`time.perf_counter`)."""
        return await self._of[user].get()


class Dialer:
    """One agent, who saves Tasks as a page does and notes when each message arrived."""

    def __init__(self, program: Program, agent: int, placements: Placements) -> None:
        self._program = program
        self._agent = agent
        self._cookies: list[str] = []
        self._placements = placements
        self._messages: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._page = PageSocket(b"", b"")
        self._left = 0

    async def open(self) -> None:
        """Reconnect the agent's page, with a fresh frame limit. Raises Wrong."""
        self._page.close()
        self._cookies = self._cookies or await scene.sign_in(self._program, [self._agent])
        pages = await scene.open_pages(self._program, [self._agent], self._cookies)
        (self._page,) = pages.values()
        self._page.on_view = self._page.on_message = self._on_message
        self._left = CALLS_A_PAGE

    async def call(self, ask: Ask, steps: Steps) -> None:
        """Make one whole call, with the deliveries over this connection. Raises Wrong."""
        if not self._left and self._program.is_ours:
            await self.open()
        self._left -= 1
        name = f"{self._page.user}-{next(_ids)}"
        number = f"+1202555{next(_ids) % 10_000:04}"
        try:
            async with asyncio.timeout(CALL_SECONDS):
                started = time.perf_counter()
                self._page.say(dial(name, number))
                posted = await self._placements.next(self._page.user)
                _record(steps, "click to POST", started, posted)
                shown = await self._deliver_all(ask, name, number, steps)
                await self._wrap_up(number, shown, steps)
        except TimeoutError as error:
            raise Wrong(f"{self._program.kind}: a call stopped after {list(steps)}") from error

    async def _deliver_all(self, ask: Ask, name: str, number: str, steps: Steps) -> bytes:
        """Send the call's deliveries; returns the view of the ended call."""
        shown, started = b"", 0.0
        for kind, state in MOMENTS.items():
            request = scene.delivery(
                self._program, kind, _event_data(kind, name, number, self._page.user)
            )
            started = time.perf_counter()
            answer = await ask(request)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise Wrong(answer[:300].decode(errors="replace"))
            at, shown = await self._until(state if self._program.is_ours else kind.encode())
            _record(steps, "delivery to view", started, at)
        if self._program.is_ours:
            at, _ = await self._until(GO)
            _record(steps, "end to Task", started, at)
            await self._until(SETTLED)
        return shown

    async def _wrap_up(self, number: str, shown: bytes, steps: Steps) -> None:
        cards = json.loads(shown).get("wrapups") or [{"call_id": ""}]
        done = {
            "type": "wrapup",
            "call_id": cards[0]["call_id"],
            "notes": "Wants the new price list, and a call on Monday.",
            "disposition": "Connected",
            "done": True,
            # The bare server reads only this.
            "number": number,
        }
        started = time.perf_counter()
        self._page.say(json.dumps(done).encode())
        if not self._program.is_ours:
            _record(steps, "done to Task", started, await self._placements.next(self._page.user))
            return
        _record(steps, "done to view", started, (await self._until(IDLE))[0])
        _record(steps, "done to Task", started, (await self._until(GO))[0])
        await self._until(SETTLED)

    async def _until(self, token: bytes) -> tuple[float, bytes]:
        """The next message that contains this, and when it arrived; earlier ones are dropped."""
        while True:
            at, payload = await self._messages.get()
            if token in payload:
                return at, payload

    def _on_message(self, page: PageSocket, payload: bytes) -> None:
        now, head = time.perf_counter(), payload[: wire.HEAD_BYTES]
        if OFFER in head:
            page.say(
                json.dumps({"type": "accept", "log_id": json.loads(payload)["log_id"]}).encode()
            )
        elif GO in head:
            page.say(json.dumps(_saved(json.loads(payload))).encode())
        self._messages.put_nowait((now, payload))


def _record(steps: Steps, name: str, started: float, at: float) -> None:
    steps.setdefault(name, []).append((at - started) * 1000)


def _saved(go: dict[str, object]) -> dict[str, object]:
    """The page's message that Salesforce has saved the Task."""
    named = {key: go[key] for key in ("log_id", "attempt", "nonce")}
    return {"type": "result", **named, "outcome": "ok", "task_id": "00T000000000001AAA"}


def _event_data(kind: str, name: str, number: str, user: str) -> dict[str, object]:
    now = scene.format_time(datetime.now(UTC))
    talks, over = kind != "call.initiated", kind == "call.end"
    return {
        "call_id": f"call_{name}",
        "user_id": user,
        "direction": "outbound",
        "from_number": "+12025550100",
        "to_number": number,
        "started_at": now,
        "answered_at": now,
        "connected_at": now if talks else None,
        "ended_at": now if over else None,
        "hangup_cause": 16 if over else None,
        "status": "completed" if over else "in-progress" if talks else "ringing",
    }


async def dial_all(program: Program, dialers: Sequence[Dialer], count: int, at_once: int) -> Round:
    """Measure `count` calls of these agents in turn, `at_once` at a time. Raises Wrong."""
    free, left = deque(dialers), iter(range(count))
    steps: Steps = {}

    async def worker() -> None:
        async with wire.asking(program.entrance) as ask:
            for _ in left:
                dialer = free.popleft()
                await dialer.call(ask, steps)
                free.append(dialer)

    used, busy, started = program.cpu_seconds(), time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(worker())
    seconds = time.perf_counter() - started
    cpu, busy = program.cpu_seconds() - used, time.process_time() - busy
    cost = {
        "calls": count,
        "calls_per_second": round(count / seconds, 1),
        "cpu_us_per_call": round(cpu / count * 1e6, 1),
        "server_busy": round(cpu / seconds, 3),
        "generator_busy": round(busy / seconds, 3),
    }
    return cost | {
        f"{name}, {percent}": round(percentile(taken, int(percent[1:])), 3)
        for name, taken in steps.items()
        for percent in ("p50", "p99")
    }
