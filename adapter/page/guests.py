"""Guests: pages of a surface that their agent does not work in. They show a notice and no call.

A guest keeps its session, and can still save the logs that only a page of its surface can write.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, Notice
from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.core.view import View, view
from adapter.page.messages import Hello
from adapter.page.port import Surface

OPEN_CTI, LWC, VOICE = "open-cti", "lwc", "voice"

ELSEWHERE = {
    VOICE: "You work with Salesforce Voice. Call from the phone in Omni-Channel.",
    OPEN_CTI: "You work with the softphone in the utility bar. Call from there.",
    LWC: "You work with the softphone component in your app's utility bar. Call from there.",
}
OTHER_SURFACE = "other-surface"

_SURFACES = {LWC: Surface(LWC, Route.KEYED), VOICE: Surface(VOICE, Route.BACKEND)}
"""Lightning and Classic are both the Open CTI surface."""


def surface_of(hello: Hello) -> Surface:
    """The surface that the page says it runs in."""
    return _SURFACES.get(hello.surface, Surface(OPEN_CTI, Route.PAGE))


def route_of(surface: str) -> Route:
    """The route by which logs are written in that surface."""
    return _SURFACES[surface].route if surface in _SURFACES else Route.PAGE


def is_guest(surface: str, agent: Agent) -> bool:
    """Whether the agent works in a surface other than this page's."""
    return bool(surface and agent.surface) and surface != agent.surface


def sentence(agent: Agent) -> str:
    """Tells the agent where to call from."""
    return ELSEWHERE.get(agent.surface, "You work with another phone in Salesforce.")


def guest_view(agent: Agent, logs: Sequence[CallLog], policy: Policy, can: dict[str, bool]) -> View:
    """The view without calls, with click-to-dial off and a notice that says why."""
    notice = Notice(OTHER_SURFACE, OTHER_SURFACE, sentence(agent), 0)
    bare = replace(agent, calls=(), answers=(), notices=(notice,))
    own = [log for log in logs if log.route.by_page]
    return {**view(bare, own, policy, can), "click_to_dial": False}
