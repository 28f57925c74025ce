"""Writes DialStack's JSON, without sharing code with the adapter. Pure."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from adapter.telephony.simulator.call import Call, Event, Phase, live
from adapter.telephony.simulator.config import Endpoint, User

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(at: int | None) -> str | None:
    """Write Unix ms as ISO 8601 in UTC with milliseconds."""
    if at is None:
        return None
    return (_EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03}Z"


def event(event_id: str, account: str, call: Call, sent: Event, user_field: str) -> dict[str, Any]:
    """Write one webhook about the call's present state."""
    data = {"call_id": call.call_id, **_fields(call), "status": call.status or _STATUS[call.phase]}
    if sent.user_id is not None:
        data[user_field] = sent.user_id
    if call.target is not None:
        data["transfer_target"] = call.target
    return {"id": event_id, "type": sent.type, "account_id": account, "data": data}


_STATUS = {
    Phase.DEVICES: "initiated",
    Phase.RINGING: "ringing",
    Phase.TALKING: "in-progress",
    Phase.OVER: "completed",
}


def record(call: Call) -> dict[str, Any]:
    """Write a CDR; while the call is live, it has no answer times."""
    nobody = len(call.rings) > 1 and call.connected is None
    talked = call.ended is not None and call.connected is not None
    row = {
        "id": call.call_id,
        "object": "call",
        "user": None if nobody else call.user_id,
        **_fields(call),
        "status": call.status,
        "endpoint": None,
        "did": call.did,
        "summary": call.summary if talked else None,
        "quality_metrics": None,
        "recording_url": _download(call) if talked and call.recorded else None,
    }
    return row | {"answered_at": None, "connected_at": None} if live(call) else row


def _download(call: Call) -> str:
    """Write a signed address that expires after ten minutes."""
    return f"https://recordings.invalid/{call.call_id}.wav?Expires={call.ended}&Signature=0"


def truth(call: Call) -> dict[str, Any]:
    """Write the call's true state, for checks of the adapter; times are Unix ms."""
    return {
        "id": call.call_id,
        "user": call.user_id,
        "callee": call.callee,
        "direction": call.direction.value,
        "from_number": call.from_number,
        "to_number": call.to_number,
        "phase": call.phase.value,
        "placed": call.placed,
        "picked_up": call.answered,
        "started": call.started,
        "connected": call.connected,
        "ended": call.ended,
        "lapsed": call.lapsed,
        "transferred": call.transferred,
        "status": call.status,
        "cause": call.cause,
        "machine": call.machine,
        "hung_up_by": call.hung_up_by,
        "rings": list(call.rings),
        "rang_at": call.rang_at,
        "talks": [asdict(talk) for talk in call.talks],
    }


def user(person: User) -> dict[str, Any]:
    """Write one user."""
    return {
        "id": person.user_id,
        "object": "user",
        "name": person.name,
        "email": person.email,
        "do_not_disturb": person.do_not_disturb,
        "extensions": {
            "object": "list",
            "data": [{"number": person.extension, "target": person.user_id, "status": "active"}],
        },
        "config": {
            "find_me_follow_me": {"alternates": [{"key": key} for key in person.ring_profiles]}
        },
    }


def presence(person: User, calls: Iterable[Call]) -> dict[str, Any]:
    """Write the user's presence: whether their phones can ring, and their state."""
    mine = [call for call in calls if person.user_id in _users(call)]
    busy = any(call.phase in {Phase.RINGING, Phase.TALKING} for call in mine)
    state = "offline" if not person.is_online else "busy" if busy else "available"
    return {
        "object": "presence",
        "user": person.user_id,
        "state": state,
        "notifiable": person.is_online and not person.do_not_disturb,
        "do_not_disturb": person.do_not_disturb,
    }


def _users(call: Call) -> set[str | None]:
    """The users whose phones the call keeps busy; while ringing, all of a group."""
    rings = call.rings if call.phase is Phase.RINGING else ()
    return {call.user_id, call.callee, *rings}


def queue_agent(person: User) -> dict[str, Any]:
    """Write the user's queue agent."""
    return {
        "user_id": person.user_id,
        "status": person.queues,
        "pause_reason": person.pause_reason,
    }


def endpoint(known: Endpoint) -> dict[str, Any]:
    """Write a webhook endpoint, without its secret."""
    return {
        "id": known.endpoint_id,
        "object": "webhook_endpoint",
        "url": known.url,
        "enabled_events": sorted(known.events),
    }


def _fields(call: Call) -> dict[str, Any]:
    return {
        "direction": call.direction.value,
        "from_number": call.from_number,
        "from_label": call.from_name,
        "to_number": call.to_number,
        "to_label": None,
        "started_at": stamp(call.started),
        "answered_at": stamp(call.answered),
        "connected_at": stamp(call.connected),
        "ended_at": stamp(call.ended),
        "duration_seconds": _duration(call),
        "hangup_cause": call.cause,
    }


def _duration(call: Call) -> int | None:
    """Seconds from the first pick-up, connected or not, as documented."""
    begin = call.answered if call.answered is not None else call.started
    return None if call.ended is None or begin is None else (call.ended - begin) // 1000
