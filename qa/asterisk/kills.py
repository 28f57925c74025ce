"""Calls on a real Asterisk, with SIGKILL for the adapter, for Asterisk, or for both, at any moment.

    python -m qa.asterisk.kills --runs 200 --seed 1 --consults 0.2

In a share of them (`--consults`), the agent consults a colleague meanwhile.

After each kill everything is started again. The run then checks that no channel is left within 30
s, that nobody was called twice, and that each call that reached the customer has one Task with the
true talk time. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.asterisk.bench import IDENTITY, Bench, always, plans, real
from qa.asterisk.engine import AGENTS, APP, USER
from qa.asterisk.handset import BUSY, IGNORE, PICK_UP, PhoneCall, Plan
from qa.asterisk.phone import Phone
from tests.fakes.page import FakePage
from tests.fakes.process import AdapterProcess
from tests.fakes.salesforce import FakeSalesforce
from tests.scenarios.conftest import free_port

EMPTY_SECONDS = 30
IDLE_SECONDS = 60
VICTIMS = ("adapter", "adapter", "asterisk", "both")
TALK_SECONDS = 1.5
COLLEAGUE, CONSULTED_SECONDS = "2002", 5.0
"""The consulted colleague's number, and how long the customer stays on the line (seconds)."""


@dataclass
class Count:
    """What all runs found."""

    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    talk_errors: list[float] = field(default_factory=list)
    empty_after: list[float] = field(default_factory=list)


@dataclass
class Ground:
    """A real Asterisk with phones, the adapter as a process, and one agent's page."""

    bench: Bench
    ada: Phone
    colleague: Phone
    adapter: AdapterProcess
    page: FakePage
    salesforce: FakeSalesforce

    @property
    def trunk(self) -> Phone:
        """The customers' side."""
        assert isinstance(self.bench.trunk, Phone)
        return self.bench.trunk

    @property
    def phones(self) -> tuple[Phone, ...]:
        """The registered phones."""
        return self.ada, self.colleague


def environment(
    bench: Bench, url: str, port: int, folder: Path, names: tuple[str, ...] = ("ada",)
) -> dict[str, str]:
    """The adapter's environment, with short waits."""
    book = folder / "agents.toml"
    rows = [f'[[agent]]\nemail = "{n}@example.com"\nprovider_user = "{n}"\n' for n in names]
    book.write_text("".join(rows))
    settings = {
        "PUBLIC_URL": url,
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/test.db",
        "ORG_ORIGINS": "http://127.0.0.1:1",
        "PROVIDER": "asterisk",
        "ASTERISK_URL": bench.world.url,
        "ASTERISK_USER": USER,
        "ASTERISK_SECRET": bench.world.secret,
        "ASTERISK_APP": APP,
        "ASTERISK_IDENTITY": IDENTITY,
        "ASTERISK_CEL_URL": bench.world.cel_url,
        "ASTERISK_CEL_UTC": "true",
        "ASTERISK_RING_SECONDS": "4",
        "DIRECTORY_FILE": str(book),
        "RING_SECONDS": "5",
        "DIAL_SECONDS": "5",
        "BRIDGED_CHECK_SECONDS": "5",
        "CDR_WAIT_SECONDS": "2",
        "OUTCOME_SECONDS": "2",
        "WRAP_UP_SECONDS": "0",
        "CONFIRM_REPEAT_SECONDS": "0",
        "REPORT_SECONDS": "4",
        "JOURNAL_SECONDS": "4",
        "READ_BACK": "true",
        "READ_BACK_SECONDS": "2,4,8,16",
        "DIALS_PER_MINUTE": "100",
        "DIALS_PER_HOUR": "10000",
    }
    own = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return own | {f"SOFTPHONE_{name}": value for name, value in settings.items()}


