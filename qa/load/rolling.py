"""`python -m qa.load.rolling --agents N`: three replicas, restarted in turn under load.

With `--from COMMIT` they start as that commit's release and restart as this one; with `--to COMMIT`
it is the other way round, as in a rollback. Prints one JSON object. Exits with 1 if a call, a Task
or a dial was lost, or a dial was refused.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from adapter.telephony.simulator.config import User
from qa.replicas.balancer import balancing
from qa.replicas.fleet import Fleet, Front, a_fleet
from qa.replicas.proxies import caddy
from tests.fakes.page import FakePage, View
from tests.fakes.process import ROOT
from tests.storage.servers import running_postgres

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
AGAIN_SECONDS, TRIES = 2.0, 20
FRONTS: dict[str, Front] = {"balancer": balancing, "caddy": caddy}
PAUSE_SECONDS = 2.0
"""Between two restarts."""


class Load:
    """Agents who call without a pause, and the outcomes of their calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.refused: list[str] = []
        self.repeated = 0
        self.is_stopping = False

    async def work(self, page: FakePage, number: str) -> None:
        """Place one call after the other until the run stops."""
        while not self.is_stopping:
            code = await self.dial(page, number)
            if code not in {"", "placed"}:
                self.refused.append(code)
                continue
            self.calls += 1
            view = await page.until(lambda v: bool(v["wrapups"]), 60)
            call_id = view["wrapups"][0]["call_id"]
            await self.insist(
                page,
                lambda v: v["click_to_dial"] and not v["wrapups"],
                {"type": "wrapup", "call_id": call_id, "done": True},
            )

    async def dial(self, page: FakePage, number: str) -> str:
        """Click; returns the code of a refusal, or "" when the phones ring."""
        request = f"req-{page.name}-{time.monotonic_ns()}"

        def answer(view: View) -> str | None:
            return next((a["code"] for a in view["answers"] if a["request_id"] == request), None)

        click = {"type": "dial", "request_id": request, "number": number, "record": CONTACT}
        view = await self.insist(
            page,
            lambda v: not v["click_to_dial"] or answer(v) is not None,
            {**click, "clicked_at": 1_000, "sent_at": 1_000},
        )
        return answer(view) or ""

    async def insist(self, page: FakePage, fits: Callable[[View], bool], frame: View) -> View:
        """Send a frame, and repeat the same request if the socket lost it."""
        for _ in range(TRIES):
            with suppress(ConnectionClosed):
                await page.send(**frame)
            with suppress(TimeoutError):
                return await page.until(fits, AGAIN_SECONDS)
            self.repeated += 1
        raise TimeoutError(f"{page.name}: {frame['type']} had no effect")


@contextmanager
def release(commit: str) -> Iterator[Path]:
    """The source tree of that commit; without a commit, the working tree."""
    if not commit:
        yield ROOT
        return
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        # The commit's own files, but with the packages installed now.
        git = ("git", "-C", str(ROOT), "archive", "--format=tar", commit, "adapter", "web")
        source = subprocess.run(git, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(source)) as files:
            files.extractall(name, filter="data")
        yield Path(name)


async def restart_all(fleet: Fleet, root: Path) -> list[float]:
    """Restart one replica after the other with SIGTERM; how long each took to exit."""
    seconds = []
    for replica in fleet.replicas:
        began = time.monotonic()
        status = await replica.end(signal.SIGTERM)
        assert status == 0, f"left with status {status}"
        seconds.append(round(time.monotonic() - began, 2))
        replica.root = root
        await replica.start()
        await asyncio.sleep(PAUSE_SECONDS)
    return seconds


async def play(
    agents: int, folder: Path, database: str, front: Front, releases: tuple[Path, Path]
) -> dict[str, Any]:
    """Do the run: the replicas start as the first release and end as the second."""
    users = tuple(
        User(f"user_a{n:03d}", f"Agent {n}", f"a{n:03d}@example.com", f"2{n:03d}")
        for n in range(agents)
    )
    limits: dict[str, Any] = {
        "SOFTPHONE_DIALS_PER_MINUTE": "100000",
        "SOFTPHONE_DIALS_PER_HOUR": "1000000",
        "SOFTPHONE_DIALS_PER_MINUTE_PER_ORG": "0",
    }
    async with a_fleet(
        folder, database, 3, users=users, front=front, root=releases[0], links=True, **limits
    ) as fleet:
        await fleet.scene.scenario(
            outcome="answered", pick_up_seconds=0.1, ring_seconds=0.1, talk_seconds=0.4
        )
        pages = [await fleet.scene.page(user.user_id.removeprefix("user_")) for user in users]
        for page in pages:
            await page.stay()
        load = Load()
        work = [
            asyncio.create_task(load.work(page, f"+1202555{n:04d}")) for n, page in enumerate(pages)
        ]
        await asyncio.sleep(PAUSE_SECONDS)
        gone = await restart_all(fleet, releases[1])
        load.is_stopping = True
        await asyncio.gather(*work)
        await fleet.scene.until_tasks(load.calls)
        reconnects = sum(len(page.close_codes) for page in pages)
        around = {"agents": agents, "reconnects": reconnects, "seconds_until_gone": gone}
        return around | await outcome(fleet, load)


async def outcome(fleet: Fleet, load: Load) -> dict[str, Any]:
    """The outcome for agents, provider and Salesforce, and whether they agree."""
    history = await fleet.scene.history()
    attempts = [a for d in history["deliveries"] for a in d["attempts"]]
    tasks = fleet.scene.salesforce.tasks.values()
    calls, posts = load.calls, len(history["posts"])
    doubled = len(tasks) - len({task["CallObject"] for task in tasks})
    return {
        "front": type(fleet.front).__name__.lower(),
        "replicas": len(fleet.replicas),
        "calls": calls,
        "posts": posts,
        "tasks": len(tasks),
        "doubled": doubled,
        "dials_refused": len(load.refused),
        "refusals": sorted(set(load.refused)),
        "frames_repeated": load.repeated,
        "webhook_attempts": len(attempts),
        "webhooks_unanswered": sum(not 200 <= a.get("status", 0) < 300 for a in attempts),
        "ok": calls == posts == len(tasks) and not load.refused and not doubled,
    }


def main() -> int:
    """Run, print the result, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m qa.load.rolling", description=__doc__)
    parser.add_argument("--agents", type=int, default=30)
    parser.add_argument("--front", choices=sorted(FRONTS), default="caddy", help="the balancer")
    parser.add_argument("--from", dest="before", default="", metavar="COMMIT")
    parser.add_argument("--to", dest="after", default="", metavar="COMMIT")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="rolling-") as folder,
        running_postgres() as server,
        release(options.before) as before,
        release(options.after) as after,
    ):
        front = FRONTS[options.front]
        database, releases = server.database(), (before, after)
        result = asyncio.run(play(options.agents, Path(folder), database, front, releases))
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
