"""The machine's diagram, drawn from the machine: `python -m tests.house.diagram [--write]`.

Every phase is tried with every event, by asking `decide`; what comes out is the table and the
Mermaid diagram between the markers of docs/architecture.md. No phase or event is named twice.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec.structs import replace

from adapter.core.draft import Draft
from adapter.core.events import (
    AnsweredElsewhere,
    CallEnded,
    CallPlaced,
    CdrFound,
    CdrMissing,
    CdrUnavailable,
    Connected,
    DestinationDialed,
    DialRequested,
    Event,
    InboundRinging,
    InCallChanged,
    OverClaimed,
    PlacingRejected,
    PlacingUnknown,
    RingingElsewhere,
    TimePassed,
    Transferred,
    WrapupSubmitted,
)
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.machine import decide
from adapter.core.model import (
    Acceptance,
    Agent,
    AgentKey,
    AgentNoAnswer,
    AwaitingCdr,
    Bridged,
    Call,
    Dialing,
    Phase,
    Placing,
    RingingInbound,
    Stage,
    TelephonyUser,
    Wrapup,
)
from adapter.core.policy import Policy

DOCUMENT = Path(__file__).parents[2] / "docs" / "architecture.md"
BEGIN, END = "<!-- machine:begin -->", "<!-- machine:end -->"
NUMBER, AT = "+12125550123", 1_000_000
POLICY = Policy()

STAGES: tuple[Stage, ...] = (
    Placing(0, 0),
    Placing(0, 0, Acceptance.ACCEPTED),
    Placing(0, 0, Acceptance.ACCEPTED, asked=1),
    Placing(0, 0, Acceptance.ACCEPTED, asked=len(POLICY.cdr_after_ring_ms)),
    AgentNoAnswer(0, AT),
    Dialing(0, 0),
    Dialing(0, 0, asked=POLICY.cdr_missing_limit - 1, claimed_over=True),
    Bridged(0, 0),
    Bridged(0, 0, asked=POLICY.cdr_missing_limit - 1, claimed_over=True),
    RingingInbound(0, 0),
    RingingInbound(0, 0, asked=POLICY.cdr_missing_limit - 1, claimed_over=True),
    AwaitingCdr(0, 0),
    Wrapup(0, 0),
)


def _agents() -> Iterator[Agent]:
    """Agents in every phase, each with one call at most."""
    idle = Agent(AgentKey("org", "user"), TelephonyUser("account", "line"))
    yield idle
    for stage in STAGES:
        inbound = isinstance(stage, RingingInbound)
        waiting = isinstance(stage, Placing | AgentNoAnswer)
        direction = Direction.INBOUND if inbound else Direction.OUTBOUND
        facts = Facts(
            direction=Known(direction, Source.EVENT),
            picked_up=None if inbound or waiting else Known(0, Source.EVENT),
            connected=Known(0, Source.EVENT) if isinstance(stage, Bridged) else None,
        )
        call = Call("ours", NUMBER, 0, stage, facts, None if waiting else "theirs")
        yield replace(idle, calls=(replace(call, request_id="" if inbound else "click"),))


def _events(agent: Agent) -> Iterator[Event]:
    """Every event that may move a call, about the agent's own call."""
    number = Facts(number=Known(NUMBER, Source.EVENT))
    if agent.calls and agent.calls[0].facts.direction:
        number = replace(number, direction=agent.calls[0].facts.direction)
    over = number.join(Facts(ended=Known(AT, Source.CDR)))
    # A ringing is another caller's; all else is about the call that is there.
    yield InboundRinging(AT, "another", False, "other", Facts())
    for kind in (DestinationDialed, Connected, InCallChanged, CallEnded, Transferred):
        yield kind(AT, "fresh", False, "theirs", number)
    yield AnsweredElsewhere(AT, "fresh", False, "theirs", number)
    yield RingingElsewhere(AT + 60_000, "fresh", False, "theirs", number)
    if agent.calls:
        yield CdrFound(AT, "ours", True, "theirs", number)
        yield CdrFound(AT, "ours", True, "theirs", over)
    yield DialRequested(AT, "request", "new", NUMBER, AT)
    yield CallPlaced(AT, "ours")
    yield PlacingRejected(AT, "ours", "no")
    yield PlacingUnknown(AT, "ours", "timeout")
    yield CdrMissing(AT, "ours")
    yield CdrUnavailable(AT, "ours")
    yield OverClaimed(AT, "request", "ours")
    yield WrapupSubmitted(AT, "ours", Draft(), done=True)
    yield TimePassed(AT)


def table() -> dict[Phase, dict[str, list[Phase]]]:
    """For each phase and each event the phases that the agent may be in afterwards."""
    found: dict[Phase, dict[str, set[Phase]]] = {phase: {} for phase in Phase}
    for agent in _agents():
        for event in _events(agent):
            after = decide(agent, event, POLICY).agent.phase
            found[agent.phase].setdefault(type(event).__name__, set()).add(after)
    return {
        phase: {name: _ordered(afters) for name, afters in sorted(row.items())}
        for phase, row in found.items()
    }


def _ordered(phases: Iterable[Phase]) -> list[Phase]:
    return sorted(phases, key=list(Phase).index)


def _diagram(moves: dict[Phase, dict[str, list[Phase]]]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> idle"
    for phase, row in moves.items():
        for after in Phase:
            names = [name for name, afters in row.items() if after in afters and after != phase]
            if names:
                yield f"    {_name(phase)} --> {_name(after)}: {', '.join(names)}"
    yield "```"


def _name(phase: Phase) -> str:
    return phase.value.replace("-", "_")


def _rows(moves: dict[Phase, dict[str, list[Phase]]]) -> Iterator[str]:
    yield f"| event | {' | '.join(phase.value for phase in Phase)} |"
    yield f"|---|{'---|' * len(Phase)}"
    for name in sorted({name for row in moves.values() for name in row}):
        cells = (_cell(phase, moves[phase].get(name, [])) for phase in Phase)
        yield f"| {name} | {' | '.join(cells)} |"


def _cell(phase: Phase, afters: list[Phase]) -> str:
    """Where an event leads; a dot where it leads nowhere else."""
    return "·" if afters in ([phase], []) else ", ".join(f"{a.value}" for a in afters)


def block() -> str:
    """What stands between the markers."""
    moves = table()
    return "\n".join([BEGIN, *_diagram(moves), "", *_rows(moves), END])


def updated(text: str) -> str:
    """The document with the block of now in it."""
    before, _, rest = text.partition(BEGIN)
    return before + block() + rest.partition(END)[2]


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(updated(DOCUMENT.read_text("utf-8")), "utf-8")
    else:
        print(block())
