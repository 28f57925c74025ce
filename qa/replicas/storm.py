"""`python -m qa.replicas.storm --kills N --seed S`: replicas and PostgreSQL die under load.

Replicas get SIGKILL, the database an immediate stop, and one hint in three is lost, while agents go
on calling. Prints one JSON object. The exit status is 0 only if every call that the provider knows
has exactly one Task, no click was placed twice, and every click that was not placed has a reason
that the agent saw: the socket was gone, the click could not be stored ("try again"), or it was
refused. One more reason is allowed: its replica died between commit and POST, and no other may send
that POST. The provider may give up a webhook, after ten tries in six seconds, only because the
database was away for that long: at least one replica is always up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from websockets.exceptions import ConnectionClosed

from adapter.telephony.simulator.config import User
from qa.replicas.fleet import Fleet, a_fleet
from tests.fakes.page import FakePage
from tests.storage.servers import Postgres, running_postgres

LOOK_SECONDS, SETTLE_SECONDS = 1.0, 60.0
AWAY_SECONDS = (0.5, 2.0)
UNEXPLAINED = "unexplained"
NO_DATABASE = "the database was away"
BACK_MS = 2_000
"""The time in which every replica reconnects after the database is back, in milliseconds."""


@dataclass
class Click:
    """One click, and how many frames its page had received and sockets it had lost before it.

    Without a request id, the socket was gone before the click could be sent.
    """

    number: str
    heard: int
    lost: int
    request_id: str = ""


class Agent:
    """Calls one number after the other, once each, and ends every wrap-up."""

    def __init__(self, page: FakePage, number: int) -> None:
        self.page = page
        self.clicks: list[Click] = []
        self._number = number

    async def work(self) -> None:
        """Work until canceled; the next view shows whatever was lost on the way."""
        while True:
            # A closed socket refuses at once; let other tasks run all the same.
            await asyncio.sleep(0.05)
            with suppress(ConnectionClosed, TimeoutError):
                await self.end_wrapups()
                await self.page.until(lambda v: v["click_to_dial"], LOOK_SECONDS)
                area, line = divmod(len(self.clicks) + 1, 100)
                number = f"+1{202 + area}555{self._number:02d}{line:02d}"
                click = Click(number, len(self.page.heard), len(self.page.close_codes))
                self.clicks.append(click)
                click.request_id = await self.page.dial(click.number)
                await self.page.until(lambda v: not v["click_to_dial"], LOOK_SECONDS)

    async def end_wrapups(self) -> None:
        """End the wrap-ups in the view."""
        for wrapup in self.page.view["wrapups"]:
            await self.page.send(type="wrapup", call_id=wrapup["call_id"], done=True)
        if self.page.view["wrapups"]:
            await self.page.until(lambda v: not v["wrapups"], LOOK_SECONDS)


@dataclass
class Blows:
    """How many replicas were killed, and when the database was away (Unix ms, from and until)."""

    replicas: int = 0
    outages: list[tuple[int, int]] = field(default_factory=list)

    def why_given_up(self, attempts: list[dict[str, Any]]) -> str:
        """Why all tries of a webhook failed, with details if the database was not the only cause.

        One try may have reached a replica while it was being killed.
        """
        met = [a for a in attempts if not any(b <= a["at"] <= e for b, e in self.outages)]
        if len(met) <= 1:
            return NO_DATABASE
        return " ".join(str(attempt.get("status") or attempt.get("error")) for attempt in met)


async def strike(fleet: Fleet, server: Postgres, kills: int, rng: Random) -> Blows:
    """Inflict one fault after the other, and repair each before the next."""
    done = Blows()
    for number in range(kills):
        await asyncio.sleep(rng.uniform(1.0, 2.5))
        if number % 4 == 3:
            began = now_ms()
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(rng.uniform(*AWAY_SECONDS))
            await asyncio.to_thread(server.start)
            done.outages.append((began, now_ms() + BACK_MS))
        else:
            replica = rng.choice(fleet.replicas)
            await replica.kill()
            await asyncio.sleep(rng.uniform(*AWAY_SECONDS))
            await replica.start()
            done.replicas += 1
    return done


def now_ms() -> int:
    """The provider's time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


