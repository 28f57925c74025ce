"""Everything that is held about one phone number: a copy of it, and its erasure.

Law of this file: what is not done stays, and is told. A call that is not over, a log that is not in
Salesforce yet, a delivery that waits for its call: erasing these would lose or double a Task. What
is done goes: counts, times, ids and outcomes stay, so that a repeated webhook still changes nothing
and yesterday's board still adds up.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

import structlog

from adapter.core.erasure import without
from adapter.core.model import Agent, AgentKey
from adapter.core.nesting import is_too_deep
from adapter.core.numberquery import NumberQuery
from adapter.storage.archive import (
    AGENTS,
    CALL_LOGS,
    CALLS,
    DELIVERIES,
    DRIVER_STATES,
    PARKED,
    Archive,
    PersonalDataTable,
    Row,
)
from adapter.storage.port import StorageError

log = structlog.get_logger(__name__)

CallKey: TypeAlias = tuple[str, str, str]
"""Org, user and our id of a call: what one org calls by an id may be another call elsewhere."""

RACES = 50
PARTS = ("calls", "recent", "answers", "notices", "favorites")
"""Of an agent's value, the lists that may tell a number (`recent`: an older version's)."""

WHOM = {"number", "record", "name", "record_name"}
"""Of a call's row, what tells with whom it was."""

ERASED_BODY = b'{"erased":true}'
LATER = "arrived or changed meanwhile: run the command again"


@dataclass(frozen=True, slots=True)
class Scope:
    """One org and its provider accounts, or everything (None)."""

    org_id: str | None = None
    accounts: frozenset[str] = frozenset()

    def has(self, row: Row) -> bool:
        """Whether a row is in it: by its agent's org, or else by its provider account."""
        if "org_id" in row:
            return self.org_id in {None, row["org_id"]}
        return self.org_id is None or row["account"] in self.accounts


EVERYTHING = Scope()


@dataclass(slots=True)
class PersonalData:
    """The rows that were found, their texts as they are; of agents only the parts that tell."""

    agents: list[Row] = field(default_factory=list)
    call_logs: list[Row] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    parked: list[Row] = field(default_factory=list)
    driver_states: list[Row] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {one.name: len(getattr(self, one.name)) for one in fields(self)}

    def told(self) -> dict[str, list[Row]]:
        """All of it for people to read, the texts as the JSON that they are."""
        return {
            one.name: [_readable(row) for row in getattr(self, one.name)] for one in fields(self)
        }

    def unfinished(self) -> set[CallKey]:
        """The calls that are live, in wrap-up, or not in Salesforce yet."""
        live = {_key(agent, call["call_id"]) for agent in self.agents for call in agent["calls"]}
        return live | {_key(one, one["log_id"]) for one in self.call_logs if not one["settled"]}


@dataclass(slots=True)
class Erased:
    """How much went, which Tasks Salesforce still has, and what stays with the reason why."""

    counts: dict[str, int] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)
    remaining: list[dict[str, str]] = field(default_factory=list)

    def add(self, what: str, count: int = 1) -> None:
        """So many more of a kind."""
        self.counts[what] = self.counts.get(what, 0) + count


async def collect(archive: Archive, sought: NumberQuery, scope: Scope = EVERYTHING) -> PersonalData:
    """All that tells the number, or is of a call that does. Raises StorageError."""
    held, ours = PersonalData(), set[CallKey]()
    async for row in _rows(archive, AGENTS, scope):
        if (agent := _agent_part(row, sought)) is not None:
            held.agents.append(agent)
            ours |= {_key(agent, one["call_id"]) for one in (*agent["calls"], *agent["recent"])}
    async for row in _rows(archive, CALL_LOGS, scope):
        if _tells(row["value"], sought):
            held.call_logs.append({**row, "settled": bool(row["settled"])})
            ours.add(_key(row, row["log_id"]))
    async for row in _rows(archive, CALLS, scope):
        if _key(row, row["call_id"]) in ours or _tells(row["value"], sought):
            held.calls.append(row)
    await _collect_bodies(archive, sought, scope, held)
    async for row in _rows(archive, DRIVER_STATES, scope):
        if _tells(row["value"], sought):
            held.driver_states.append({**row, "is_over": bool(row["is_over"])})
    log.info("privacy.search", number=sought.number, **held.counts())
    return held


async def _collect_bodies(
    archive: Archive, sought: NumberQuery, scope: Scope, held: PersonalData
) -> None:
    """Deliveries that tell the number, or the id of a call that was found."""
    theirs: dict[str, set[str]] = {}
    for row in held.calls:
        theirs.setdefault(row["account"], set()).add(json.dumps(row["provider_call_id"]))
    for shelf, into in ((DELIVERIES, held.deliveries), (PARKED, held.parked)):
        async for row in _rows(archive, shelf, scope):
            named = any(one in row["body"] for one in theirs.get(row["account"], ()))
            if named or _tells(row["body"], sought):
                into.append(row)


async def _rows(archive: Archive, shelf: PersonalDataTable, scope: Scope) -> AsyncIterator[Row]:
    async for row in archive.rows(shelf):
        if scope.has(row):
            yield row


def _agent_part(row: Row, sought: NumberQuery) -> Row | None:
    """The agent's entries that tell the number; None if there are none."""
    if not sought.may_be_in(row["value"]):
        return None
    value = json.loads(row["value"])
    found = {part: [one for one in value.get(part, ()) if sought.is_within(one)] for part in PARTS}
    if not any(found.values()):
        return None
    name = value.get("name", "")
    return {"org_id": row["org_id"], "user_id": row["user_id"], "name": name, **found}


