"""What pages of every surface are asked besides saving, and what their answers mean. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapter.core.effects import PopScreen
from adapter.core.logmodel import SaveError
from adapter.page.parts import ErrorIn, is_record_id
from adapter.salesforce.saveerrors import save_errors
from adapter.salesforce.tasklog import TaskRules


def who_am_i(nonce: str, apex_class: str) -> dict[str, Any]:
    """The question who runs this page in Salesforce, by the same class; it repeats the nonce."""
    args = {"apexClass": apex_class, "methodName": "whoAmI", "methodParams": f"nonce={nonce}"}
    return {"type": "ask", "ask_id": nonce, "call": {"method": "runApex", "args": args}}


def who_runs(value: Any, nonce: str) -> tuple[str, str] | None:
    """Org and user of an answer to that question, 15 letters each; None if it is no answer."""
    told = returned(value)
    if not isinstance(told, dict) or told.get("nonce") != nonce:
        return None
    org, user = told.get("org"), told.get("user")
    if not (
        isinstance(org, str) and isinstance(user, str) and is_record_id(org) and is_record_id(user)
    ):
        return None
    return org[:15], user[:15]


def returned(value: Any) -> Any:
    """What an Apex method returned as JSON text: runApex hands it on in `runApex`, or bare."""
    told = value.get("runApex", value) if isinstance(value, dict) else value
    if not isinstance(told, str):
        return told
    try:
        return json.loads(told)
    except (ValueError, RecursionError):
        return None


def pop(effect: PopScreen) -> dict[str, Any]:
    """What a page does while a call rings: come up, search by number, pop by the layout's rules.

    The search is deferred: the page pops only if it still rings when the answer is there, and
    tells what was found. `call` is null where there is no number to search.
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


@dataclass(frozen=True, slots=True)
class TaskCalls:
    """What pages that save Tasks are asked alike, whatever hosts them (page.port.PageCalls)."""

    rules: TaskRules = field(default_factory=TaskRules)
    apex_class: str = ""

    def who_am_i(self, nonce: str) -> dict[str, Any]:
        """By the class that we ship."""
        return who_am_i(nonce, self.apex_class)

    def who_runs(self, value: Any, nonce: str) -> tuple[str, str] | None:
        """Org and user."""
        return who_runs(value, nonce)

    def pop(self, effect: PopScreen) -> dict[str, Any]:
        """The search by number."""
        return pop(effect)

    def save_errors(self, errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
        """Flattened."""
        return save_errors(errors)
