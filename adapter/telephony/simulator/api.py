"""The documented requests: calls, CDRs, users, endpoints, recording."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from adapter.telephony.simulator import render
from adapter.telephony.simulator.call import Call, Impossible, Phase, Verb
from adapter.telephony.simulator.config import User
from adapter.telephony.simulator.errors import ENTRY, ApiError, json_object
from adapter.telephony.simulator.state import STATE, State

_USER_ID = re.compile(r"user_[A-Za-z0-9_]{1,200}")
_DIALABLE = re.compile(r"\+?[0-9*#]{1,32}")


# --- starting a call ---------------------------------------------------------------


async def place(request: web.Request) -> web.StreamResponse:
    """`POST /v1/calls`: 202 without a body, and no webhook before somebody picks up."""
    state = request.app[STATE]
    body = await json_object(request)
    state.post_count += 1
    number = state.post_count
    request[ENTRY].update(number=number, body=body, call_id=None)
    user, dial_string = _check_placement(state, body)
    fault = _pick_fault(state, number, dial_string)
    if fault is not None:
        request[ENTRY]["fault"] = fault
        return await _answer_badly(request, fault, user, dial_string)
    placed = _place(request, user, dial_string)
    if state.config.answers_with_id:
        return web.json_response({"id": placed.call_id}, status=202)
    return web.Response(status=202)


def _check_placement(state: State, body: dict[str, Any]) -> tuple[User, str]:
    """Check a placement. Raises `ApiError` in the documented words."""
    user_id = body.get("user") or body.get("user_id")
    if not user_id:
        raise ApiError(400, "user_id is required")
    dial_string = body.get("dial_string")
    if not dial_string:
        raise ApiError(400, "dial_string is required")
    user = find_user(state, user_id)
    if not isinstance(dial_string, str) or not _DIALABLE.fullmatch(dial_string):
        raise ApiError(422, "Invalid dial_string")
    profile, did = body.get("find_me_follow_me_key"), body.get("did")
    if profile is not None and profile not in user.ring_profiles:
        raise ApiError(400, "Unknown find_me_follow_me_key")
    if did is not None and did not in {state.config.number, *state.config.more_numbers}:
        raise ApiError(400, "Unknown did")
    return user, dial_string


def find_user(state: State, user_id: Any) -> User:
    """Return the user. Raises `ApiError` in the documented words."""
    if not isinstance(user_id, str) or not _USER_ID.fullmatch(user_id):
        raise ApiError(400, "Invalid user_id format")
    user = state.switch.users.get(user_id)
    if user is None:
        raise ApiError(404, "User not found")
    return user


def _place(request: web.Request, user: User, dial_string: str) -> Call:
    did = request[ENTRY]["body"].get("did")
    placed = request.app[STATE].switch.place(user, dial_string, did)
    request[ENTRY]["call_id"] = placed.call_id
    return placed


def _pick_fault(state: State, number: int, dial_string: str) -> str | None:
    """Pick a fault for this request, by a magic number or by the dice."""
    if magic := state.switch.choice.fault(dial_string):
        state.dice.counts[magic] += 1
        return magic
    knobs = state.switch.choice.knobs(dial_string) or state.switch.knobs
    for kind in ("status_429", "status_5xx", "accept_then_reset", "hang"):
        if state.dice.hits(kind, f"post-{number}", getattr(knobs, kind)):
            return kind
    return None


async def _answer_badly(
    request: web.Request, fault: str, user: User, dial_string: str
) -> web.StreamResponse:
    """Answer with a fault. Except for 429 and 500, a client cannot tell whether there is a call."""
    state = request.app[STATE]
    lucky = state.dice.fraction("and-yet-a-call", f"post-{request[ENTRY]['number']}") < 0.5
    if fault in {"status_503", "accept_then_reset"} or (fault.startswith("status_5xx") and lucky):
        _place(request, user, dial_string)
    if fault == "status_429":
        raise ApiError(429, "Too many requests", retry_after=2)
    if fault == "accept_then_reset":
        return _reset(request)
    if fault == "hang":
        return await _hang(request, user, dial_string, lucky=lucky)
    raise ApiError(503 if fault == "status_503" else 500, "Something went wrong")


def _reset(request: web.Request) -> web.Response:
    """Reset the connection; aiohttp needs the returned response, but nobody receives it."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=202)


