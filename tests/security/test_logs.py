"""A whole day's work, and not one number, note, name's address or secret in its logs."""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest

from adapter.telephony.dialstack import signing
from adapter.telephony.simulator.config import User
from tests.fakes.page import FakePage
from tests.fakes.process import AdapterProcess
from tests.scenarios.conftest import (
    SECRET,
    TOKEN,
    Scene,
    World,
    a_scene,
    a_world,
    environment_of,
)

NUMBERS = ("+15552230142", "(555) 223-0143", "+44 20 7946 0144", "+49 30 901820145")
NOTE = "the customer's password is swordfish"


async def work(world: World, page: FakePage, number: str) -> None:
    """One call from click to Task, with a note."""
    await page.until(lambda view: view["click_to_dial"])
    await page.dial(number)
    view = await page.until(lambda view: bool(view["wrapups"] or view["calls"]))
    call = (view["wrapups"] or view["calls"])[0]
    await page.until(lambda view: bool(view["wrapups"]))
    await page.send(type="wrapup", call_id=call["call_id"], notes=NOTE, done=True)
    await page.until(lambda view: view["state"] == "idle")


async def test_no_number_and_no_secret_is_in_the_logs(tmp_path: Path, log: io.StringIO) -> None:
    """Calls out and in, refusals, rubbish, sign-ins and outs: grep finds none of it."""
    async with a_world(tmp_path, log_level="debug") as world:
        page = await world.page()
        await world.scenario(pick_up_seconds=0.05, ring_seconds=0.05, talk_seconds=0.1)
        for number in NUMBERS:
            await work(world, page, number)
        await page.send(type="dial", request_id="x", number="+1 900 555 0146", clicked_at=1)
        await page.send(type=NOTE, number=NUMBERS[0])
        await page.until_heard("error")
        cookie = page.cookie.partition("=")[2]
        ticket = await page.ticket()
        await page.sign_out()
        await page.until_closed()
    text = log.getvalue()
    assert "call.placed" in text
    assert "session.ended" in text
    digits = re.sub(r"[^0-9\n]", "", text)
    for number in (*NUMBERS, "+1 900 555 0146"):
        assert number not in text
        assert re.sub(r"[^0-9]", "", number)[-9:] not in digits, number
    for secret in (NOTE, "swordfish", cookie, ticket, TOKEN, SECRET, "ada@example.com"):
        assert secret not in text, secret


# --- a whole load run, as production writes its log ---

QUICK = {"outcome": "answered", "pick_up_seconds": 0, "ring_seconds": 0.02, "talk_seconds": 0.02}
AGENTS, CALLS_EACH = 13, 16
HASH_KEY = "a key for hashes"
RUNS = re.compile(r"\+?\d(?:[ ().,/-]{0,3}\d){6,}")
"""What may be a number, formatted or not: the same that a reader would recognize."""
STYLES = ("+1{0}", "({1}) {2}-{3}", "{1}.{2}.{3}", "1-{1}-{2}-{3}", "tel:+1{0}", "+1 {1} {2} {3}")


