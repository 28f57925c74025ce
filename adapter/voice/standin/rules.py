"""What Salesforce asks of a body about a VoiceCall, field by field. Pure.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
Law of this file: stricter than the real one wherever the guide leaves it open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]

KEY_LIMIT = TEXT_LIMIT = 255
"""Characters of a key, a number or a name."""

ATTRIBUTES_LIMIT = 131_072
"""Characters of the attributes' text: a long text area is the largest field that they may fill."""

RESERVED = frozenset({"CallerContactInfo", "SourceType"})
"""Names of attributes that are Salesforce's own."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z\Z")


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_LIMIT


def _moment(value: Any) -> bool:
    return isinstance(value, str) and bool(_MOMENT.match(value))


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _attributes(value: Any) -> bool:
    """JSON as text: an object of plain values, without names that are reserved."""
    if not isinstance(value, str) or len(value) > ATTRIBUTES_LIMIT:
        return False
    try:
        said = json.loads(value)
    except ValueError:
        return False
    return isinstance(said, dict) and not RESERVED & said.keys()


def _reason(value: Any) -> bool:
    whole = isinstance(value, dict) and value.keys() == {"value", "isError"}
    return whole and _text(value["value"]) and _flag(value["isError"])


def _participants(value: Any) -> bool:
    """Only the first one counts: it is who calls."""
    first = value[0] if isinstance(value, list) and value else None
    if not isinstance(first, dict) or first.get("type") != "END_USER":
        return False
    return _text(first.get("participantKey"))


Rule = Callable[[Any], bool]

CREATE: Mapping[str, Rule] = {
    "callCenterApiName": _text,
    "vendorCallKey": _text,
    "to": _text,
    "from": _text,
    "initiationMethod": lambda value: value in ("Inbound", "Transfer"),
    "startTime": _moment,
    "participants": _participants,
}
"""All of them are required."""

CREATE_MORE: Mapping[str, Rule] = {
    "parentVoiceCallId": _text,
    "queue": _text,
    "callOrigin": _text,
    "callSubtype": _text,
    "callAttributes": _attributes,
}

COMPLETE: Mapping[str, Rule] = {
    "startTime": _moment,
    "endTime": _moment,
    "acceptTime": _moment,
    "enqueueTime": _moment,
    "fromNumber": _text,
    "queue": _text,
    "agent": _text,
    "callOrigin": _text,
    "recordingLocation": _text,
    "totalRecordingDuration": _seconds,
    "totalHoldDuration": _seconds,
    "agentInteractionDuration": _seconds,
    "longestHoldDuration": _seconds,
    "numberOfHolds": _seconds,
    "callAttributes": _attributes,
    "disconnectReason": _reason,
    "isActiveCall": _flag,
}

_NEED_RECORDING = ("totalHoldDuration", "agentInteractionDuration")


def create_problems(body: Any) -> list[str]:
    """What is wrong with the body of a creation; none: nothing."""
    found = _problems(body, {**CREATE, **CREATE_MORE}, required=CREATE)
    if not found and body["initiationMethod"] == "Transfer" and "parentVoiceCallId" not in body:
        found.append("parentVoiceCallId is required for a transfer")
    return found


def complete_problems(body: Any) -> list[str]:
    """What is wrong with the body of a completion; none: nothing."""
    found = _problems(body, COMPLETE, required=())
    if found:
        return found
    times = [body[name] for name in ("startTime", "acceptTime", "endTime") if name in body]
    if times != sorted(times):
        found.append("startTime, acceptTime and endTime must be in this order")
    if any(name in body for name in _NEED_RECORDING) and "recordingLocation" not in body:
        found.append("durations of the talk need recordingLocation")
    return found


def _problems(body: Any, rules: Mapping[str, Rule], required: Any) -> list[str]:
    if not isinstance(body, dict) or not body:
        return ["the body must be an object"]
    found = [f"{name} is required" for name in required if name not in body]
    found += [f"{name} is no field of this request" for name in body if name not in rules]
    known = (name for name in body if name in rules)
    return found + [f"{name} is not valid" for name in known if not rules[name](body[name])]
