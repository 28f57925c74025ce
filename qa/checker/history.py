"""The history of a run, as recorded by observers: the checker's only input.

Nothing here is the adapter's opinion but the last section (`store`): the provider, Salesforce and
the pages say what they saw. Times are Unix milliseconds on the run's own clock; everything is
plain data, so that a history can be kept as JSON and checked again (`dump`, `load`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Fields = dict[str, Any]


@dataclass(slots=True)
class Post:
    """A request to place a call that reached the provider.

    `dial` names the dial that it is for: the request's id, or a number that is dialed only once.
    `answer` is the HTTP status, or "reset" where the connection broke after it was taken.
    """

    at: int
    dial: str
    answer: str = "202"


@dataclass(slots=True)
class TrueCall:
    """One call of one agent, as it truly was. Times None where that never happened.

    `logged` says whether it must have a Task (the agent's phone was picked up, or it came in and
    the policy logs missed calls). `disposition` and `who_id` are what its Task must say in the
    end; `who_id` None where it must have none. Of a call that rang at several agents, each has a
    part; `taken`: it only rang here and a colleague took it, so that there must be no log.
    `named` is what the Task's Subject must tell of the other party ("" where that is open).
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
    refused or expired; `final` for a refusal that no retry can mend), "alive" (a hello or an
    answer to a probe, `log_id` empty), "never-sent" (a hello whose journal lacks the attempt),
    "none" (a read-back that found nothing), "tray" (the agent chose, or mended the
    call's fields; `outcome` is the choice, or "mended").
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
    """An agent as of one version: its phase, and the phase of each of its calls."""

    version: int
    phase: str
    calls: dict[str, str]


@dataclass(slots=True)
class Trail:
    """An agent's versions in order. `whole`: every commit is included, so gaps are errors."""

    agent: str
    steps: list[Step] = field(default_factory=list)
    whole: bool = True


@dataclass(slots=True)
class StoredLog:
    """A call log in the store at the end. `state`: the class name in lower case.

    `reason` is why it is in the tray, or by what choice it was closed.
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

    `every_attempt`: calls that rang nobody have logs, too. `incomplete` are records that nobody
    closed, `doubled` those that were to be made twice, by their calls. `never_in_doubt`: what is
    not known to be saved is saved again, and nobody is asked about it.
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
