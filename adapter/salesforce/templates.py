"""Templates of Task fields, such as `Phone__c={number}` and `Source__c={params.id}`. Pure.

A template is text with names in braces. `values_of` lists the names; also allowed
are `params.` with a parameter's name, or its position from 1. An unknown one is left as written, so
that the admin sees it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from adapter.core.aftermath import named_in
from adapter.core.details import read_params
from adapter.core.facts import Direction
from adapter.core.logs.model import LogFields

_NAME = re.compile(r"\{([a-z_]+)(?:\.([\w.-]+))?\}")


def fill(template: str, fields: LogFields, outcome: str) -> str:
    """The template filled with a call's values; `outcome` is the org's word for it.

    Empty if it names a recording or a summary that the call lacks, because half an address is
    useless.
    """
    values = values_of(fields, outcome)
    if any(not values[name] for name in named_in([template])):
        return ""

    def value(match: re.Match[str]) -> str:
        name, part = match[1], match[2]
        if part is not None:
            return (
                read_params(fields.details.params).get(part, "") if name == "params" else match[0]
            )
        return values.get(name, match[0])

    return _NAME.sub(value, template)


def values_of(fields: LogFields, outcome: str) -> dict[str, str]:
    """A call's values by the names that templates may have."""
    came_in = fields.direction is Direction.INBOUND
    record = fields.record
    return {
        "number": fields.number,
        "called_number": fields.own_number if came_in else fields.number,
        "calling_number": fields.number if came_in else fields.own_number,
        "own_number": fields.own_number,
        "extension": fields.details.extension,
        "name": fields.name,
        "record_id": record.id if record else "",
        "record_name": record.name if record else "",
        "account_id": record.account_id if record else "",
        "call_id": fields.call_id,
        "provider_call_id": fields.provider_call_id,
        "direction": fields.direction.value,
        "outcome": outcome,
        "talk_seconds": str(((fields.talk_ms or 0) + 500) // 1000),
        "started_at": _iso(fields.started_at),
        "recording": fields.recording,
        "summary": fields.summary,
        "params": fields.details.params,
    }


def _iso(at: int) -> str:
    """Unix milliseconds as Salesforce's date/time fields expect them."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
