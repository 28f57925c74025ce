"""The history of a run, as recorded by observers: the checker's only input.

Only the last section (`store`) comes from the adapter; the others are what the provider, Salesforce
and the pages saw. Times are Unix milliseconds by the run's own clock. All of it is plain data, so a
history can be kept as JSON and checked again (`dump`, `load`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Fields = dict[str, Any]


@dataclass(slots=True)
class Post:
    """A request to place a call that reached the provider.

    `dial` names the dial it belongs to: the request's id, or a number that is dialed only once.
    `answer` is the HTTP status, or "reset" if the connection broke after the request was accepted.
    """

    at: int
    dial: str
    answer: str = "202"


@dataclass(slots=True)
class TrueCall:
    """One call of one agent, as it truly was. A time is None if that never happened.

    `logged` says whether it must have a Task: the agent picked up, or it came in and the policy
    logs missed calls. `disposition` and `who_id` are what its Task must finally say; `who_id` is
    None if it must have none. If a call rang several agents, each has a part. `taken`: it only rang
    here and a colleague took it, so there must be no log. `named` is what the Task's Subject must
    say about the other party ("" if that is open).
    """

    provider_call_id: str
    agent: str
    disposition: str
    who_id: str | None = None
    connected_at: int | None = None
    ended_at: int | None = None
    logged: bool = True
    taken: bool = False
    named: str = ""

    @property
    def seconds(self) -> int:
        """The Task's required talk time in seconds, rounded half up."""
        if self.connected_at is None or self.ended_at is None:
            return 0
        return (self.ended_at - self.connected_at + 500) // 1000


@dataclass(slots=True)
class TaskWrite:
    """One committed write in Salesforce; a create if the id is new."""

    at: int
    task_id: str
    fields: Fields


@dataclass(slots=True)
class Word:
    """A message about a log that a page (or its agent) received or sent, in order.

    `kind`: "go" (received; `create` says whether it creates), "result" (sent, with `outcome` ok,
    refused or expired; `final` if no retry can help), "alive" (a hello or an answer to a probe,
    without `log_id`), "never-sent" (a hello whose journal lacks the attempt), "none" (a read-back
    that found nothing), "tray" (the agent made a choice, which is `outcome`, or corrected the
    fields: "mended").
    """

    at: int
    kind: str
    page_id: str = ""
    log_id: str = ""
    attempt: int = 0
    create: bool = False
    outcome: str = ""
    final: bool = False


@dataclass(slots=True)
class Acked:
    """A webhook that was answered with 2xx."""

    at: int
    event_id: str


@dataclass(slots=True)
class Fault:
    """An injected fault; `subject` is the affected log, call or event."""

    at: int
    kind: str
    subject: str = ""


@dataclass(slots=True)
class Step:
    """An agent at one version: its phase, and the phase of each of its calls."""

    version: int
    phase: str
    calls: dict[str, str]


@dataclass(slots=True)
class Trail:
    """An agent's versions in order. `whole`: every commit is included, so a gap is an error."""

    agent: str
    steps: list[Step] = field(default_factory=list)
    whole: bool = True


@dataclass(slots=True)
class StoredLog:
    """A call log in the store at the end. `state`: the class name in lower case.

    `reason` is why it is in the tray, or the choice that closed it.
    """

    log_id: str
    agent: str
    provider_call_id: str
    state: str
    task_id: str = ""
    reason: str = ""


@dataclass(slots=True)
class StoredAgent:
    """An agent in the store at the end: the ids of the remaining calls."""

    agent: str
    version: int
    calls: list[str] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """A whole history. `wrapup` is False if the deployment has no wrap-up.

    `every_attempt`: calls that rang nobody have logs, too. `incomplete` are the calls whose records
    were never closed, `doubled` those whose records were requested twice. `never_in_doubt`: a save
    without a known outcome is repeated, and no agent is asked about it.
    """

    seed: int = 0
    seconds: float = 0.0
    wrapup: bool = True
    every_attempt: bool = False
    never_in_doubt: bool = False
    incomplete: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    calls: list[TrueCall] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    tasks: list[TaskWrite] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    acked: list[Acked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    trails: list[Trail] = field(default_factory=list)
    logs: list[StoredLog] = field(default_factory=list)
    agents: list[StoredAgent] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)


_ROWS: dict[str, Any] = {
    "calls": TrueCall,
    "posts": Post,
    "tasks": TaskWrite,
    "words": Word,
    "acked": Acked,
    "faults": Fault,
    "logs": StoredLog,
    "agents": StoredAgent,
}


def dump(history: History) -> Fields:
    """The history as a value for `json.dumps`."""
    return asdict(history)


def load(raw: Fields) -> History:
    """Read a history written by `dump`. Raises TypeError for anything else."""
    read = {name: [kind(**row) for row in raw.get(name, [])] for name, kind in _ROWS.items()}
    trails = [
        Trail(t["agent"], [Step(**s) for s in t["steps"]], t["whole"])
        for t in raw.get("trails", [])
    ]
    return History(**{**raw, **read, "trails": trails})
