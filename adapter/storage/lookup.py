"""One call, agent or log by its id, with all that the store has of it.

For people who look for a fault. Reading only, beside a running adapter; what is asked for by no
index takes its time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from adapter.storage.queries import Fetch

Found: TypeAlias = dict[str, list[dict[str, Any]]]
"""Rows by table, in the order of time; JSON texts as the JSON that they are."""

AROUND_MS = 86_400_000
"""Deliveries of a call are looked for so long before and after it."""

_CALLS = ("account", "provider_call_id", "org_id", "user_id", "call_id", "at", "value")
_LOGS = ("org_id", "user_id", "log_id", "version", "opened_at", "next_due", "settled", "value")
_AGENTS = ("org_id", "user_id", "version", "next_due", "value")
_PARKED = ("account", "provider_call_id", "event_id", "at", "due", "asked", "body")
_DELIVERIES = ("account", "event_id", "type", "at", "fate", "body")


def call(fetch: Fetch, call_id: str) -> Found:
    """By our id or the provider's: its rows, live values, logs, and deliveries as they came."""
    calls = _rows(
        fetch, "calls", _CALLS, "call_id = ? OR provider_call_id = ? ORDER BY at", call_id, call_id
    )
    ours = {(one["org_id"], one["user_id"], one["call_id"]) for one in calls}
    logs = [row for org, user, own in sorted(ours) for row in _log(fetch, org, user, own)]
    logs = logs or _rows(fetch, "call_logs", _LOGS, "log_id = ?", call_id)
    known = {one["provider_call_id"] for one in calls} | {call_id}
    live = [part for org, user, own in sorted(ours) for part in _live(fetch, org, user, own)]
    return {
        "calls": calls,
        "live": live,
        "call_logs": logs,
        "parked": [row for named in sorted(known) for row in _parked(fetch, named)],
        "deliveries": [row for one in _once_each(calls) for row in _deliveries(fetch, one)],
    }


def log(fetch: Fetch, log_id: str) -> Found:
    """By our id of the call that it is of."""
    return {"call_logs": _rows(fetch, "call_logs", _LOGS, "log_id = ?", log_id)}


def agent(fetch: Fetch, name: str) -> Found:
    """By org/user, as in the log lines, or by the user's id alone: the value, and its open logs."""
    org, _, user = name.rpartition("/")
    agents = _rows(fetch, "agents", _AGENTS, "user_id = ?", user)
    agents = [one for one in agents if org in {"", one["org_id"]}]
    where = "org_id = ? AND user_id = ? AND NOT settled ORDER BY opened_at"
    logs = [
        row
        for one in agents
        for row in _rows(fetch, "call_logs", _LOGS, where, one["org_id"], one["user_id"])
    ]
    return {"agents": agents, "call_logs": logs}


KINDS: Mapping[str, Callable[[Fetch, str], Found]] = {"call": call, "agent": agent, "log": log}


def _log(fetch: Fetch, org: str, user: str, log_id: str) -> list[dict[str, Any]]:
    where = "org_id = ? AND user_id = ? AND log_id = ?"
    return _rows(fetch, "call_logs", _LOGS, where, org, user, log_id)


def _live(fetch: Fetch, org: str, user: str, call_id: str) -> list[dict[str, Any]]:
    """The call as the agent has it: none once it is over, and wrapped up."""
    rows = _rows(fetch, "agents", _AGENTS, "org_id = ? AND user_id = ?", org, user)
    return [
        {"org_id": org, "user_id": user, **part}
        for row in rows
        for part in row["value"].get("calls", ())
        if part.get("call_id") == call_id
    ]


def _parked(fetch: Fetch, provider_call_id: str) -> list[dict[str, Any]]:
    where = "provider_call_id = ? ORDER BY at"
    return _rows(fetch, "parked", _PARKED, where, provider_call_id)


def _once_each(calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A provider's call that several agents know, once."""
    return list({(one["account"], one["provider_call_id"]): one for one in calls}.values())


def _deliveries(fetch: Fetch, one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that name the provider's call, whatever became of them."""
    where = "account = ? AND at BETWEEN ? AND ? ORDER BY at"
    since, until = one["at"] - AROUND_MS, one["at"] + AROUND_MS
    rows = _rows(fetch, "deliveries", _DELIVERIES, where, one["account"], since, until)
    named = one["provider_call_id"]
    return [row for row in rows if named and named in str(row["body"])]


def _rows(
    fetch: Fetch, table: str, names: Sequence[str], where: str, *values: object
) -> list[dict[str, Any]]:
    statement = f"SELECT {', '.join(names)} FROM {table} WHERE {where}"  # noqa: S608 - ours alone
    return [
        {name: _readable(name, value) for name, value in zip(names, row, strict=True)}
        for row in fetch(statement, values)
    ]


def _readable(name: str, value: Any) -> Any:
    """JSON as such; a body that is none as text."""
    if name not in {"value", "body"}:
        return bool(value) if name in {"settled", "asked"} else value
    data = bytes(value) if isinstance(value, bytes | memoryview) else value
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else data
