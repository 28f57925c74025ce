"""Salesforce with a unique key on its Tasks, on the virtual clock: `SoftphoneHost.saveCall`.

Like the Apex class, it looks up the call's Task and locks its row. A save with a lower number
changes nothing, and the unique key refuses a first save if another one's Task exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qa.checker.history import TaskWrite
from qa.simulation.dice import Dice
from qa.simulation.salesforce import FakeSalesforce, Reply
from qa.simulation.virtual import Timers

LWC, MOVING = "lwc", "moving"
"""Everybody works with our host component, or changes between it and Open CTI with each load."""

SENT_TWICE = 0.1
MET = 0.5
"""How often a first save has looked before another one created its Task."""

_MET = {"code": "DUPLICATE_VALUE", "message": "duplicate value found: Softphone_Call__c"}


class KeyedSalesforce(FakeSalesforce):
    """Takes saves by key, and those of Open CTI as well."""

    def __init__(self, dice: Dice, now: Callable[[], int], loop: Timers) -> None:
        super().__init__(dice, now, loop)
        self._numbers: dict[str, int] = {}
        self._by_key: dict[str, str] = {}

    def save_log(self, args: dict[str, Any], log_id: str, reply: Reply) -> bool | None:
        """Save as usual; the save may be sent once more and committed at any time."""
        final = super().save_log(args, log_id, reply)
        if "callId" in args and self._dice.hits(SENT_TWICE):
            self._dice.fault("sent-twice", log_id)
            self.under_way += 1
            self._after(self._dice.between(0.05, 300), lambda: self._again(args))
        return final

    def _again(self, args: dict[str, Any]) -> None:
        self.under_way -= 1
        self._commit(args)

    def _commit(self, args: dict[str, Any]) -> dict[str, Any]:
        if "callId" not in args:
            return super()._commit(args)
        call_id, number = args["callId"], args["attempt"]
        known = self._by_key.get(call_id)
        if known and number <= self._numbers[call_id]:
            self._dice.fault("save-overtaken", call_id)
            return self._saved(known)
        is_first = not args["recordId"]
        if known and is_first and self._dice.hits(MET):
            # Nobody needs to correct this: it is sent again.
            self._dice.fault("refused-transient", call_id)
            return self._refused(_MET)
        task_id = known or args["recordId"] or self._new_id()
        self._by_key[call_id], self._numbers[call_id] = task_id, number
        self._write(TaskWrite(self._now(), task_id, dict(args["fields"])), call_id)
        return self._saved(task_id)