async def prepared(stack: AsyncExitStack, folder: Path) -> Ground:
    """Start everything, with the agent signed in."""
    bench = await stack.enter_async_context(real(folder, (*AGENTS, COLLEAGUE)))
    ada, colleague = await bench.phone("ada"), await bench.phone(COLLEAGUE)
    assert isinstance(ada, Phone) and isinstance(colleague, Phone)  # noqa: PT018
    port = free_port()
    url = f"http://localhost:{port}"
    adapter = AdapterProcess(url, environment(bench, url, port, folder), folder / "adapter.log")
    await adapter.start()
    stack.push_async_callback(adapter.kill)
    salesforce = FakeSalesforce()
    page = FakePage(url, "ada", salesforce)
    stack.push_async_callback(page.close)
    await page.open()
    await page.stay()
    return Ground(bench, ada, colleague, adapter, page, salesforce)


async def play(
    ground: Ground, dice: random.Random, number: str, count: Count, *, consults: bool
) -> None:
    """Play one call with its kill, and judge it."""
    mine = dice.choice([PICK_UP, PICK_UP, PICK_UP, IGNORE])
    theirs = dice.choice([Plan(talk=TALK_SECONDS)] * 4 + [BUSY])
    if consults:
        mine, theirs = PICK_UP, Plan(talk=CONSULTED_SECONDS)
    plans(ground.bench, ground.ada, mine, theirs)
    victim, moment = dice.choice(VICTIMS), dice.uniform(0, 2.2)
    pause = dice.uniform(0, 1.5)
    before = len(ground.ada.calls)
    await until_connected(ground)
    colleagues = len(ground.colleague.calls)
    await ground.page.dial(number)
    if consults:
        stage = await _consult(ground, dice)
    else:
        await asyncio.sleep(moment)
        stage = _stage(ground, number, before)
    await _kill(ground, victim, pause)
    back = time.time()
    count.runs += 1
    count.kills[victim] += 1
    count.stages[stage] += 1
    where = f"{number} {victim} at {moment:.2f} s ({stage}), {pause:.2f} s down"
    await _empties(ground, back, where, count)
    try:
        await ground.page.until(lambda view: bool(view.get("click_to_dial")), IDLE_SECONDS)
    except TimeoutError:
        count.wrong.append(f"{where}: never idle again")
    dialed = [call for call in ground.trunk.calls if call.number == number]
    await _saved(ground, len(dialed))
    if len(ground.colleague.calls) > colleagues + 1:
        count.wrong.append(f"{where}: the colleague was called more than once")
    _judge(ground, dialed, back, where, count)


async def _kill(ground: Ground, victim: str, pause: float) -> None:
    """Kill the adapter, Asterisk or both, and restart them after `pause` seconds."""
    if victim != "adapter":
        await ground.bench.kill()
        for phone in (*ground.phones, ground.trunk):
            phone.forget()
    if victim != "asterisk":
        await ground.adapter.kill()
    await asyncio.sleep(pause)
    if victim != "adapter":
        await ground.bench.start()
        for phone in ground.phones:
            await phone.register()
    if victim != "asterisk":
        await ground.adapter.start()


async def _consult(ground: Ground, dice: random.Random) -> str:
    """Consult the colleague, sometimes swap or merge, stop at any moment; returns the stage."""
    ground.colleague.plan = always(dice.choice([PICK_UP, PICK_UP, Plan(after=1.0), IGNORE]))
    further = dice.choice([(), (), ("swap",), ("merge",)])
    moments = [dice.uniform(0, 1.5) for _ in range(1 + len(further))]
    view = await ground.page.until(
        lambda view: any(call["state"] == "bridged" for call in view["calls"])
    )
    (call,) = view["calls"]
    for action, moment in zip(("consult", *further), moments, strict=True):
        fields = {"call_id": call["call_id"], "action": action, "target": COLLEAGUE}
        request = f"req-{dice.getrandbits(32):08x}"
        await ground.page.send(type="control", request_id=request, **fields)
        await asyncio.sleep(moment)
    third = next((call.get("third") for call in ground.page.view["calls"]), None)
    return f"consulting ({third['state'] if third else 'not reported yet'})"