async def _hang(
    request: web.Request, user: User, dial_string: str, *, lucky: bool
) -> web.StreamResponse:
    """Answer only after any reasonable time-out."""
    state = request.app[STATE]
    if lucky or state.switch.choice.fault(dial_string):
        _place(request, user, dial_string)
    knobs = state.switch.choice.knobs(dial_string) or state.switch.knobs
    await asyncio.sleep(knobs.hang_seconds * state.config.time_scale)
    return web.Response(status=202)


# --- live calls --------------------------------------------------------------------


def find_call(request: web.Request) -> Call:
    """The call that the path names. Raises `ApiError` if it has no CDR."""
    call = request.app[STATE].switch.calls.get(request.match_info["call_id"])
    if call is None or call.started is None:
        raise ApiError(404, "Call not found")
    return call


async def act(request: web.Request) -> web.StreamResponse:
    """`POST /v1/calls/{id}`: a blind transfer, the only action."""
    body = await json_object(request)
    request[ENTRY]["body"] = body
    call = find_call(request)
    match body.get("actions"):
        case [{"type": "transfer", "target": str(target), **more}] if target:
            if more.get("mode", "blind") != "blind":
                raise ApiError(400, "mode must be blind")
        case _:
            raise ApiError(400, "actions must be one transfer with a target")
    try:
        request.app[STATE].switch.act(call.call_id, Verb.TRANSFER, target=target)
    except Impossible:
        raise ApiError(409, "Call is not connected") from None
    return web.Response(status=202)


async def recording(request: web.Request) -> web.StreamResponse:
    """`POST /v1/calls/{id}/recording/pause` and `resume`."""
    if find_call(request).phase is not Phase.TALKING:
        raise ApiError(409, "Call is not being recorded")
    return web.Response(status=202)


# --- CDRs, users, endpoints --------------------------------------------------------


async def read_call(request: web.Request) -> web.StreamResponse:
    """`GET /v1/calls/{id}`."""
    return web.json_response(render.record(find_call(request)))


async def list_calls(request: web.Request) -> web.StreamResponse:
    """`GET /v1/calls`, newest first; unknown filters are ignored."""
    state, query = request.app[STATE], request.query
    user_id = query.get("user") or query.get("user_id")
    since, until = _date(query, "from_date", 0), _date(query, "to_date", 2**62)
    direction, status = query.get("direction"), query.get("status")
    rows = [
        call
        for call in reversed(state.switch.calls.values())
        if call.started is not None
        and since <= call.started <= until
        and (user_id is None or call.user_id == user_id)
        and (direction is None or call.direction.value == direction)
        and (status is None or call.status == status)
    ]
    rows.sort(key=lambda call: call.started or 0, reverse=True)
    return _page(request, [render.record(call) for call in rows])


async def list_users(request: web.Request) -> web.StreamResponse:
    """`GET /v1/users`; `search` matches names and e-mail addresses."""
    wanted = request.query.get("search", "").casefold()
    users = [
        user
        for user in request.app[STATE].switch.users.values()
        if wanted in user.name.casefold() or wanted in user.email.casefold()
    ]
    return _page(request, [render.user(user) for user in users])


async def presence(request: web.Request) -> web.StreamResponse:
    """`GET /v1/users/{id}/presence`."""
    state = request.app[STATE]
    user = find_user(state, request.match_info["user_id"])
    return web.json_response(render.presence(user, state.switch.calls.values()))


