"""The settings of a simulated provider."""

from collections.abc import Callable
from dataclasses import dataclass, field

from adapter.telephony.simulator.chaos import Knobs
from adapter.telephony.simulator.script import Scenario, Timings


@dataclass(frozen=True, slots=True)
class User:
    """A user with a phone at the provider. Colleagues dial `extension`.

    `is_online`: at least one phone is registered. `ring_profiles` name other phones to ring.
    `queues`: `available` or `paused` in the queues, None for a user in no queue.
    """

    user_id: str
    name: str
    email: str
    extension: str
    do_not_disturb: bool = False
    is_online: bool = True
    ring_profiles: tuple[str, ...] = ("mobile",)
    queues: str | None = "available"
    pause_reason: str | None = None


DEFAULT_USERS = (
    User("user_ada", "Ada Lovelace", "ada@example.com", "1001"),
    User("user_grace", "Grace Hopper", "grace@example.com", "1002"),
    User("user_linus", "Linus Torvalds", "linus@example.com", "1003"),
    User("user_radia", "Radia Perlman", "radia@example.com", "1004"),
    User("user_alan", "Alan Turing", "alan@example.com", "1005"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one simulator; nothing here is a real credential.

    `now` returns Unix ms, `new_id` an opaque suffix that no earlier run has used. `time_scale`
    scales the scenarios' waits (0.01: a minute passes in 0.6 s); timestamps of calls always come
    from `now`. `backoff_seconds` are the unscaled waits before redeliveries; after the last one
    the event is given up.
    """

    now: Callable[[], int]
    new_id: Callable[[], str]
    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    port: int = 0
    account: str = "acct_demo"
    token: str = "sk_test_demo"  # noqa: S105 - opens a simulator
    secret: str = "whsec_demo"  # noqa: S105 - signs what a simulator sends
    webhooks: tuple[str, ...] = ()
    users: tuple[User, ...] = DEFAULT_USERS
    number: str = "+12025550100"
    more_numbers: tuple[str, ...] = ("+12025550101",)
    scenario: Scenario = field(default_factory=Scenario)
    timings: Timings = field(default_factory=Timings)
    knobs: Knobs = field(default_factory=Knobs)
    seed: int = 1
    time_scale: float = 1.0
    user_field: str = "user_id"
    answers_with_id: bool = False
    backoff_seconds: tuple[float, ...] = (0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60, 60, 60)
    delivery_timeout_seconds: float = 5.0
    history_limit: int = 200_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint; `events` contains "*" for all types."""

    endpoint_id: str
    url: str
    events: frozenset[str]
    secret: str = field(repr=False)

    def wants(self, kind: str) -> bool:
        """Whether it subscribed to this type."""
        return "*" in self.events or kind in self.events
