"""The store as the runtime sees it: values in, values out, one compare-and-set per commit.

The agent's row is the unit of concurrency: every commit that touches an agent or one of its logs
names the version it read and creates the next one. A webhook's changes, its delivery id and its
parked deliveries are in the same transaction. Times are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from msgspec import Struct

from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.core.values import Value

T = TypeVar("T")

Done: TypeAlias = Callable[[T | Exception], None]
"""Called once with the result or the exception."""


class StorageError(Exception):
    """The store failed, and nothing of the commit is stored. Try again later."""


class Conflict(StorageError):
    """Another commit created a newer version: load, decide and commit again."""


class StaleDriverState(StorageError):
    """A driver's state has changed since this commit read it; nothing is stored.

    Not a Conflict, because the driver must decide again, rather than the router.
    """


class Duplicate(StorageError):
    """The delivery was applied before, and nothing is changed. Acknowledge it."""


class Snapshot(Struct, frozen=True):
    """An agent with all unsettled logs, as of `version` (0: never committed).

    Not `whole`: logs that this version cannot read are missing.
    """

    agent: Agent
    version: int
    logs: tuple[CallLog, ...]
    whole: bool = True


class CallRow(Struct, frozen=True):
    """One call of one agent for routing and for the board; unique by `call` and agent.

    `call` is the provider's id by its account; `value` is what the board shows (a JSON object,
    empty while the call is live).
    """

    call: tuple[str, str]
    call_id: str
    agent: AgentKey
    at: int
    value: str = "{}"


class AgentChange(Struct, frozen=True):
    """One agent's part of a commit: from `read_version` to the next."""

    read_version: int
    agent: Agent
    next_due: int | None
    logs: tuple[CallLog, ...] = ()
    calls: tuple[CallRow, ...] = ()


class Delivery(Struct, frozen=True):
    """A webhook as it arrived; `event_id` is unique per account, `fate` is its outcome."""

    account: str
    event_id: str
    type: str
    body: bytes
    at: int
    fate: str

    @property
    def key(self) -> tuple[str, str]:
        """Account and event id."""
        return self.account, self.event_id


class Parked(Struct, frozen=True):
    """A delivery of a call that no agent has yet; kept until `due`, ordered by `at`."""

    account: str
    provider_call_id: str
    event_id: str
    body: bytes
    at: int
    due: int
    asked: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Account and event id."""
        return self.account, self.event_id

    @property
    def call(self) -> tuple[str, str]:
        """Account and provider call id of the call that it waits for."""
        return self.account, self.provider_call_id


class DriverRow(Struct, frozen=True):
    """A driver's state of one call, in its own format; `version` is the one read (0: none yet).

    `over`: the driver no longer steers the call; `at` is when it was written.
    """

    account: str
    call_id: str
    value: str
    version: int
    over: bool
    at: int

    @property
    def key(self) -> tuple[str, str]:
        """Account and call id."""
        return self.account, self.call_id


class RouteRead(Struct, frozen=True):
    """The state by which a delivery was routed: the call's owners and the line's agents.

    `call` is account and provider call id; `parked` are the event ids that waited for it, None if
    irrelevant. `line` is None if the delivery names no user.
    """

    call: tuple[str, str]
    owners: frozenset[AgentKey]
    parked: frozenset[str] | None = None
    line: TelephonyUser | None = None
    line_agents: frozenset[AgentKey] = frozenset()


class Commit(Struct, frozen=True):
    """Changes that are stored together or not at all.

    `route` is checked like a version: an outdated one raises Conflict, so processes may route by
    memory. `park` raises Conflict if an agent has the call by now: route again. `unpark` are the
    parked deliveries that this commit replays, exactly those that were seen; one parked meanwhile
    stays, and is found when it is due. `states` are the states of the delivery's driver, each from
    the version read to the next; an outdated one raises StaleDriverState.
    """

    changes: tuple[AgentChange, ...] = ()
    delivery: Delivery | None = None
    park: tuple[Parked, ...] = ()
    unpark: tuple[Parked, ...] = ()
    route: RouteRead | None = None
    states: tuple[DriverRow, ...] = ()


class Route(Struct, frozen=True):
    """A provider's call: its owners with our call ids, and its parked deliveries."""

    owners: dict[AgentKey, str]
    parked: tuple[Parked, ...]


