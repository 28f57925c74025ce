"""The control page, on which a person plays the other parties."""

from importlib.resources import files
from urllib.parse import urlsplit

from aiohttp import web

from adapter.telephony.simulator import render
from adapter.telephony.simulator.api import find_user
from adapter.telephony.simulator.call import Direction
from adapter.telephony.simulator.errors import ApiError, json_object
from adapter.telephony.simulator.helpers import drive, truths
from adapter.telephony.simulator.script import Outcome, Scenario
from adapter.telephony.simulator.state import STATE

SHOWN = 30
"""The number of calls on the page."""

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def page(_: web.Request) -> web.StreamResponse:
    """`GET /control`."""
    html = files(__package__).joinpath("control.html").read_text("utf-8")
    return web.Response(
        text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY}
    )


async def state(request: web.Request) -> web.StreamResponse:
    """`GET /control/state`: the page's data."""
    simulator = request.app[STATE]
    users = [render.user(user) for user in simulator.switch.users.values()]
    return web.json_response({"users": users, "calls": truths(simulator)[:SHOWN]})


async def act(request: web.Request) -> web.StreamResponse:
    """`POST /control/calls/{id}/{act}`."""
    _same_origin(request)
    return web.json_response(render.truth(drive(request)))


async def incoming(request: web.Request) -> web.StreamResponse:
    """`POST /control/incoming` `{user, from_number, from_name?}`: someone calls the user."""
    _same_origin(request)
    simulator = request.app[STATE]
    body = await json_object(request)
    caller, name = body.get("from_number"), body.get("from_name")
    if not isinstance(caller, str) or not caller:
        raise ApiError(400, "from_number is required")
    made = simulator.switch.sandbox(
        find_user(simulator, body.get("user")),
        Direction.INBOUND,
        caller,
        simulator.config.number,
        Scenario(outcome=Outcome.MANUAL),
        from_name=name if isinstance(name, str) and name else None,
    )
    return web.json_response(render.truth(made), status=201)


def _same_origin(request: web.Request) -> None:
    """Refuse pages of other sites, because these requests need no key."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise ApiError(403, "Another site may not do this")
