"""Set on which Salesforce surface an agent works: voice, open-cti, lwc, or any.

Refused while the agent is on a call. Call logs that were started on another surface are finished
there, and are listed. With SQLite, stop the adapter first. With PostgreSQL the replicas keep
running, and the agent's pages change at once.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from typing import Any

import structlog

from adapter import console, observability
from adapter.commands import CommandFailed
from adapter.core.events import SurfaceChosen
from adapter.core.logs.rerouting import may_save
from adapter.core.model import AgentKey
from adapter.fanout.open import is_shared, open_hints
from adapter.orgfile import orgs_of
from adapter.orgs import SURFACES
from adapter.page.guests import route_of
from adapter.runtime.agents import Agents
from adapter.runtime.clock import SystemClock
from adapter.settings import Settings
from adapter.settings.environment import load
from adapter.storage.lookup import KINDS
from adapter.storage.open import open_reader, open_store

log = structlog.get_logger(__name__)

ANY = "any"
_USER = re.compile(r"005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?\Z")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, and where to."""
    parser.add_argument("user", help="the user's id in Salesforce, 005…")
    parser.add_argument(
        "surface", choices=sorted((ANY, *SURFACES)), help="any: the page that connects first"
    )
    parser.add_argument("--org", default="", help="the org's id, if there are several")
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Move the agent. Raises CommandFailed, StorageError."""
    settings = load()
    observability.set_up(settings.log_level, settings.log_hash_key.get_secret_value())
    org = orgs_of(settings).named(options.org)
    if org is None:
        raise CommandFailed("--org must name one of the configured orgs")
    if not _USER.match(options.user):
        raise CommandFailed(
            f"{options.user!r} is not a user id: 005 and 12 or 15 letters and digits"
        )
    if options.surface == "voice" and org.salesforce.voice is None:
        raise CommandFailed(
            "Salesforce Voice is not set up: set SOFTPHONE_VOICE_URL and its companions"
        )
    moved = asyncio.run(_move(settings, AgentKey(org.org_id, options.user), options.surface))
    log.info("surface.chosen", agent=moved["agent"], surface=options.surface)
    console.answer(options, moved, _sentence(moved))
    return 0


def _sentence(moved: dict[str, Any]) -> str:
    where = "works with the page that connects first" if moved["surface"] == ANY else "works with"
    name = "" if moved["surface"] == ANY else f" {moved['surface']}"
    text = f"{moved['agent']} {where}{name}.\n"
    if not moved["known"]:
        text += "This user has not signed in to the softphone yet: compare the id.\n"
    if moved["unfinished"]:
        text += "Call logs to be finished on the surface where they were started: " + ", ".join(
            moved["unfinished"]
        )
        text += "\n"
    return text


async def _stored(url: str, key: AgentKey) -> AgentKey | None:
    """The agent as a sign-in stored it, with an id of 15 or 18 characters."""
    reader = open_reader(url)
    try:
        rows = (await reader.run(KINDS["agent"], str(key)))["agents"]
    finally:
        await reader.close()
    keys = [AgentKey(row["org_id"], row["user_id"]) for row in rows]
    return max(keys, key=lambda each: len(each.user_id), default=None)


def _in_full(user_id: str) -> str:
    """The id with 18 characters, as Salesforce tells it at a sign-in.

    https://help.salesforce.com/s/articleView?id=000385585
    """
    blocks = (user_id[start : start + 5] for start in (0, 5, 10))
    bits = [sum(letter.isupper() << place for place, letter in enumerate(b)) for b in blocks]
    return user_id[:15] + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[number] for number in bits)


async def _move(settings: Settings, key: AgentKey, surface: str) -> dict[str, Any]:
    clock, url = SystemClock(), settings.database_url
    store = await open_store(url, clock_ms=clock.now)
    hints = open_hints(url)
    try:
        await hints.start()
        known = await _stored(url, key)
        # The dev sign-in makes ids of 15 characters.
        whole = key.user_id if settings.sign_in == "dev" else _in_full(key.user_id)
        key = known or AgentKey(key.org_id, whole)
        agents = Agents(store, hints, settings.policy(), shared=is_shared(url))
        name, route = "" if surface == ANY else surface, route_of(surface)
        turn = await agents.handle(key, SurfaceChosen(clock.now(), name, route))
        if "in a call" in turn.ignored:
            raise CommandFailed("This agent is on a call. Try again when it is over.")
        logs, save = (await agents.snapshot(key)).logs, agents.policy_of(key).save
        left = (call_log for call_log in logs if not may_save(call_log, route, clock.now(), save))
        unfinished = [call_log.log_id for call_log in left]
        told = {"agent": str(key), "surface": surface, "unfinished": unfinished}
        return told | {"known": known is not None}
    finally:
        await hints.close()
        await store.close()
