"""Looks up one call, agent or log by its id, with everything in the store about it.

For troubleshooting. It only reads, beside a running adapter; lookups without an index are slow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from adapter.storage.queries import Fetch

LookupRows: TypeAlias = dict[str, list[dict[str, Any]]]
"""Rows by table, ordered by time; JSON texts are parsed."""

AROUND_MS = 86_400_000
"""How long before and after a call its deliveries are searched."""

_CALLS = ("account", "provider_call_id", "org_id", "user_id", "call_id", "at", "value")
_LOGS = ("org_id", "user_id", "log_id", "version", "opened_at", "next_due", "settled", "value")
_LOG_KEY = "org_id = ? AND user_id = ? AND log_id = ?"
_AGENTS = ("org_id", "user_id", "version", "next_due", "value")
_PARKED = ("account", "provider_call_id", "event_id", "at", "due", "asked", "body")
_DELIVERIES = ("account", "event_id", "type", "at", "fate", "body")


def call(fetch: Fetch, call_id: str) -> LookupRows:
    """A call by our id or the provider's: rows, live values, logs, deliveries."""
    calls = _select(
        fetch, "calls", _CALLS, "call_id = ? OR provider_call_id = ? ORDER BY at", call_id, call_id
    )
    ours = sorted({(row["org_id"], row["user_id"], row["call_id"]) for row in calls})
    logs = [row for own in ours for row in _select(fetch, "call_logs", _LOGS, _LOG_KEY, *own)]
    known = sorted({row["provider_call_id"] for row in calls} | {call_id})
    waits = "provider_call_id = ? ORDER BY at"
    # Each provider's call once, even if several agents have it.
    once = {(row["account"], row["provider_call_id"]): row for row in calls}.values()
    return {
        "calls": calls,
        "live": [part for own in ours for part in _live_calls(fetch, *own)],
        "call_logs": logs or log(fetch, call_id)["call_logs"],
        "parked": [row for name in known for row in _select(fetch, "parked", _PARKED, waits, name)],
        "deliveries": [row for own in once for row in _deliveries(fetch, own)],
    }


def log(fetch: Fetch, log_id: str) -> LookupRows:
    """A call log by our id of its call."""
    return {"call_logs": _select(fetch, "call_logs", _LOGS, "log_id = ?", log_id)}


def agent(fetch: Fetch, name: str) -> LookupRows:
    """An agent by org/user, as in log lines, or by user id: the value and its open logs.

    Ids may have 15 or 18 characters: Setup shows the short form, a sign-in tells the long one.
    """
    org, _, user = name.rpartition("/")
    agents = _select(fetch, "agents", _AGENTS, "substr(user_id, 1, 15) = ?", user[:15])
    agents = [agent for agent in agents if org[:15] in {"", agent["org_id"][:15]}]
    where = "org_id = ? AND user_id = ? AND NOT settled ORDER BY opened_at"
    logs = [
        row
        for agent in agents
        for row in _select(fetch, "call_logs", _LOGS, where, agent["org_id"], agent["user_id"])
    ]
    return {"agents": agents, "call_logs": logs}


KINDS: Mapping[str, Callable[[Fetch, str], LookupRows]] = {"call": call, "agent": agent, "log": log}


def _live_calls(fetch: Fetch, org: str, user: str, call_id: str) -> list[dict[str, Any]]:
    """The call in the agent's value; empty after its wrap-up."""
    rows = _select(fetch, "agents", _AGENTS, "org_id = ? AND user_id = ?", org, user)
    return [
        {"org_id": org, "user_id": user, **part}
        for row in rows
        for part in row["value"].get("calls", ())
        if part.get("call_id") == call_id
    ]


def _deliveries(fetch: Fetch, call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Deliveries that contain the provider's call id, whatever their outcome."""
    where = "account = ? AND at BETWEEN ? AND ? ORDER BY at"
    since, until = call["at"] - AROUND_MS, call["at"] + AROUND_MS
    rows = _select(fetch, "deliveries", _DELIVERIES, where, call["account"], since, until)
    named = call["provider_call_id"]
    return [row for row in rows if named and named in str(row["body"])]


def _select(
    fetch: Fetch, table: str, names: Sequence[str], where: str, *values: object
) -> list[dict[str, Any]]:
    statement = f"SELECT {', '.join(names)} FROM {table} WHERE {where}"  # noqa: S608 - ours alone
    return [
        {name: _readable(name, value) for name, value in zip(names, row, strict=True)}
        for row in fetch(statement, values)
    ]


def _readable(name: str, value: Any) -> Any:
    """A value for display: JSON is parsed, other bodies become text."""
    if name not in {"value", "body"}:
        return bool(value) if name in {"settled", "asked"} else value
    data = bytes(value) if isinstance(value, bytes | memoryview) else value
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else data
