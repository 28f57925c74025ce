"""Serves an agent's own finished calls, for a page that lists or searches them.

The view does not contain them; pages of rows are requested. Names and numbers are in the body,
which neither logs nor proxies keep.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from adapter.core.history import HistoryQuery, Kind
from adapter.core.numbers.phone import display, with_extension
from adapter.core.policy import Policy, outcome_code
from adapter.runtime.agents import Agents
from adapter.storage.history import HistoryRow
from adapter.storage.sqlstore import SqlStore
from adapter.web.http.middleware import Refused, uncached
from adapter.web.signin.login import Login, read_object

MALFORMED = (
    "Send `kind` all, missed or mine, `search` of at most 255 letters, `record` (an id), "
    "`after` as it was given, `limit` from 1 to 100."
)


Moment = Annotated[int, Meta(ge=0, le=2**53)]
Id = Annotated[str, Meta(max_length=255)]


class HistoryRequest(Struct, frozen=True):
    """A page's request (docs/protocol.md)."""

    kind: Kind = Kind.ALL
    search: Annotated[str, Meta(max_length=255)] = ""
    record: Annotated[str, Meta(pattern="^([A-Za-z0-9]{15}|[A-Za-z0-9]{18})?$")] = ""
    after: tuple[Moment, Id] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class History:
    """The endpoint `/api/history`."""

    def __init__(self, login: Login, store: SqlStore, agents: Agents) -> None:
        self._login = login
        self._store = store
        self._agents = agents

    async def search(self, request: web.Request) -> web.Response:
        """POST /api/history {kind?, search?, record?, after?, limit?}. Raises StorageError."""
        session = await self._login.asker(request)
        try:
            wanted = msgspec.convert(await read_object(request), HistoryRequest)
        except msgspec.ValidationError:
            raise Refused(400, "malformed", MALFORMED) from None
        query = HistoryQuery(wanted.kind, wanted.search, wanted.record)
        page = await self._store.history(session.agent, query, wanted.after, wanted.limit)
        agent = (await self._agents.snapshot(session.agent)).agent
        policy = self._agents.policy_of(session.agent).of(agent.call_center)
        return uncached({"rows": [shown(row, policy) for row in page.rows], "after": page.after})


def shown(row: HistoryRow, policy: Policy) -> dict[str, Any]:
    """A row for the page, with the labels and region of the agent's call center."""
    call = row.call
    record = {"id": call.record, "name": call.record_name, "object_type": call.record_type}
    return {
        "call_id": row.call_id,
        "direction": call.direction.value,
        # As it is dialed again; an extension is part of a called number.
        "number": with_extension(call.number, call.extension),
        "display": with_extension(display(call.number, policy.dial.default_region), call.extension),
        "name": call.name,
        "record": record if call.record else None,
        "started_at": row.at,
        "talk_seconds": call.talk_seconds,
        "result": call.outcome.value,
        "outcome": policy.disposition(call.outcome),
        "outcome_code": outcome_code(policy.disposition(call.outcome)),
    }
