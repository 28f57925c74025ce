"""Short-lived secrets for one use: tickets, one-time codes, pending sign-ins.

They are in the store, so any replica accepts another's. The row's id contains the kind, so a ticket
cannot be used as a code, and neither as a session.
"""

from __future__ import annotations

import json

from adapter.core.model import AgentKey
from adapter.runtime.clock import Clock
from adapter.storage.port import Session, Store
from adapter.web.signin.secret import token_hash


class OneTimeTokens:
    """Stores values for one-time secrets."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def put(self, kind: str, secret: str, key: AgentKey, ms: int, **values: str) -> None:
        """Store values for a secret, valid for `ms` milliseconds."""
        now = self._clock.now()
        text = json.dumps(values)
        await self._store.put_session(
            Session(_row_id(kind, secret), key, text, "", now, now, now + ms)
        )

    async def take(self, kind: str, secret: str) -> tuple[AgentKey, dict[str, str]] | None:
        """Take the values; None for a secret that is unknown, expired or used."""
        row = await self._store.take_session(_row_id(kind, secret))
        if row is None or row.expires_at <= self._clock.now():
            return None
        values: dict[str, str] = json.loads(row.name)
        return row.agent, values


def _row_id(kind: str, secret: str) -> str:
    return f"{kind}:{token_hash(secret)}"