@dataclass
class Load:
    """Pages that work against an adapter in a process, and everything that they said in secret."""

    scene: Scene
    adapter: AdapterProcess
    numbers: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=lambda: {TOKEN, SECRET, HASH_KEY})
    serial: Iterator[int] = field(default_factory=lambda: count(1000))

    def number(self, ending: str = "") -> str:
        """A number that was not used before, in one of the ways to write one."""
        n = next(self.serial)
        digits = f"{202 + n % 9}55{n // 1000}{ending or f'{n % 1000 * 7 % 9000:04}'}"
        self.numbers.append(digits)
        return STYLES[n % len(STYLES)].format(digits, digits[:3], digits[3:6], digits[6:])

    def secret(self, what: str) -> str:
        """A text of a person's, told by nobody else."""
        text = f"{what}-{next(self.serial)}-zwiebelkuchen"
        self.secrets.add(text)
        return text

    async def work(self, name: str) -> None:
        """One agent's day: calls out and in, notes, refusals, nonsense, sign-ins and sign-outs."""
        page = await self.scene.page(name)
        self.secrets.add(page.cookie.partition("=")[2])
        for call in range(CALLS_EACH):
            await self._call(page, call)
        await self._misuse(page)
        self.secrets |= {message["nonce"] for message in page.heard if "nonce" in message}
        self.secrets.add(ticket := await page.ticket())
        await page.sign_out()
        await page.until_closed()
        again = self.scene.another_page(name)
        await again.say_hello(ticket)
        await again.until_closed()

    async def _call(self, page: FakePage, call: int) -> None:
        """Dialed, or rung by somebody; with a note in which the number stands again."""
        await page.until(lambda view: view["click_to_dial"])
        if call % 4:
            name = self.secret("name")
            record = {"id": f"003{next(self.serial):012}", "name": name, "object_type": "Contact"}
            await page.dial(number := self.number(), record)
        else:
            number = self.number()
            await self.scene.sandbox(
                direction="inbound",
                user=f"user_{page.name}",
                from_number=number,
                from_name=self.secret("name"),
                scenario=QUICK,
            )
        view = await page.until(lambda view: bool(view["wrapups"]))
        note = f"{self.secret('note')}: ring {number} back"
        call_id = view["wrapups"][0]["call_id"]
        await page.send(type="wrapup", call_id=call_id, notes=note, done=True)
        await page.until(lambda view: view["state"] == "idle")

    async def _misuse(self, page: FakePage) -> None:
        """Refused numbers, requests that the provider refuses, frames that are none."""
        for number in (
            f"+1 900 555 {next(self.serial)}",
            self.number() + " x204",
            self.number("9429"),
        ):
            self.numbers.append(re.sub("[^0-9]", "", number)[:11].removeprefix("1"))
            await page.until(lambda view: view["click_to_dial"])
            await page.until_answer(await page.dial(number))
        for frame in (
            {"type": self.secret("type"), "number": self.number()},
            {"type": "dial", "number": [self.number()], "request_id": self.secret("request")},
            {"type": "wrapup", "call_id": "none", "notes": self.secret("late"), "done": True},
            {"type": "control", "request_id": "c", "call_id": "none", "action": "transfer",
             "target": self.number()},
            {"type": "control", "request_id": "d", "call_id": "none", "action": "digits",
             "digits": "4929123456781234"},
        ):  # fmt: skip
            await page.send(**frame)
        await page.until_answer("d")

    async def strangers(self) -> None:
        """Webhooks without a proof, with one and no sense, and doors tried with wrong keys."""
        async with httpx.AsyncClient(base_url=self.scene.url, trust_env=False) as http:
            for secret in (SECRET, self.secret("whsec")):
                for body in ("{", '"', "{}", json.dumps({"data": {}})):
                    raw = f"{body}{self.number()}".encode()
                    proof = signing.header([secret], int(time.time()), raw)
                    headers = {signing.HEADER: proof}
                    await http.post("/webhooks/dialstack", content=raw, headers=headers)
            bearer = {"Authorization": f"Bearer {self.secret('bearer')}", "Origin": self.scene.url}
            await http.post("/api/ws-ticket", headers=bearer, json={"origin": self.number()})
            await http.get(f"/softphone?number={self.number()}&token={self.secret('token')}")
            await http.get(f"/{self.number()}")
            await http.post("/api/check-number", headers=bearer, json={"number": self.number()})


@asynccontextmanager
async def a_load(folder: Path) -> AsyncIterator[Load]:
    """An adapter in a process of its own, that logs everything down to debug."""
    users = tuple(User(f"user_{n}", n, f"{n}@example.com", "1") for n in names())
    async with a_scene(users=users) as (scene, port):
        environment = {
            **environment_of(scene, port, folder),
            "SOFTPHONE_DIALS_PER_MINUTE": "1000",
            "SOFTPHONE_DIALS_PER_HOUR": "1000",
            "SOFTPHONE_LOG_LEVEL": "debug",
            "SOFTPHONE_LOG_HASH_KEY": HASH_KEY,
        }
        adapter = AdapterProcess(scene.url, environment, folder / "adapter.log")
        await adapter.start()
        try:
            async with scene.stack:
                yield Load(scene, adapter)
            assert await adapter.end() == 0
        finally:
            await adapter.kill()


def names() -> list[str]:
    """The agents."""
    return [f"agent{n}" for n in range(AGENTS)]


@pytest.mark.slow
async def test_a_load_runs_log_has_no_number_note_name_or_secret(tmp_path: Path) -> None:
    """A process of its own, real lines, hundreds of calls: everything that was said is grepped."""
    async with a_load(tmp_path) as load:
        await load.scene.scenario(**QUICK)
        await asyncio.gather(load.strangers(), *(load.work(name) for name in names()))
    text = load.adapter.logs.read_text()
    events = Counter(json.loads(line)["event"] for line in text.splitlines())
    calls = AGENTS * CALLS_EACH
    assert events["log.go"] >= calls
    assert events["delivery.applied"] >= 3 * calls
    assert events["call.placed"] == calls * 3 // 4
    assert {"call.rejected", "frame.malformed", "delivery.refused", "delivery.odd"} <= {*events}
    assert events["session.ended"] == AGENTS
    assert len(load.numbers) > calls
    runs = {re.sub("[^0-9]", "", run) for run in RUNS.findall(text)}
    told = [n for n in load.numbers if any(n in run for run in runs)]
    assert told == []
    assert [secret for secret in load.secrets if secret in text] == []
    assert "zwiebelkuchen" not in text
    assert "4929123456781234" not in text
    assert "@example.com" not in text
