"""A stand-in for an org's Tasks: what saveLog does, and what runApex finds. Time is not its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeSalesforce:
    """One org. `refuse` answers the next saves instead of doing them, one entry each.

    `user`: the ids of the org and user who run the page, as the Apex class tells them.
    """

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: list[list[dict[str, Any]]] = field(default_factory=list)
    saves: int = 0
    user: dict[str, str] = field(default_factory=dict)

    def save_log(self, value: dict[str, Any]) -> dict[str, Any]:
        """Create or update; answers as the library's callback is answered."""
        self.saves += 1
        if self.refuse:
            return {"success": False, "returnValue": None, "errors": self.refuse.pop(0)}
        task_id = value.get("Id")
        if task_id is None:
            assert value["entityApiName"] == "Task"
            task_id = f"00T{len(self.tasks) + 1:012d}"
            self.tasks[task_id] = {"Id": task_id}
        said = {k: v for k, v in value.items() if k not in {"entityApiName", "Id"}}
        self.tasks[task_id].update(said)
        return {"success": True, "returnValue": {"recordId": task_id}, "errors": None}

    def run_apex(self, args: dict[str, Any]) -> dict[str, Any]:
        """The class that we ship: the Tasks with this CallObject, or who runs it, as JSON text."""
        if args["methodName"] == "whoAmI":
            who = {"nonce": args["methodParams"].removeprefix("nonce="), **self.user}
            return {"success": True, "returnValue": {"runApex": json.dumps(who)}, "errors": None}
        call = args["methodParams"].removeprefix("callObject=")
        ids = [t["Id"] for t in self.tasks.values() if t.get("CallObject") == call]
        return {"success": True, "returnValue": {"runApex": json.dumps(ids)}, "errors": None}

    def of_call(self, call_id: str) -> list[dict[str, Any]]:
        """The Tasks with this call's id."""
        return [t for t in self.tasks.values() if t.get("CallObject") == call_id]
