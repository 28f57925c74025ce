"""An agent, a number, a record, and short ways to say what happens to them."""

from collections.abc import Sequence
from typing import Any

from adapter.core.decision import Decision
from adapter.core.draft import Record
from adapter.core.events import DialRequested, Event, Report
from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.machine import decide
from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.core.policy import Policy

KEY = AgentKey("00D000000000001", "005000000000001")
LINE = TelephonyUser("acct_1", "user_1")
POLICY = Policy()
NUMBER = "+12125550123"
RECORD = Record("003000000000001", "Ada Lovelace", "Contact")
IDLE = Agent(KEY, LINE, "Ann Agent")
T0 = 1_760_000_000_000


def click(
    at: int = T0, request: str = "r1", call: str = "c1", number: str = NUMBER
) -> DialRequested:
    """A click on a number, just now."""
    return DialRequested(at, request, call, number, at, RECORD)


def known(**known: int | str | Direction | Outcome | None) -> Facts:
    """Facts from an event."""
    return facts(Source.EVENT, **known)


def cdr(**known: int | str | Direction | Outcome | None) -> Facts:
    """Facts from a CDR."""
    return facts(Source.CDR, **known)


def facts(source: Source, **known: Any) -> Facts:
    """Facts from one source; None means unknown."""
    return Facts(**{name: Known(v, source) for name, v in known.items() if v is not None})


def report(
    kind: type[Report],
    at: int,
    what: Facts = Facts(),  # noqa: B008 - frozen
    *,
    provider_id: str = "p1",
    call: str = "fresh",
    known: bool = False,
) -> Report:
    """A report of the provider about a call."""
    return kind(at, call, known, provider_id, what)


def after(agent: Agent, events: Sequence[Event], policy: Policy = POLICY) -> Decision:
    """The combined decision on these events; `ignored` is that of the last one."""
    decision = Decision(agent)
    for event in events:
        decision = decision.then(decide(decision.agent, event, policy))
    return decision
