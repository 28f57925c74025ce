"""Batches of commits as a busy process makes them: nearly all right, some of them not."""

from __future__ import annotations

from random import Random

from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.storage.batch import Row
from adapter.storage.port import AgentChange, CallRow, Commit, Parked, RouteRead
from adapter.storage.transaction import Database, execute
from tests.contracts.stores import NOW, delivery, log, waiting

TABLES = ("agents", "call_logs", "calls", "parked", "deliveries")

PersonalData = dict[str, list[Row]]
"""All rows of the tables, by their names."""

AGENTS = 5
WRONG = 0.06
"""So often something was read wrongly."""


def held(database: Database) -> PersonalData:
    """All that a database holds, in an order of its own."""
    return {table: sorted(execute(database, f"SELECT * FROM {table}")[0]) for table in TABLES}


class Commits:
    """Commits of a few agents and calls, so that they often meet."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._events = 0

    def batch(self, held: PersonalData) -> list[Commit]:
        """Some commits, made from what is held."""
        return [self._commit(held) for _ in range(self._random.choice((1, 1, 2, 3)))]

    def _commit(self, held: PersonalData) -> Commit:
        event = self._event()
        call = f"pc-{self._random.randrange(12)}"
        park = (waiting(event, provider_call_id=call),) if self._chance(0.15) else ()
        changes = () if park else self._changes(held, call)
        parked = [row for row in held["parked"] if row[2] == call]
        unpark = tuple(_parked(row) for row in parked) if changes else ()
        route = self._route(held, call, parked) if self._chance(0.8) else None
        taken = delivery(event) if self._chance(0.9) else None
        return Commit(changes, taken, park, unpark, route)

    def _event(self) -> str:
        """A new one, nearly always."""
        self._events += not self._chance(WRONG)
        return f"e{self._events}"

    def _changes(self, held: PersonalData, call: str) -> tuple[AgentChange, ...]:
        numbers = self._random.sample(range(AGENTS), self._random.choice((0, 1, 1, 1, 2)))
        return tuple(self._change(held, number, call) for number in numbers)

    def _change(self, held: PersonalData, number: int, call: str) -> AgentChange:
        key = AgentKey("o", str(number))
        (version,) = [row[2] for row in held["agents"] if row[:2] == ("o", str(number))] or [0]
        assert isinstance(version, int)
        read = version + self._chance(WRONG)
        calls = (CallRow(("acct", call), f"call-{number}", key, NOW + read),)
        logs = (log(f"log-{self._random.randrange(3)}", key),) if self._chance(0.3) else ()
        user = number if not self._chance(WRONG) else self._random.randrange(AGENTS)
        agent = Agent(key, TelephonyUser("acct", f"user_{user}") if user else None, str(read))
        return AgentChange(read, agent, NOW, logs, calls if self._chance(0.6) else ())

    def _route(self, held: PersonalData, call: str, parked: list[Row]) -> RouteRead:
        owners = {AgentKey(str(r[2]), str(r[3])) for r in held["calls"] if r[:2] == ("acct", call)}
        events = frozenset(str(row[1]) for row in parked)
        if self._chance(WRONG):
            owners ^= {AgentKey("o", "1")}
        if self._chance(WRONG):
            events ^= {"e0"}
        user = f"user_{self._random.randrange(1, AGENTS)}"
        agents = {AgentKey(str(row[0]), str(row[1])) for row in held["agents"] if row[6] == user}
        line = TelephonyUser("acct", user) if self._chance(0.8) else None
        told = frozenset(agents) if line else frozenset[AgentKey]()
        waits = events if self._chance(0.8) else None
        return RouteRead(("acct", call), frozenset(owners), waits, line, told)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def _parked(row: Row) -> Parked:
    account, event_id, call, body, at, due, asked = row
    assert isinstance(body, bytes)
    assert isinstance(at, int)
    assert isinstance(due, int)
    return Parked(str(account), str(call), str(event_id), body, at, due, bool(asked))
