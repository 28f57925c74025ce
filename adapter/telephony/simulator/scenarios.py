"""Chooses the scenario of an outbound call by the dialed number, the user, or the default.

The order is: a test's scenario for the number, for the user, the number's last four digits
(below), a test's default, the setting.

| last four | what happens |
|---|---|
| 9000 | answered |
| 9001 | nobody answers, the agent gives up ("completed", the trap) |
| 9002 | busy |
| 9003 | a voicemail box answers |
| 9004 | no device of the agent is picked up: no event, ever |
| 9005 | declined (cause 21) |
| 9006 | unreachable (cause 27) |
| 9007 | no such number (cause 1) |
| 9008 | the network fails (cause 38) |
| 9009 | the agent picks up only after 50 seconds; answered |
| 9010 | nobody answers until the network ends it ("no-answer") |
| 9011 | by hand: `/control` or `/v1/test_helpers/calls/{id}/{act}` |
| 9429 | the request is answered 429, no call |
| 9500 | the request is answered 500, no call |
| 9503 | the request is answered 503, and yet there is a call |
| 9504 | the request hangs, and there is a call |
| 9555 | the connection is reset, and there is a call |
"""

import re
from dataclasses import fields
from typing import Any

from adapter.telephony.simulator.chaos import Knobs
from adapter.telephony.simulator.script import Outcome, Scenario

MAGIC = {
    "9000": Scenario(outcome=Outcome.ANSWERED),
    "9001": Scenario(outcome=Outcome.NO_ANSWER),
    "9002": Scenario(outcome=Outcome.BUSY),
    "9003": Scenario(outcome=Outcome.VOICEMAIL),
    "9004": Scenario(outcome=Outcome.NOBODY_PICKS_UP),
    "9005": Scenario(outcome=Outcome.REJECTED),
    "9006": Scenario(outcome=Outcome.FAILED, cause=27),
    "9007": Scenario(outcome=Outcome.FAILED, cause=1),
    "9008": Scenario(outcome=Outcome.FAILED, cause=38),
    "9009": Scenario(outcome=Outcome.ANSWERED, pick_up_seconds=50),
    "9010": Scenario(outcome=Outcome.TIMED_OUT),
    "9011": Scenario(outcome=Outcome.MANUAL),
}

MAGIC_FAULTS = {
    "9429": "status_429",
    "9500": "status_500",
    "9503": "status_503",
    "9504": "hang",
    "9555": "accept_then_reset",
}


def digits(number: str) -> str:
    """The digits of a number without a leading NANP 1, for comparison."""
    plain = re.sub(r"[^0-9]", "", number)
    return plain[1:] if len(plain) == 11 and plain[0] == "1" else plain


def parse(body: dict[str, Any]) -> Scenario:
    """Read a scenario from JSON.

    Raises:
        ValueError: an unknown outcome or field, or a value of the wrong type.
    """
    known = {f.name for f in fields(Scenario)}
    if unknown := set(body) - known:
        raise ValueError(f"unknown scenario field: {sorted(unknown)[0]}")
    values = dict(body)
    values["outcome"] = Outcome(body.get("outcome", "answered"))
    for name in ("pick_up_seconds", "ring_seconds", "talk_seconds"):
        seconds = body.get(name)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float | None):
            raise ValueError(f"{name} is a number of seconds")
        if seconds is not None and not 0 <= seconds <= 86_400:
            raise ValueError(f"{name} is at least 0 and at most a day")
    for name in ("taken_by", "fetched_by", "summary"):
        if not isinstance(body.get(name), str | None):
            raise ValueError(f"{name} is a text")
    for name in ("greeting", "unnamed", "recorded"):
        if not isinstance(body.get(name, False), bool):
            raise ValueError(f"{name} is true or false")
    if values.get("hung_up_by", "other") not in {"agent", "other"}:
        raise ValueError("hung_up_by is agent or other")
    if type(values.get("cause", 27)) is not int:
        raise ValueError("cause is a Q.850 number")
    return Scenario(**values)


class Choice:
    """The scenarios and knobs that tests have set."""

    def __init__(self, default: Scenario) -> None:
        self._setting = default
        self._default: Scenario | None = None
        self._by_number: dict[str, Scenario] = {}
        self._by_user: dict[str, Scenario] = {}
        self._knobs: dict[str, Knobs] = {}

    def put(
        self,
        scenario: Scenario,
        *,
        number: str | None = None,
        user_id: str | None = None,
        knobs: Knobs | None = None,
    ) -> None:
        """Set the scenario for a number, a user, or everything else."""
        if number is not None:
            self._by_number[digits(number)] = scenario
            if knobs is not None:
                self._knobs[digits(number)] = knobs
        elif user_id is not None:
            self._by_user[user_id] = scenario
        else:
            self._default = scenario

    def scenario(self, user_id: str, number: str) -> Scenario:
        """Return the scenario of a call of this user to this number."""
        dialed = digits(number)
        chosen = self._by_number.get(dialed) or self._by_user.get(user_id)
        return chosen or MAGIC.get(dialed[-4:]) or self._default or self._setting

    def knobs(self, number: str) -> Knobs | None:
        """Return the knobs set for calls to this number, if any were."""
        return self._knobs.get(digits(number))

    def fault(self, number: str) -> str | None:
        """Return the fault that this number asks for by its last digits."""
        dialed = digits(number)
        return None if dialed in self._by_number else MAGIC_FAULTS.get(dialed[-4:])
