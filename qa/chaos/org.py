"""A Salesforce org that misbehaves: slow commits, lost and late callbacks, refusals, silence.

It keeps the true state and draws the outcome of each save from a seed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from qa.chaos.ledger import Ledger
from qa.chaos.pace import SLOWEST_COMMIT
from tests.fakes.salesforce import FakeSalesforce

Answer = Callable[[dict[str, Any]], None]

FIELD_ERROR = {
    "code": "GENERIC_ERROR",
    "description": "An error occurred while executing the API method.",
    "details": {
        "fieldErrors": {
            "CallDisposition": [
                {
                    "fieldLabel": "Call Result",
                    "message": "Pick another result.",
                    "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                }
            ]
        }
    },
}
LOCKED_ROW = {"code": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}
REFUSALS = {"refused-by-rule": FIELD_ERROR, "refused-transient": LOCKED_ROW}

SAVES = {
    "": 930,
    "slow-commit": 25,
    "lost-callback": 10,
    "late-callback": 8,
    "swallowed": 4,
    "refused-by-rule": 12,
    "refused-transient": 11,
}
"""The outcomes of a save, in thousandths; "" is the normal one."""

ASKS = {"": 970, "ask-failed": 15, "ask-unanswered": 15}

CRASHES = {"": 980, "before-journal": 4, "before-save": 5, "during-save": 6, "after-save": 5}
"""When a page crashes around a saveLog, in thousandths."""

SURE_EVERY = 6
"""Every sixth save has a fault until each kind has occurred once, even in a short run."""


@dataclass
class Org:
    """One org, shared by all pages of its agents. `calm` ends all faults."""

    rng: Random
    ledger: Ledger
    salesforce: FakeSalesforce = field(default_factory=FakeSalesforce)
    under_way: Counter[str] = field(default_factory=Counter)
    calm: bool = False
    surface: str = "lightning"
    _throws: Counter[int] = field(default_factory=Counter)

    def save_log(self, args: dict[str, Any], log_id: str, answer: Answer) -> None:
        """Carry out, refuse or lose a save; `answer` may be called later."""
        fate = self._draw(SAVES)
        if fate:
            self.ledger.fault(fate, log_id)
        loop = asyncio.get_running_loop()
        if fate == "swallowed":
            # Neither a Task nor an answer: to the checker this is a lost callback.
            self.ledger.fault("lost-callback", log_id)
        elif fate in REFUSALS:
            refusal = {"success": False, "returnValue": None, "errors": [REFUSALS[fate]]}
            loop.call_later(self._quick(), answer, refusal)
        else:
            self.under_way[log_id] += 1
            loop.call_later(self._commit_after(fate), self._commit, args, log_id, fate, answer)

    def _commit(self, args: dict[str, Any], log_id: str, fate: str, answer: Answer) -> None:
        self.under_way -= Counter([log_id])
        saved = self._saved(args)
        if fate != "lost-callback":
            wait = self.rng.uniform(2.0, 8.0) if fate == "late-callback" else 0.0
            asyncio.get_running_loop().call_later(wait, answer, saved)

    def _saved(self, args: dict[str, Any]) -> dict[str, Any]:
        answer = self.salesforce.save_log(args)
        self.ledger.write(answer["returnValue"]["recordId"], dict(args))
        return answer

    def _commit_after(self, fate: str) -> float:
        if fate != "slow-commit":
            return self._quick()
        return self.rng.choice((self.rng.uniform(0.5, 4.0), self.rng.uniform(4.0, SLOWEST_COMMIT)))

    def _quick(self) -> float:
        return self.rng.uniform(0.01, 0.15)

    def run_apex(self, args: dict[str, Any], log_id: str) -> dict[str, Any] | None:
        """The Tasks of a call; None if there is no answer."""
        fate = self._draw(ASKS)
        if fate:
            self.ledger.fault(fate, log_id)
        if fate == "ask-unanswered":
            return None
        if fate == "ask-failed":
            return {"success": False, "returnValue": None, "errors": [LOCKED_ROW]}
        return self.salesforce.run_apex(args)

    def task_of(self, log_id: str) -> str:
        """The id of a Task of this call, as its agent would look it up; "" if there is none."""
        return next((str(task["Id"]) for task in self.salesforce.of_call(log_id)), "")

    def crash(self) -> str:
        """When the page that is about to save crashes; "" if it does not."""
        return self._draw(CRASHES)

    def _draw(self, table: dict[str, int]) -> str:
        if self.calm:
            return ""
        kinds = list(table)
        self._throws[id(table)] += 1
        turn, rest = divmod(self._throws[id(table)], SURE_EVERY)
        if rest == 0 and turn < len(kinds):
            return kinds[turn]
        return self.rng.choices(kinds, list(table.values()))[0]
