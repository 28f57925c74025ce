"""Exports and erases all data about one phone number.

Law of this file: unfinished data stays and is reported. Erasing a live call, a log that is not in
Salesforce yet, or a parked delivery would lose or duplicate a Task. Of finished data, counts,
times, ids and outcomes stay, so a repeated webhook still changes nothing and yesterday's board
still adds up.
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
from adapter.core.numbers.query import NumberQuery
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
"""Org, user and our call id; call ids are unique only within an agent."""

RACES = 50
PARTS = ("calls", "recent", "answers", "notices", "favorites")
"""The lists of an agent's value that may contain a number (`recent`: of an older version)."""

WHOM = {"number", "record", "name", "record_name"}
"""The fields of a call's row that identify the other party."""

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
    """The rows that were found, with raw texts; of agents only the matching entries."""

    agents: list[Row] = field(default_factory=list)
    call_logs: list[Row] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    parked: list[Row] = field(default_factory=list)
    driver_states: list[Row] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The number of rows by table."""
        return {table.name: len(getattr(self, table.name)) for table in fields(self)}

    def as_json(self) -> dict[str, list[Row]]:
        """All rows in readable form, with texts as JSON values."""
        return {
            part.name: [_readable(row) for row in getattr(self, part.name)] for part in fields(self)
        }

    def unfinished(self) -> set[CallKey]:
        """The calls that are live, in wrap-up, or not in Salesforce yet."""
        live = {_key(agent, call["call_id"]) for agent in self.agents for call in agent["calls"]}
        return live | {_key(row, row["log_id"]) for row in self.call_logs if not row["settled"]}


@dataclass(slots=True)
class Erased:
    """The result of an erasure: counts, Tasks still in Salesforce, and what stays and why."""

    counts: dict[str, int] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)
    remaining: list[dict[str, str]] = field(default_factory=list)

    def add(self, kind: str, count: int = 1) -> None:
        """Count erased rows of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + count


async def collect(archive: Archive, query: NumberQuery, scope: Scope = EVERYTHING) -> PersonalData:
    """All rows that contain the number or belong to such a call. Raises StorageError."""
    data, ours = PersonalData(), set[CallKey]()
    async for row in _rows(archive, AGENTS, scope):
        if (agent := _agent_part(row, query)) is not None:
            data.agents.append(agent)
            ours |= {_key(agent, call["call_id"]) for call in (*agent["calls"], *agent["recent"])}
    async for row in _rows(archive, CALL_LOGS, scope):
        if _contains(row["value"], query):
            data.call_logs.append({**row, "settled": bool(row["settled"])})
            ours.add(_key(row, row["log_id"]))
    async for row in _rows(archive, CALLS, scope):
        if _key(row, row["call_id"]) in ours or _contains(row["value"], query):
            data.calls.append(row)
    await _collect_bodies(archive, query, scope, data)
    async for row in _rows(archive, DRIVER_STATES, scope):
        if _contains(row["value"], query):
            data.driver_states.append({**row, "is_over": bool(row["is_over"])})
    log.info("privacy.search", number=query.number, **data.counts())
    return data


async def _collect_bodies(
    archive: Archive, query: NumberQuery, scope: Scope, data: PersonalData
) -> None:
    """Add deliveries that contain the number or the id of a call that was found."""
    theirs: dict[str, set[str]] = {}
    for row in data.calls:
        theirs.setdefault(row["account"], set()).add(json.dumps(row["provider_call_id"]))
    for table, into in ((DELIVERIES, data.deliveries), (PARKED, data.parked)):
        async for row in _rows(archive, table, scope):
            named = any(call_id in row["body"] for call_id in theirs.get(row["account"], ()))
            if named or _contains(row["body"], query):
                into.append(row)


async def _rows(archive: Archive, shelf: PersonalDataTable, scope: Scope) -> AsyncIterator[Row]:
    async for row in archive.rows(shelf):
        if scope.has(row):
            yield row


def _agent_part(row: Row, query: NumberQuery) -> Row | None:
    """The agent's entries that contain the number; None if there are none."""
    if not query.may_be_in(row["value"]):
        return None
    value = json.loads(row["value"])
    entries = {
        part: [entry for entry in value.get(part, ()) if query.is_within(entry)] for part in PARTS
    }
    if not any(entries.values()):
        return None
    name = value.get("name", "")
    return {"org_id": row["org_id"], "user_id": row["user_id"], "name": name, **entries}