async def user(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /v1/users/{id}`; only do not disturb can be changed."""
    state = request.app[STATE]
    known = find_user(state, request.match_info["user_id"])
    if request.method == "POST":
        wanted = (await json_object(request)).get("do_not_disturb", known.do_not_disturb)
        if not isinstance(wanted, bool):
            raise ApiError(400, "do_not_disturb must be a boolean")
        known = replace(known, do_not_disturb=wanted)
        state.switch.users[known.user_id] = known
    return web.json_response(render.user(known))


async def queue_agent(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /v1/users/{id}/queue-agent` `{status, reason?}`; 404: in no queue."""
    state = request.app[STATE]
    user = find_user(state, request.match_info["user_id"])
    if user.queues is None:
        raise ApiError(404, "Queue agent not found")
    if request.method == "POST":
        body = await json_object(request)
        status, reason = body.get("status"), body.get("reason")
        if status not in {"available", "paused", "logged_out"}:
            raise ApiError(400, "Invalid status")
        user = replace(user, queues=status, pause_reason=reason if status == "paused" else None)
        state.switch.users[user.user_id] = user
    return web.json_response(render.queue_agent(user))


async def list_endpoints(request: web.Request) -> web.StreamResponse:
    """`GET /v1/webhook_endpoints`."""
    known = request.app[STATE].sender.endpoints
    return _page(request, [render.endpoint(endpoint) for endpoint in known.values()])


async def endpoint(request: web.Request) -> web.StreamResponse:
    """`GET`, `POST` (to change it) and `DELETE /v1/webhook_endpoints/{id}`."""
    sender = request.app[STATE].sender
    known = sender.endpoints.get(request.match_info["endpoint_id"])
    if known is None:
        raise ApiError(404, "Webhook endpoint not found")
    if request.method == "DELETE":
        del sender.endpoints[known.endpoint_id]
        return web.Response(status=204)
    if request.method == "POST":
        body = await json_object(request)
        url, events = _endpoint_of(body | {"url": body.get("url", known.url)})
        known = replace(known, url=url, events=frozenset(events))
        sender.endpoints[known.endpoint_id] = known
    return web.json_response(render.endpoint(known))


async def add_endpoint(request: web.Request) -> web.StreamResponse:
    """`POST /v1/webhook_endpoints`: the only answer that contains the secret."""
    state = request.app[STATE]
    url, events = _endpoint_of(await json_object(request))
    secret = f"whsec_{state.config.new_id()}"
    made = state.sender.register(url, frozenset(events), secret)
    return web.json_response(render.endpoint(made) | {"secret": secret}, status=201)


def _endpoint_of(body: dict[str, Any]) -> tuple[str, list[str]]:
    url, events = body.get("url"), body.get("enabled_events", ["*"])
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ApiError(400, "url is required")
    if not isinstance(events, list) or not all(isinstance(kind, str) for kind in events):
        raise ApiError(400, "enabled_events must be a list")
    return url, events


def _date(query: Mapping[str, str], name: str, default: int) -> int:
    """Read a filter as Unix ms; a bare date begins at midnight UTC."""
    value = query.get(name)
    if not value:
        return default
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ApiError(400, f"Invalid {name}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _page(request: web.Request, rows: list[dict[str, Any]]) -> web.Response:
    """One page of rows; `page` names the last row of the previous page."""
    limit = request.query.get("limit", "10")
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= 100):
        raise ApiError(400, "limit must be from 1 to 100")
    after = request.query.get("page")
    ids = [row["id"] for row in rows]
    begin = ids.index(after) + 1 if after in ids else 0
    end = begin + int(limit)
    query = dict(request.query)
    more = None
    if end < len(rows):
        more = f"{request.path}?{urlencode(query | {'page': ids[end - 1]})}"
    return web.json_response(
        {
            "object": "list",
            "data": rows[begin:end],
            "next_page_url": more,
            "previous_page_url": None,
            "url": request.path,
        }
    )
