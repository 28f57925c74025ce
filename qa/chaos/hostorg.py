"""The misbehaving org with our own host component: saves by key, some of them sent twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from qa.chaos.org import Answer, Org
from qa.chaos.pace import SLOWEST_COMMIT

LWC = "lwc"
SENT_TWICE = 0.06


@dataclass
class HostOrg(Org):
    """Tasks with a unique key: does what `SoftphoneHost.saveCall` does, under the same faults."""

    surface: str = LWC
    _numbers: dict[str, int] = field(default_factory=dict)
    _by_key: dict[str, str] = field(default_factory=dict)

    def save_log(self, args: dict[str, Any], log_id: str, answer: Answer) -> None:
        """Save as usual; sometimes the save is sent again and arrives at a random time."""
        super().save_log(args, log_id, answer)
        if not self.calm and self.rng.random() < SENT_TWICE:
            self.ledger.fault("sent-twice", log_id)
            self.under_way[log_id] += 1
            late = self.rng.uniform(0.01, SLOWEST_COMMIT)
            asyncio.get_running_loop().call_later(late, self._again, args, log_id)

    def _again(self, args: dict[str, Any], log_id: str) -> None:
        self.under_way -= Counter([log_id])
        self._saved(args)

    def _saved(self, args: dict[str, Any]) -> dict[str, Any]:
        call_id, number, fields = args["callId"], args["attempt"], args["fields"]
        known = self._by_key.get(call_id) or args["recordId"]
        if known and number <= self._numbers.get(call_id, 0):
            self.ledger.count("saves_overtaken")
            return {"success": True, "returnValue": {"recordId": known}, "errors": None}
        names = {"Id": known} if known else {"entityApiName": "Task", "TaskSubtype": "Call"}
        answer = super()._saved({**names, **fields})
        self._by_key[call_id], self._numbers[call_id] = answer["returnValue"]["recordId"], number
        return answer
