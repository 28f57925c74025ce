"""Salesforce on the virtual clock: a saveLog may be slow, refused, or done but never answered."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from adapter.core.model import AgentKey
from qa.checker.history import TaskWrite, Word
from qa.simulation.dice import Dice
from qa.simulation.virtual import Timers

Reply = Callable[[dict[str, Any]], None]

_RULE = {
    "code": "GENERIC_ERROR",
    "details": [
        {"fieldErrors": {"Subject": [{"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION"}]}}
    ],
}
_TRANSIENT = {"code": "SERVER_UNAVAILABLE", "message": "try later"}


class FakeSalesforce:
    """One org's Tasks, and every write to them in order."""

    def __init__(self, dice: Dice, now: Callable[[], int], loop: Timers) -> None:
        self.writes: list[TaskWrite] = []
        self.words: list[Word] = []
        self.under_way = 0
        self._ids: dict[str, list[str]] = defaultdict(list)
        self._call_of: dict[str, str] = {}
        self._dice = dice
        self._now = now
        self._loop = loop

    def tasks_of(self, call_object: str) -> list[str]:
        """The ids of the committed Tasks with this CallObject."""
        return list(self._ids.get(call_object, ()))

    def save_log(self, args: dict[str, Any], log_id: str, reply: Reply) -> bool | None:
        """Create or update, then perhaps call back; returns whether a refusal is final."""
        dice, odds = self._dice, self._dice.odds
        if dice.breaks(odds.refused_by_rule, "refused-by-rule", log_id):
            self._after(dice.between(0.05, 1), lambda: reply(_no(_RULE)))
            return True
        if dice.breaks(odds.refused_transient, "refused-transient", log_id):
            self._after(dice.between(0.05, 1), lambda: reply(_no(_TRANSIENT)))
            return False
        slow = dice.breaks(odds.slow_commit, "slow-commit", log_id)
        lost = dice.breaks(odds.lost_callback, "lost-callback", log_id)
        self.under_way += 1

        def commit() -> None:
            self.under_way -= 1
            answer = self._commit(args)
            if not lost:
                reply(answer)

        self._after(dice.between(5, 300) if slow else dice.between(0.05, 1), commit)
        return None

    def _commit(self, args: dict[str, Any]) -> dict[str, Any]:
        task_id = args.get("Id") or self._new_id()
        fields = {k: v for k, v in args.items() if k not in {"Id", "entityApiName"}}
        self._write(TaskWrite(self._now(), task_id, fields), fields.get("CallObject"))
        return self._saved(task_id)

    def _new_id(self) -> str:
        return f"00T{len(self._call_of) + 1:012d}"

    def _write(self, write: TaskWrite, call_object: str | None) -> None:
        self.writes.append(write)
        if write.task_id not in self._call_of:
            assert call_object is not None
            self._call_of[write.task_id] = call_object
            self._ids[call_object].append(write.task_id)

    def _saved(self, task_id: str) -> dict[str, Any]:
        return {"success": True, "returnValue": {"recordId": task_id}, "errors": None}

    def _refused(self, error: dict[str, Any]) -> dict[str, Any]:
        return _no(error)

    def run_apex(self, args: dict[str, Any]) -> str:
        """Answer as our Apex class does: the ids as JSON text."""
        return json.dumps(self.found(args["methodParams"].removeprefix("callObject=")))

    async def find(self, agent: AgentKey, log_id: str) -> tuple[str, ...]:
        """The server-side read-back (adapter.opencti.soql.TaskFinder)."""
        await asyncio.sleep(self._dice.between(0.05, 0.5))
        return tuple(self.found(log_id))

    def found(self, log_id: str) -> list[str]:
        """What a read-back finds; an empty result is recorded."""
        task_ids = self.tasks_of(log_id)
        if not task_ids:
            self.words.append(Word(self._now(), "none", "", log_id))
        return task_ids

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._loop.call_later(seconds, act)


def _no(error: dict[str, Any]) -> dict[str, Any]:
    return {"success": False, "returnValue": None, "errors": [error]}
