"""The store as the runtime sees it: values in, values out, one compare-and-set a commit.

The agent's row is the unit of concurrency: every commit that touches an agent, or a log of
theirs, names the version it read and makes the next one. What a webhook changed, its delivery
id and what it parked are in the same transaction. Times are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from msgspec import Struct

from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.core.values import Value

T = TypeVar("T")

Done: TypeAlias = Callable[[T | Exception], None]
"""Hears once what came of it, or why nothing did."""


class StorageError(Exception):
    """The store could not do it; nothing of the commit is in. Try again later."""


class Conflict(StorageError):
    """Somebody committed a newer version first: load, decide again, commit again."""


class StaleDriverState(StorageError):
    """A driver's state that this commit changes is another by now; nothing is in.

    No Conflict: deciding again is the driver's business, not that of whoever routes its delivery.
    """


class Duplicate(StorageError):
    """The delivery was taken before; nothing is changed. Acknowledge it."""


class Snapshot(Struct, frozen=True):
    """An agent with all logs that are not settled, as of `version` (0: never committed)."""

    agent: Agent
    version: int
    logs: tuple[CallLog, ...]


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
    """A webhook as it came: `event_id` dedupes per account; `fate` says what became of it."""

    account: str
    event_id: str
    type: str
    body: bytes
    at: int
    fate: str

    @property
    def key(self) -> tuple[str, str]:
        """By its account."""
        return self.account, self.event_id


class Parked(Struct, frozen=True):
    """A delivery of a call that no agent has yet; kept until `due`, in order of `at`."""

    account: str
    provider_call_id: str
    event_id: str
    body: bytes
    at: int
    due: int
    asked: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The delivery by its account."""
        return self.account, self.event_id

    @property
    def call(self) -> tuple[str, str]:
        """What it waits for, by its account."""
        return self.account, self.provider_call_id


class DriverRow(Struct, frozen=True):
    """What a driver keeps of one call, in its own words; `version` is the one read (0: none yet).

    `over`: nothing of it is steered any more; `at` is when it was written.
    """

    account: str
    call_id: str
    value: str
    version: int
    over: bool
    at: int

    @property
    def key(self) -> tuple[str, str]:
        """The call by its account."""
        return self.account, self.call_id


class RouteRead(Struct, frozen=True):
    """By what a delivery was routed: which agents have the call, and which the user's line.

    `call` is the provider's id by its account; `parked` are the event ids that waited for it, None
    where that does not matter. `line` is None where the delivery names no user.
    """

    call: tuple[str, str]
    owners: frozenset[AgentKey]
    parked: frozenset[str] | None = None
    line: TelephonyUser | None = None
    line_agents: frozenset[AgentKey] = frozenset()


class Commit(Struct, frozen=True):
    """All of it, or nothing.

    `route` is checked like a version that was read: refused with Conflict when it is otherwise by
    now, so that a process may route by what it remembers. `park` is refused with Conflict when an
    agent has the call by now: route it again. `unpark` are the parked deliveries that this commit
    replays: exactly those that were seen, so that one parked meanwhile stays (and is found when it
    is due). `states` are what the delivery's driver steers by, each from the version that it read
    to the next; refused with StaleDriverState.
    """

    changes: tuple[AgentChange, ...] = ()
    delivery: Delivery | None = None
    park: tuple[Parked, ...] = ()
    unpark: tuple[Parked, ...] = ()
    route: RouteRead | None = None
    states: tuple[DriverRow, ...] = ()


class Route(Struct, frozen=True):
    """All that is known of a provider's call id: who has it, by which of our ids, what waits."""

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
    """What `prune` removes: all that is older than these (Unix milliseconds).

    Logs go only when they are settled, and sessions when they expired before that moment.
    """

    deliveries_since: int = 0
    calls_since: int = 0
    settled_logs_since: int = 0
    sessions_since: int = 0


class Store(Protocol):
    """What every store keeps to (tests/contracts/test_store.py)."""

    async def epoch(self) -> str:
        """The store's own id, made with it: another one means that versions start anew."""

    async def load(self, key: AgentKey) -> Snapshot | None:
        """The agent as last committed, or None."""

    async def log(self, key: AgentKey, log_id: str) -> CallLog | None:
        """One log, settled or not; None if the agent has none of that id."""

    async def agents_of(self, line: TelephonyUser) -> tuple[AgentKey, ...]:
        """The agents whose committed value has this line (provider user), for routing events."""

    async def route(self, account: str, provider_call_id: str) -> Route:
        """Who knows this call, and which deliveries of it wait."""

    async def commit(self, commit: Commit) -> None:
        """Durable when it returns. Raises Conflict, Duplicate or StorageError: nothing is in."""

    def begin(self, commit: Commit, done: Done[None]) -> None:
        """The same, told by a call: `done` hears None once it is durable, or one of these errors.

        Raises StorageError where it is not even begun.
        """

    async def due(self, now: int, limit: int) -> tuple[AgentKey, ...]:
        """Agents whose next deadline (or that of a log) is at or before `now`, oldest first."""

    async def due_parked(self, now: int, limit: int) -> tuple[Parked, ...]:
        """Parked deliveries to ask the call log about (not `asked`, `at` 10 s ago) or to drop.

        The oldest of each account, and of each not more than `limit`.
        """

    async def mark_asked(self, parked: Parked) -> None:
        """Remember that the call log was asked about it."""

    async def drop_parked(self, parked: Parked) -> None:
        """Give it up."""

    async def versions(self, keys: tuple[AgentKey, ...]) -> dict[AgentKey, int]:
        """The committed versions of these agents."""

    async def put_session(self, session: Session) -> None:
        """Add or replace a session."""

    async def session(self, token_hash: str) -> Session | None:
        """The session of that hash, expired or not, or None."""

    async def take_session(self, token_hash: str) -> Session | None:
        """Remove the session of that hash and return it; None if there is none, or none any more.

        Of several who take the same one at once, one has it.
        """

    async def drop_sessions(self, agent: AgentKey, token_hash: str | None = None) -> int:
        """Remove one session of the agent, or all; how many there were."""

    async def prune(self, keep: Keep) -> int:
        """Remove what is older than must be kept; how many rows there were."""

    async def close(self) -> None:
        """Finish what was taken, then close."""


class DriverStore(Protocol):
    """What drivers of streams need of a store besides (tests/contracts/test_driverstore.py)."""

    async def commit(self, commit: Commit) -> None:
        """See Store; raises StaleDriverState too."""

    async def driver_row(self, account: str, call_id: str) -> DriverRow | None:
        """What the account's driver keeps of this call."""

    async def open_driver_rows(self, account: str) -> tuple[DriverRow, ...]:
        """What it keeps of all calls that are not over, oldest first."""

    async def take_lease(self, name: str, holder: str, now: int, until: int) -> bool:
        """Have it, or have it longer; False while somebody else has it (times in Unix ms)."""

    async def release_lease(self, name: str, holder: str) -> None:
        """Let somebody else have it at once."""
