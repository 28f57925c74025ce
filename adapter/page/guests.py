"""A page of a surface that its agent does not work in: it is told so, and shown no call.

It keeps its session, and may still finish the logs that only a page like it can write.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from adapter.core.logmodel import CallLog
from adapter.core.model import Agent, Notice
from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.core.view import View, view
from adapter.page.messages import Hello
from adapter.page.port import Surface

OPEN_CTI, VOICE = "open-cti", "voice"

ELSEWHERE = {
    VOICE: "You work with Salesforce Voice: use the phone in Omni-Channel.",
    OPEN_CTI: "You work with the softphone in the utility bar: call from there.",
}
OTHER_SURFACE = "other-surface"


def surface_of(hello: Hello) -> Surface:
    """Which product of Salesforce's the page says that it is in, and who writes logs there."""
    voice = hello.surface == VOICE
    return Surface(VOICE, Route.BACKEND) if voice else Surface(OPEN_CTI, Route.PAGE)


def is_guest(surface: str, agent: Agent) -> bool:
    """Whether a page of that surface is none that the agent works in."""
    return bool(surface and agent.surface) and surface != agent.surface


def sentence(agent: Agent) -> str:
    """Where to call from, for a page that may not."""
    return ELSEWHERE.get(agent.surface, "You work with another phone in Salesforce.")


def guest_view(agent: Agent, logs: Iterable[CallLog], policy: Policy, can: dict[str, bool]) -> View:
    """The view without calls, with click-to-dial off, and with the sentence that says why."""
    notice = Notice(OTHER_SURFACE, OTHER_SURFACE, sentence(agent), 0)
    bare = replace(agent, calls=(), answers=(), notices=(notice,))
    own = [log for log in logs if log.route is Route.PAGE]
    return {**view(bare, own, policy, can), "click_to_dial": False}
