"""Requests of tests and demos only: sandbox calls, scenarios, faults, manual acts, history."""

from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from adapter.telephony.simulator import render, scenarios
from adapter.telephony.simulator.api import find_user
from adapter.telephony.simulator.call import Call, Direction, Impossible, Verb
from adapter.telephony.simulator.chaos import Knobs
from adapter.telephony.simulator.errors import ApiError, json_object
from adapter.telephony.simulator.script import Scenario
from adapter.telephony.simulator.state import STATE, State

MOST_RINGS = 50
"""The most users of a ring group."""

BY_HAND = {
    verb.value: verb
    for verb in (
        Verb.PICK_UP,
        Verb.ANSWER,
        Verb.DECLINE,
        Verb.BUSY,
        Verb.HANG_UP,
        Verb.VOICEMAIL,
    )
}


async def sandbox_call(request: web.Request) -> web.StreamResponse:
    """`POST /v1/test_helpers/calls`: a call from outside, or one dialed on a desk phone."""
    state = request.app[STATE]
    body = await json_object(request)
    user = find_user(state, body.get("user") or body.get("user_id"))
    scenario, knobs = _scenario(body, state)
    direction = _direction(body.get("direction", "inbound"))
    for named in (scenario.taken_by, scenario.fetched_by):
        if named is not None:
            find_user(state, named)
    made = state.switch.sandbox(
        user,
        direction,
        _number(body, "from_number", state.config.number),
        _number(body, "to_number", state.config.number),
        scenario,
        from_name=body.get("from_name"),
        knobs=knobs,
        rings=_rings(body, state, direction),
    )
    return web.json_response({"id": made.call_id, "scenario": asdict(scenario)}, status=201)


def _rings(body: dict[str, Any], state: State, direction: Direction) -> tuple[str, ...]:
    """The users of a ring group for an inbound call, from `users`."""
    users = body.get("users", [])
    if not isinstance(users, list) or len(users) > MOST_RINGS:
        raise ApiError(400, "users is a list of ids")
    if users and direction is not Direction.INBOUND:
        raise ApiError(400, "Only a call from outside rings at several users")
    return tuple(find_user(state, user_id).user_id for user_id in users)


async def by_hand(request: web.Request) -> web.StreamResponse:
    """`POST /v1/test_helpers/calls/{id}/{act}`: ends the call's scenario."""
    return web.json_response(render.truth(drive(request)))


def drive(request: web.Request) -> Call:
    """Perform the path's act on the path's call. Raises `ApiError`."""
    verb = BY_HAND.get(request.match_info["act"])
    if verb is None:
        raise ApiError(404, f"Acts are {', '.join(BY_HAND)}")
    try:
        return request.app[STATE].switch.by_hand(request.match_info["call_id"], verb)
    except KeyError:
        raise ApiError(404, "Call not found") from None
    except Impossible as error:
        raise ApiError(409, str(error)) from None


async def list_truth(request: web.Request) -> web.StreamResponse:
    """`GET /v1/test_helpers/calls`: every call, even before its first event, newest first."""
    return web.json_response({"data": truths(request.app[STATE])})


def truths(state: State) -> list[dict[str, Any]]:
    """The true state of every call, newest first."""
    return [render.truth(call) for call in reversed(state.switch.calls.values())]


async def set_scenario(request: web.Request) -> web.StreamResponse:
    """`POST /v1/test_helpers/scenarios` `{number | user | default, scenario, chaos?}`."""
    state = request.app[STATE]
    body = await json_object(request)
    scenario, knobs = _scenario(body, state)
    number, user_id = body.get("number"), body.get("user")
    if not (isinstance(number, str) or isinstance(user_id, str) or body.get("default")):
        raise ApiError(400, "number, user or default is required")
    state.switch.choice.put(scenario, number=number, user_id=user_id, knobs=knobs)
    return web.json_response({"scenario": asdict(scenario)})


async def set_chaos(request: web.Request) -> web.StreamResponse:
    """`POST /v1/test_helpers/chaos` `{seed?, <knob>: value…}`: others stay unchanged."""
    state = request.app[STATE]
    body = await json_object(request)
    seed = body.pop("seed", state.dice.seed)
    if type(seed) is not int:
        raise ApiError(400, "seed is an integer")
    state.switch.knobs = _knobs(body, state.switch.knobs)
    state.dice.seed = seed
    return web.json_response({"seed": seed, "knobs": asdict(state.switch.knobs)})


async def set_user(request: web.Request) -> web.StreamResponse:
    """`POST /v1/test_helpers/users/{id}` `{do_not_disturb?, queues?}`."""
    state = request.app[STATE]
    user = find_user(state, request.match_info["user_id"])
    body = await json_object(request)
    quiet, queues = body.get("do_not_disturb") is True, body.get("queues", user.queues)
    changed = replace(user, do_not_disturb=quiet, queues=queues)
    state.switch.users[user.user_id] = changed
    return web.json_response(render.user(changed))


async def history(request: web.Request) -> web.StreamResponse:
    """`GET /v1/test_helpers/history`: all requests, all true states, all deliveries."""
    state = request.app[STATE]
    return web.json_response(
        {
            "posts": list(state.posts),
            "calls": truths(state),
            "deliveries": [delivery.as_json() for delivery in state.sender.log],
            "faults": dict(state.dice.counts),
        }
    )


def _scenario(body: dict[str, Any], state: State) -> tuple[Scenario, Knobs | None]:
    """Read a scenario and the knobs that apply only to its calls."""
    scenario_body, chaos = body.get("scenario", {}), body.get("chaos")
    if not isinstance(scenario_body, dict) or not isinstance(chaos, dict | None):
        raise ApiError(400, "scenario and chaos are objects")
    try:
        scenario = scenarios.parse(scenario_body)
    except ValueError as error:
        raise ApiError(400, str(error)) from None
    return scenario, None if chaos is None else _knobs(chaos, state.switch.knobs)


def _knobs(wanted: dict[str, Any], base: Knobs) -> Knobs:
    try:
        return base.changed(wanted)
    except ValueError as error:
        raise ApiError(400, str(error)) from None


def _direction(value: Any) -> Direction:
    try:
        return Direction(value)
    except ValueError:
        raise ApiError(400, "direction is inbound, outbound or internal") from None


def _number(body: dict[str, Any], name: str, default: str) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise ApiError(400, f"{name} is a number as text")
    return value