def _tells(text: str, sought: NumberQuery) -> bool:
    return sought.may_be_in(text) and sought.is_within(_json(text))


def _json(text: str) -> Any:
    """The value; a text that is none, or a hostile one (a quarantined delivery), as it is."""
    if is_too_deep(text):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _readable(row: Row) -> Row:
    """With its text as the JSON that it is."""
    return {**row, **{name: _json(row[name]) for name in ("value", "body") if name in row}}


async def erase(archive: Archive, sought: NumberQuery, scope: Scope = EVERYTHING) -> Erased:
    """Take out what is done, look again, and tell what is left. Raises StorageError."""
    held, erased = await collect(archive, sought, scope), Erased()
    for key in sorted({_agent(row) for row in (*held.agents, *held.call_logs)}):
        settled = [one for one in held.call_logs if _agent(one) == key and one["settled"]]
        logs = {str(one["log_id"]): one for one in settled}
        recent = [one for row in held.agents if _agent(row) == key for one in row["recent"]]
        erased.add("recent", len(recent))
        await _erase_agent(archive, key, sought, logs, erased, is_listed=bool(recent))
    unfinished = held.unfinished()
    for row in held.calls:
        if _key(row, row["call_id"]) not in unfinished:
            await _erase_call(archive, row, erased)
    for row in held.deliveries:
        await archive.erase_delivery(row, ERASED_BODY)
        erased.add("deliveries")
    for row in held.driver_states:
        if await archive.erase_driver_state(row):
            erased.add("driver_states")
    left = await collect(archive, sought, scope)
    erased.remaining = list(_remaining(left))
    log.info(
        "number.erased", number=sought.number, remaining=len(erased.remaining), **erased.counts
    )
    return erased


def _agent(row: Row) -> AgentKey:
    return AgentKey(row["org_id"], row["user_id"])


async def _erase_agent(
    archive: Archive,
    key: AgentKey,
    sought: NumberQuery,
    logs: dict[str, Row],
    erased: Erased,
    *,
    is_listed: bool,
) -> None:
    """The agent's value and the settled logs at once, decided again after a lost race.

    `is_listed`: an older version wrote a list that tells it; a value that is written has none.
    """
    for _ in range(RACES):
        snapshot = await archive.load(key)
        if snapshot is None:
            return
        before, after = snapshot.agent, without(snapshot.agent, sought)
        # A log whose call is still being wrapped up will be written to again.
        busy = {call.call_id for call in before.calls} | {one.log_id for one in snapshot.logs}
        done = {log_id: row for log_id, row in logs.items() if log_id not in busy}
        if after == before and not done and not is_listed:
            return
        if await archive.erase_agent(after, snapshot.version, tuple(done)):
            _count(before, after, done, erased)
            return
    raise StorageError(f"agent {key}: lost {RACES} races in a row")


def _count(before: Agent, after: Agent, logs: dict[str, Row], erased: Erased) -> None:
    for part in ("answers", "notices"):
        was, now = getattr(before, part), getattr(after, part)
        erased.add(part, sum(one != other for one, other in zip(was, now, strict=True)))
    erased.add("favorites", len(before.favorites) - len(after.favorites))
    erased.add("call_logs", len(logs))
    saved = (json.loads(row["value"]).get("saved") for row in logs.values())
    erased.tasks += [one["task_id"] for one in saved if one]


async def _erase_call(archive: Archive, row: Row, erased: Erased) -> None:
    """How it went stays on the board, with whom it was does not."""
    told = json.loads(row["value"])
    silent = {**told, **dict.fromkeys(WHOM & told.keys(), "")}
    if silent == told:
        return
    if await archive.erase_call(row, json.dumps(silent, separators=(",", ":"))):
        erased.add("calls")


def _remaining(left: PersonalData) -> Iterable[dict[str, str]]:
    """What is still there, where, and why."""
    for agent in left.agents:
        for call in agent["calls"]:
            yield _why("call", call["call_id"], agent, "it is not over, or is in wrap-up")
        if agent["recent"] or agent["answers"] or agent["notices"]:
            yield _why("agent", agent["user_id"], agent, LATER)
    for one in left.call_logs:
        state = str(json.loads(one["value"])["state"]["is"]).lower()
        why = "its call is in wrap-up" if one["settled"] else f"not settled yet: {state}"
        yield _why("call_log", one["log_id"], one, why)
    unfinished = left.unfinished() | {_key(one, one["log_id"]) for one in left.call_logs}
    for row in left.calls:
        if _key(row, row["call_id"]) not in unfinished:
            yield _why("call", row["call_id"], row, LATER)
    for row in left.deliveries:
        yield {"kind": "delivery", "id": row["event_id"], "why": LATER}
    for row in left.driver_states:
        why = LATER if row["is_over"] else "its call is not over"
        yield {"kind": "driver state", "id": row["call_id"], "why": why}
    for row in left.parked:
        why = "it waits for its call, at most ten minutes: run it again later"
        yield {"kind": "parked delivery", "id": row["event_id"], "why": why}


def _key(row: Row, call_id: str) -> CallKey:
    return row["org_id"], row["user_id"], call_id


def _why(kind: str, name: str, row: Row, why: str) -> dict[str, str]:
    return {"kind": kind, "id": name, "agent": f"{row['org_id']}/{row['user_id']}", "why": why}
