"""Compares a Task with the truth about its call, field by field."""

from __future__ import annotations

import re
from typing import Any

from qa.checker.history import StoredLog, TrueCall

NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no text may have: control characters and surrogates."""


def differences(call: TrueCall, log: StoredLog, task: dict[str, Any]) -> dict[str, Any]:
    """The differing fields, with the true value and the Task's."""
    wanted = {
        "CallDurationInSeconds": call.seconds,
        "CallDisposition": call.disposition,
        "WhoId": call.who_id,
        "CallObject": log.log_id,
    }
    actual = {name: task.get(name) for name in wanted}
    wrong = {name: (wanted[name], actual[name]) for name in wanted if wanted[name] != actual[name]}
    wrong |= {name: ("text", text) for name, text in task.items() if not _is_text(text)}
    if call.named not in str(task.get("Subject")):
        wrong["Subject"] = (call.named, task.get("Subject"))
    return wrong


def _is_text(value: Any) -> bool:
    """Whether Salesforce can store and show it: it has no surrogate and no control character."""
    return not (isinstance(value, str) and NO_TEXT.search(value))
