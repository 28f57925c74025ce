"""Salesforce's rules for a VoiceCall's request bodies, field by field. Pure.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
Law of this file: where the guide is unclear, be stricter than Salesforce.
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
"""Characters of the attributes' text: the limit of the largest long text area."""

RESERVED = frozenset({"CallerContactInfo", "SourceType"})
"""Attribute names that Salesforce reserves."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z\Z")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_LIMIT


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and bool(_MOMENT.match(value))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_attributes(value: Any) -> bool:
    """Whether the value is the text of a JSON object without reserved names."""
    if not isinstance(value, str) or len(value) > ATTRIBUTES_LIMIT:
        return False
    try:
        attributes = json.loads(value)
    except ValueError:
        return False
    return isinstance(attributes, dict) and not RESERVED & attributes.keys()


def _is_reason(value: Any) -> bool:
    whole = isinstance(value, dict) and value.keys() == {"value", "isError"}
    return whole and _is_text(value["value"]) and _is_flag(value["isError"])


def _are_participants(value: Any) -> bool:
    """Whether the first participant, the caller, is valid; the others do not matter."""
    first = value[0] if isinstance(value, list) and value else None
    if not isinstance(first, dict) or first.get("type") != "END_USER":
        return False
    return _is_text(first.get("participantKey"))


Rule = Callable[[Any], bool]

CREATE: Mapping[str, Rule] = {
    "callCenterApiName": _is_text,
    "vendorCallKey": _is_text,
    "to": _is_text,
    "from": _is_text,
    "initiationMethod": lambda value: value in ("Inbound", "Transfer"),
    "startTime": _is_moment,
    "participants": _are_participants,
}
"""The required fields."""

CREATE_MORE: Mapping[str, Rule] = {
    "parentVoiceCallId": _is_text,
    "queue": _is_text,
    "callOrigin": _is_text,
    "callSubtype": _is_text,
    "callAttributes": _are_attributes,
}

COMPLETE: Mapping[str, Rule] = {
    "startTime": _is_moment,
    "endTime": _is_moment,
    "acceptTime": _is_moment,
    "enqueueTime": _is_moment,
    "fromNumber": _is_text,
    "queue": _is_text,
    "agent": _is_text,
    "callOrigin": _is_text,
    "recordingLocation": _is_text,
    "totalRecordingDuration": _is_seconds,
    "totalHoldDuration": _is_seconds,
    "agentInteractionDuration": _is_seconds,
    "longestHoldDuration": _is_seconds,
    "numberOfHolds": _is_seconds,
    "callAttributes": _are_attributes,
    "disconnectReason": _is_reason,
    "isActiveCall": _is_flag,
}

_NEED_RECORDING = ("totalHoldDuration", "agentInteractionDuration")


def create_problems(body: Any) -> list[str]:
    """The problems of a creation's body; empty if valid."""
    problems = _field_problems(body, {**CREATE, **CREATE_MORE}, required=CREATE)
    if not problems and body["initiationMethod"] == "Transfer" and "parentVoiceCallId" not in body:
        problems.append("parentVoiceCallId is required for a transfer")
    return problems


def complete_problems(body: Any) -> list[str]:
    """The problems of a completion's body; empty if valid."""
    problems = _field_problems(body, COMPLETE, required=())
    if problems:
        return problems
    times = [body[name] for name in ("startTime", "acceptTime", "endTime") if name in body]
    if times != sorted(times):
        problems.append("startTime, acceptTime and endTime must be in this order")
    if any(name in body for name in _NEED_RECORDING) and "recordingLocation" not in body:
        problems.append("durations of the talk need recordingLocation")
    return problems


def _field_problems(body: Any, rules: Mapping[str, Rule], required: Any) -> list[str]:
    if not isinstance(body, dict) or not body:
        return ["the body must be an object"]
    problems = [f"{name} is required" for name in required if name not in body]
    problems += [f"{name} is no field of this request" for name in body if name not in rules]
    known = (name for name in body if name in rules)
    return problems + [f"{name} is not valid" for name in known if not rules[name](body[name])]