def _stage(ground: Ground, number: str, before: int) -> str:
    mine = ground.ada.calls[before:]
    dialed = [call for call in ground.trunk.calls if call.number == number]
    if dialed:
        call = dialed[-1]
        return "over" if call.ended else "talking" if call.up else "destination rings"
    return "agent rings" if mine else "placing"


async def until_connected(ground: Ground) -> None:
    """Wait until Asterisk has the adapter's application and the adapter responds."""
    async with ground.bench.world.http() as http, asyncio.timeout(30):  # type: ignore[union-attr]
        while not (await http.get(f"/ari/applications/{APP}")).is_success:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)


async def _empties(ground: Ground, back: float, where: str, count: Count) -> None:
    deadline = back + EMPTY_SECONDS
    while await ground.bench.channels():
        if time.time() > deadline:
            left = [channel["id"] for channel in await ground.bench.channels()]
            count.wrong.append(f"{where}: {left} left after {EMPTY_SECONDS} s")
            return
        await asyncio.sleep(0.1)
    count.empty_after.append(time.time() - back)


async def _saved(ground: Ground, calls: int) -> None:
    """Wait until the log is saved."""
    deadline = time.time() + IDLE_SECONDS
    while calls and not _new_tasks(ground) and time.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)  # a second one would follow at once


def _new_tasks(ground: Ground) -> list[dict[str, Any]]:
    return [task for task in ground.salesforce.tasks.values() if task["Id"] not in _JUDGED]


def _judge(ground: Ground, dialed: list[PhoneCall], back: float, where: str, count: Count) -> None:
    """Compare the Tasks in Salesforce with what the phones saw."""
    tasks = _new_tasks(ground)
    _JUDGED.update(task["Id"] for task in tasks)
    if len(dialed) > 1:
        count.wrong.append(f"{where}: the customer was called {len(dialed)} times")
    if len(tasks) > 1 or (dialed and not tasks):
        count.wrong.append(f"{where}: {len(tasks)} Tasks of {len(dialed)} calls")
    if not (tasks and dialed):
        return
    talked, true = float(tasks[0].get("CallDurationInSeconds") or 0), dialed[0].talked
    if " adapter at " in where:
        count.talk_errors.append(abs(talked - true))
        if abs(talked - true) > 1:
            count.wrong.append(f"{where}: talk of {talked} s, but {true:.2f} s at the phone")
    elif talked > (back - dialed[0].up if dialed[0].up else 0) + 2:
        count.wrong.append(f"{where}: talk of {talked} s is longer than possible")


_JUDGED: set[str] = set()


async def run(runs: int, seed: int, consults: float = 0.2) -> dict[str, Any]:
    """Do all runs and return what they found. `consults`: the share with a consultation."""
    began, count, dice = time.time(), Count(), random.Random(seed)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ground, seen = await prepared(stack, folder), 0
        for number in range(runs):
            called, asks = f"+1202555{2000 + number % 7000:04}", dice.random() < consults
            await play(ground, dice, called, count, consults=asks)
            for wrong in count.wrong[seen:]:
                print(wrong, flush=True)
            seen = len(count.wrong)
            if (number + 1) % 10 == 0:
                print(f"{number + 1} runs, {seen} wrong", flush=True)
    return {
        "runs": count.runs,
        "seed": seed,
        "kills": dict(count.kills),
        "stages": dict(count.stages),
        "worst_talk_error_s": round(max(count.talk_errors, default=0), 2),
        "longest_until_empty_s": round(max(count.empty_after, default=0), 1),
        "wrong": count.wrong,
        "seconds": round(time.time() - began),
        "ok": not count.wrong,
    }


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.asterisk.kills", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--consults", type=float, default=0.2)
    options = parser.parse_args()
    result = asyncio.run(run(options.runs, options.seed, options.consults))
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