async def settled(fleet: Fleet, agents: list[Agent]) -> dict[str, Any]:
    """Wait until every call has its Task or time is up; returns the provider's history."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while True:
                for agent in agents:
                    with suppress(ConnectionClosed, TimeoutError):
                        await agent.end_wrapups()
                history = await fleet.scene.history()
                quiet = all(d["fate"] != "pending" for d in history["deliveries"])
                idle = all(agent.page.view["click_to_dial"] for agent in agents)
                if quiet and idle and not missing(fleet, history):
                    return history
                await asyncio.sleep(LOOK_SECONDS)
    return await fleet.scene.history()


def digits(text: str) -> str:
    """The digits of a text, to find a number in a Subject."""
    return "".join(filter(str.isdigit, text))


def missing(fleet: Fleet, history: dict[str, Any]) -> list[str]:
    """The numbers of calls that the provider had under way and that have no Task."""
    subjects = [digits(task.get("Subject", "")) for task in fleet.scene.salesforce.tasks.values()]
    picked_up = [c for c in history["calls"] if c["started"] is not None]
    numbers = [digits(call["to_number"]) for call in picked_up]
    return [n for n in numbers if not any(n[-10:] in subject for subject in subjects)]


def whys(agent: Agent, dialed: set[str]) -> list[str]:
    """The reasons of clicks that were not placed, according to their pages' messages."""
    reasons = []
    later = Click("", len(agent.page.heard), len(agent.page.close_codes))
    for click in reversed(agent.clicks):
        if click.number in dialed:
            later = click
        else:
            reasons.append(why(agent.page, click, later))
    return reasons


def why(page: FakePage, click: Click, later: Click) -> str:
    """The reason that the page's messages give for this click, before the next one."""
    heard = page.heard[click.heard : later.heard]
    views = [message for message in heard if message["type"] == "view"]
    answers = [a for view in views for a in view["answers"] if a["request_id"] == click.request_id]
    refused = [
        answer["code"] for answer in answers if answer["code"] not in {"placed", "duplicate"}
    ]
    if any(call["number"] == click.number for view in views for call in view["calls"]):
        return "replica died between commit and POST"
    if refused:
        return f"refused: {refused[-1]}"
    if any(message["type"] == "error" for message in heard):
        return "told to try again"
    return "socket gone" if not click.request_id or later.lost > click.lost else UNEXPLAINED


async def play(kills: int, seed: int, folder: Path, server: Postgres) -> dict[str, Any]:
    """Do the whole run."""
    users = tuple(
        User(f"user_a{n:03d}", f"Agent {n}", f"a{n:03d}@example.com", f"2{n:03d}")
        for n in range(12)
    )
    wishes: dict[str, Any] = {
        "SOFTPHONE_DIALS_PER_MINUTE": "100000",
        "SOFTPHONE_DIALS_PER_HOUR": "1000000",
        "SOFTPHONE_DIALS_PER_MINUTE_PER_ORG": "0",
        "SOFTPHONE_OUTCOME_SECONDS": "1",
        "SOFTPHONE_DIAL_SECONDS": "4",
        "SOFTPHONE_BRIDGED_CHECK_SECONDS": "4",
    }
    module = "qa.replicas.lossy"
    async with a_fleet(
        folder, server.database(), module=module, users=users, links=True, **wishes
    ) as fleet:
        fast = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 0.6}
        await fleet.scene.scenario(outcome="answered", **fast)
        agents = []
        for number, user in enumerate(users):
            page = await fleet.scene.page(user.email.partition("@")[0])
            await page.stay()
            agents.append(Agent(page, number))
        work = [asyncio.create_task(agent.work()) for agent in agents]
        done = await strike(fleet, server, kills, Random(seed))
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        history = await settled(fleet, agents)
        return verdict(fleet, history, agents, done, seed)


def verdict(
    fleet: Fleet, history: dict[str, Any], agents: list[Agent], done: Blows, seed: int
) -> dict[str, Any]:
    """The result: lost and duplicated calls."""
    tasks = [task["CallObject"] for task in fleet.scene.salesforce.tasks.values()]
    dialed = [post["body"]["dial_string"] for post in history["posts"] if "body" in post]
    reasons = [reason for agent in agents for reason in whys(agent, set(dialed))]
    lost = [d["attempts"] for d in history["deliveries"] if d["fate"] == "given-up"]
    given_up = Counter(map(done.why_given_up, lost))
    result: dict[str, Any] = {
        "seed": seed,
        "replicas_killed": done.replicas,
        "databases_stopped": len(done.outages),
        "clicks": sum(len(agent.clicks) for agent in agents),
        "posts": len(dialed),
        "clicks_without_post": dict(Counter(reasons)),
        "calls": len(history["calls"]),
        "tasks": len(tasks),
        "lost": len(missing(fleet, history)),
        "doubled": len(tasks) - len(set(tasks)),
        "max_posts_per_dial": max(map(dialed.count, dialed), default=0),
        "webhooks_given_up": dict(given_up),
        "tray": sum(len(agent.page.view["tray"]) for agent in agents),
        "reconnects": sum(len(agent.page.close_codes) for agent in agents),
    }
    bad = result["lost"] or result["doubled"] or result["max_posts_per_dial"] > 1
    bad = bad or UNEXPLAINED in reasons or given_up.keys() - {NO_DATABASE}
    return {**result, "ok": bool(result["calls"]) and not bad}


def main() -> int:
    """Run, print the result, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m qa.replicas.storm", description=__doc__)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder, running_postgres() as server:
        result = asyncio.run(play(options.kills, options.seed, Path(folder), server))
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