def _contains(text: str, query: NumberQuery) -> bool:
    return query.may_be_in(text) and query.is_within(_parsed(text))


def _parsed(text: str) -> Any:
    """The JSON value of a text; the text itself if it is invalid or nested too deeply."""
    if is_too_deep(text):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _readable(row: Row) -> Row:
    """With its text as the JSON that it is."""
    return {**row, **{name: _parsed(row[name]) for name in ("value", "body") if name in row}}


async def erase(archive: Archive, query: NumberQuery, scope: Scope = EVERYTHING) -> Erased:
    """Erase finished data, search again, and report what is left. Raises StorageError."""
    data, erased = await collect(archive, query, scope), Erased()
    for key in sorted({_agent_key(row) for row in (*data.agents, *data.call_logs)}):
        settled = [row for row in data.call_logs if _agent_key(row) == key and row["settled"]]
        logs = {str(row["log_id"]): row for row in settled}
        recent = [call for row in data.agents if _agent_key(row) == key for call in row["recent"]]
        erased.add("recent", len(recent))
        await _erase_agent(archive, key, query, logs, erased, is_listed=bool(recent))
    unfinished = data.unfinished()
    for row in data.calls:
        if _key(row, row["call_id"]) not in unfinished:
            await _erase_call(archive, row, erased)
    for row in data.deliveries:
        await archive.erase_delivery(row, ERASED_BODY)
        erased.add("deliveries")
    for row in data.driver_states:
        if await archive.erase_driver_state(row):
            erased.add("driver_states")
    left = await collect(archive, query, scope)
    erased.remaining = list(_remaining(left))
    log.info("number.erased", number=query.number, remaining=len(erased.remaining), **erased.counts)
    return erased


def _agent_key(row: Row) -> AgentKey:
    return AgentKey(row["org_id"], row["user_id"])


async def _erase_agent(
    archive: Archive,
    key: AgentKey,
    query: NumberQuery,
    logs: dict[str, Row],
    erased: Erased,
    *,
    is_listed: bool,
) -> None:
    """Erase the agent's entries and settled logs in one commit; retry after a lost race.

    `is_listed`: a list of an older version contains the number; any new write drops it.
    """
    for _ in range(RACES):
        snapshot = await archive.load(key)
        if snapshot is None:
            return
        before, after = snapshot.agent, without(snapshot.agent, query)
        # A log whose call is in wrap-up will change again.
        busy = {call.call_id for call in before.calls} | {entry.log_id for entry in snapshot.logs}
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
        erased.add(part, sum(first != second for first, second in zip(was, now, strict=True)))
    erased.add("favorites", len(before.favorites) - len(after.favorites))
    erased.add("call_logs", len(logs))
    saved = (json.loads(row["value"]).get("saved") for row in logs.values())
    erased.tasks += [row["task_id"] for row in saved if row]


async def _erase_call(archive: Archive, row: Row, erased: Erased) -> None:
    """Erase the other party of a call's row; its result stays for the board."""
    value = json.loads(row["value"])
    silent = {**value, **dict.fromkeys(WHOM & value.keys(), "")}
    if silent == value:
        return
    if await archive.erase_call(row, json.dumps(silent, separators=(",", ":"))):
        erased.add("calls")


def _remaining(left: PersonalData) -> Iterable[dict[str, str]]:
    """What is left, where, and why."""
    for agent in left.agents:
        for call in agent["calls"]:
            yield _reason_row("call", call["call_id"], agent, "it is not over, or is in wrap-up")
        if agent["recent"] or agent["answers"] or agent["notices"]:
            yield _reason_row("agent", agent["user_id"], agent, LATER)
    for row in left.call_logs:
        state = str(json.loads(row["value"])["state"]["is"]).lower()
        why = "its call is in wrap-up" if row["settled"] else f"not settled yet: {state}"
        yield _reason_row("call_log", row["log_id"], row, why)
    unfinished = left.unfinished() | {_key(row, row["log_id"]) for row in left.call_logs}
    for row in left.calls:
        if _key(row, row["call_id"]) not in unfinished:
            yield _reason_row("call", row["call_id"], row, LATER)
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


def _reason_row(kind: str, name: str, row: Row, why: str) -> dict[str, str]:
    return {"kind": kind, "id": name, "agent": f"{row['org_id']}/{row['user_id']}", "why": why}
