"""Calls of pages of every surface besides saving, and how to read their answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapter.core.effects import PopScreen
from adapter.core.logs.model import SaveError
from adapter.page.parts import ErrorIn, is_record_id
from adapter.salesforce.saveerrors import save_errors
from adapter.salesforce.tasklog import TaskRules


def returned(value: Any) -> Any:
    """The JSON that an Apex method returned; runApex passes it in `runApex` or directly."""
    answer = value.get("runApex", value) if isinstance(value, dict) else value
    if not isinstance(answer, str):
        return answer
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class TaskCalls:
    """The calls that all pages share that save Tasks (page.port.PageCalls)."""

    rules: TaskRules = field(default_factory=TaskRules)
    apex_class: str = ""

    def who_am_i(self, nonce: str) -> dict[str, Any]:
        """Asks for the page's Salesforce user; the answer repeats the nonce."""
        return self.ask(nonce, "whoAmI", f"nonce={nonce}")

    def ask(self, ask_id: str, method: str, params: str) -> dict[str, Any]:
        """Asks by a method of the Apex class that we ship."""
        args = {"apexClass": self.apex_class, "methodName": method, "methodParams": params}
        return {"type": "ask", "ask_id": ask_id, "call": {"method": "runApex", "args": args}}

    def who_runs(self, value: Any, nonce: str) -> tuple[str, str] | None:
        """Org id and user id of that answer, 15 characters each; None if it is not an answer."""
        answer = returned(value)
        if not isinstance(answer, dict) or answer.get("nonce") != nonce:
            return None
        org, user = answer.get("org"), answer.get("user")
        if not (
            isinstance(org, str)
            and isinstance(user, str)
            and is_record_id(org)
            and is_record_id(user)
        ):
            return None
        return org[:15], user[:15]

    def pop(self, effect: PopScreen) -> dict[str, Any]:
        """For a ringing call: open the panel, search by number, pop by the layout's rules.

        The search is deferred: the page pops only if the call still rings when the result arrives,
        and reports the matches. `call` is null if there is no number to search for.
        """
        args: dict[str, Any] = {
            "searchParams": effect.number,
            "callType": effect.direction.value,
            "queryParams": "",
            "defaultFieldValues": {},
            "deferred": True,
        }
        call = {"method": "searchAndScreenPop", "args": args}
        return {"type": "pop", "pop_id": effect.call_id, "call": call if effect.number else None}

    def save_errors(self, errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
        """The errors, flattened."""
        return save_errors(errors)
