"""Secrets that are good once and for seconds: tickets, one-time codes, sign-ins under way.

They lie in the store, so that any replica may take what another one gave. The row's id says what
kind it is, hence a ticket is no code, and neither is a session.
"""

from __future__ import annotations

import json

from adapter.core.model import AgentKey
from adapter.runtime.clock import Clock
from adapter.storage.port import Session, Store
from adapter.web.secret import token_hash


class OneTimeTokens:
    """Things to be taken once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def put(self, kind: str, secret: str, key: AgentKey, ms: int, **values: str) -> None:
        """Keep what is said for whoever brings the secret within `ms` milliseconds."""
        now = self._clock.now()
        text = json.dumps(values)
        await self._store.put_session(
            Session(_row_id(kind, secret), key, text, "", now, now, now + ms)
        )

    async def take(self, kind: str, secret: str) -> tuple[AgentKey, dict[str, str]] | None:
        """What was said: None for a secret that is unknown, too old, or was taken before."""
        row = await self._store.take_session(_row_id(kind, secret))
        if row is None or row.expires_at <= self._clock.now():
            return None
        values: dict[str, str] = json.loads(row.name)
        return row.agent, values


def _row_id(kind: str, secret: str) -> str:
    return f"{kind}:{token_hash(secret)}"
