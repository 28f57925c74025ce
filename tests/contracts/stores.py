"""What the store's contract tests need: a store of either kind, and small values to put in."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from adapter.core.facts import NOTHING_KNOWN
from adapter.core.logs.model import CallLog, LogState, Pending
from adapter.core.model import Agent, AgentKey, Bridged, Call, TelephonyUser
from adapter.storage.open import open_store
from adapter.storage.port import AgentChange, CallRow, Commit, Delivery, Parked, Store

ADA = AgentKey("00D1", "0051")
BEN = AgentKey("00D1", "0052")
NOW = 1_763_700_000_000


@dataclass
class Backend:
    """One database; `open` may be called again after the store before it was closed."""

    url: str
    opened: list[Store] = field(default_factory=list)

    async def open(self) -> Store:
        """A store on this database; closed at the end of the test at the latest."""
        store = await open_store(self.url, clock_ms=lambda: NOW)
        self.opened.append(store)
        return store

    async def close(self) -> None:
        """Close all that were opened."""
        for store in self.opened:
            await store.close()


def agent(key: AgentKey = ADA, name: str = "", line: TelephonyUser | None = None) -> Agent:
    """An agent with one bridged call."""
    call = Call("call-1", "+14155550100", NOW, Bridged(NOW, NOW + 300_000))
    return Agent(key, line=line, name=name, calls=(call,))


def change(read: int, name: str = "", key: AgentKey = ADA, due: int | None = None) -> AgentChange:
    """A change from the version read to the next."""
    return AgentChange(read, agent(key, name), due)


def write(read: int, name: str = "", key: AgentKey = ADA, due: int | None = None) -> Commit:
    """A commit of that one change."""
    return Commit((change(read, name, key, due),))


def log(log_id: str, key: AgentKey = ADA, state: LogState | None = None) -> CallLog:
    """A log of one call, pending unless told otherwise."""
    pending = state or Pending(NOW, NOW + 1_000)
    return CallLog(log_id, key, NOW, "+14155550100", NOTHING_KNOWN, None, "UTC", pending)


def logged(read: int, *logs: CallLog) -> Commit:
    """A commit of Ada's with these logs."""
    return Commit((replace(change(read), logs=logs),))


def bound(read: int, provider_call_id: str, key: AgentKey = ADA) -> AgentChange:
    """A change that binds a provider's call to an agent."""
    row = CallRow(("acct", provider_call_id), "call-1", key, NOW)
    return replace(change(read, key=key), calls=(row,))


def delivery(event_id: str, body: bytes = b"{}") -> Delivery:
    """A webhook as it came."""
    return Delivery("acct", event_id, "call.ended", body, NOW, "taken")


def waiting(event_id: str, at: int = NOW, provider_call_id: str = "pc-1") -> Parked:
    """A parked delivery, to be dropped after ten minutes."""
    body = b'{"id":"' + event_id.encode() + b'"}'
    return Parked("acct", provider_call_id, event_id, body, at, at + 600_000)