class Session(Value, frozen=True):
    """A signed-in browser: `token_hash` is the SHA-256 of the cookie's secret, never the secret."""

    token_hash: str
    agent: AgentKey
    name: str
    email: str
    created_at: int
    used_at: int
    expires_at: int


class Keep(Struct, frozen=True):
    """The limits of `prune`, which removes everything older (Unix milliseconds).

    Only settled logs are removed, and sessions that expired before that time.
    """

    deliveries_since: int = 0
    calls_since: int = 0
    settled_logs_since: int = 0
    sessions_since: int = 0


class Store(Protocol):
    """The interface of every store (tests/contracts/test_store.py)."""

    async def epoch(self) -> str:
        """The store's id, created with it; a different one means that versions start anew."""

    async def load(self, key: AgentKey) -> Snapshot | None:
        """The agent as last committed, or None."""

    async def log(self, key: AgentKey, log_id: str) -> CallLog | None:
        """One log, settled or not; None if the agent has none of that id."""

    async def agents_of(self, line: TelephonyUser) -> tuple[AgentKey, ...]:
        """The agents whose committed value has this line (provider user), for routing events."""

    async def route(self, account: str, provider_call_id: str) -> Route:
        """The call's owners and its parked deliveries."""

    async def commit(self, commit: Commit) -> None:
        """Store durably. Raises Conflict, Duplicate or StorageError, and then stores nothing."""

    def begin(self, commit: Commit, done: Done[None]) -> None:
        """Like `commit`, but calls `done` with None once durable, or with one of these errors.

        Raises StorageError if it cannot be started.
        """

    async def due(self, now: int, limit: int) -> tuple[AgentKey, ...]:
        """Agents with a deadline (of their own or a log's) at or before `now`, oldest first."""

    async def due_parked(self, now: int, limit: int) -> tuple[Parked, ...]:
        """Parked deliveries whose CDR is to be fetched (not `asked`, 10 s old) or that are due.

        The oldest of each account, at most `limit` per account.
        """

    async def mark_asked(self, parked: Parked) -> None:
        """Mark that its CDR was requested."""

    async def drop_parked(self, parked: Parked) -> None:
        """Drop a parked delivery."""

    async def versions(self, keys: tuple[AgentKey, ...]) -> dict[AgentKey, int]:
        """The committed versions of these agents."""

    async def put_session(self, session: Session) -> None:
        """Add or replace a session."""

    async def update_session(self, session: Session) -> bool:
        """Replace a session's value; False if it was removed meanwhile."""

    async def session(self, token_hash: str) -> Session | None:
        """The session with that hash, expired or not; None if there is none."""

    async def take_session(self, token_hash: str) -> Session | None:
        """Remove and return the session with that hash; None if there is none.

        Of several concurrent callers, only one gets it.
        """

    async def drop_sessions(self, agent: AgentKey, token_hash: str | None = None) -> int:
        """Remove one or all sessions of the agent; the number removed."""

    async def prune(self, keep: Keep) -> int:
        """Remove rows older than `keep` says; the number removed."""

    async def close(self) -> None:
        """Finish accepted work, then close."""


class DriverStore(Protocol):
    """What stream drivers need from a store (tests/contracts/test_driverstore.py)."""

    async def commit(self, commit: Commit) -> None:
        """See Store; also raises StaleDriverState."""

    async def driver_row(self, account: str, call_id: str) -> DriverRow | None:
        """The driver's state of this call; None if there is none."""

    async def open_driver_rows(self, account: str) -> tuple[DriverRow, ...]:
        """The driver's states of all unfinished calls, oldest first."""

    async def take_lease(self, name: str, holder: str, now: int, until: int) -> bool:
        """Take or extend the lease; False while another holder has it (times are Unix ms)."""

    async def release_lease(self, name: str, holder: str) -> None:
        """Release the lease."""
