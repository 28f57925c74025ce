"""The names that our channels and bridges bear in Asterisk, which say whose they are. Pure.

A call's legs are named after the call, so that whoever finds a channel knows what it is for. At
most 32 characters: FreePBX keeps a channel's id in a column of that width.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ROOT_LENGTH = 26
"""What leaves room for a role within 32 characters; the random part of our own call ids has it."""

_LEG = re.compile(r"(?P<root>[A-Za-z0-9-]+)-(?P<role>d|dst|t|c|w)(?P<number>[0-9]{0,4})")
_ROOT = re.compile("[A-Za-z0-9-]+-b")
_FOREIGN = re.compile(r"(.*[0-9])-([0-9]+)")
_ARGUMENT = re.compile(r"[A-Za-z0-9_.@/&+*#:;~-]*")
DEVICES = 10
"""An agent has at most so many phones."""

TAKEOVERS = 9999
"""The greatest number of a leg that takes another's place: four digits fit behind a root."""


class LegName(NamedTuple):
    """Which call a channel belongs to, and as what.

    `d` is a phone of the agent, `dst` whom the agent calls, `t` whom the call is handed over to,
    `c` whom the agent calls in beside that, `w` the agent's phone in the browser that came back.
    """

    root: str
    role: str
    number: int


def root_of(call_id: str) -> str:
    """Our call id as channels bear it: its last letters and digits, without its prefix."""
    return re.sub("[^A-Za-z0-9]", "", call_id.rpartition("_")[2])[-ROOT_LENGTH:]


def device(root: str, number: int) -> str:
    """The channel of the agent's phone of that number, from 0."""
    return f"{root}-d{number}"


def takeover(root: str, number: int) -> str:
    """The channel of the agent's phone in the browser that comes back, the later the greater."""
    return f"{root}-w{number}"


def destination(root: str) -> str:
    """The channel of whom the agent calls."""
    return f"{root}-dst"


def transfer(root: str) -> str:
    """The channel of whom the call is handed over to."""
    return f"{root}-t0"


def consulted(root: str) -> str:
    """The channel of whom the agent calls into the call."""
    return f"{root}-c0"


def bridge(root: str) -> str:
    """The bridge in which a call's parties talk."""
    return f"{root}-b"


def call_of_bridge(bridge_id: str) -> str:
    """The call whose parties talk there; empty for a bridge that is another's."""
    return bridge_id[:-2] if _ROOT.fullmatch(bridge_id) else ""


def leg_name(channel_id: str) -> LegName | None:
    """What a channel of ours is; None if its id is another's."""
    found = _LEG.fullmatch(channel_id)
    if found is None:
        return None
    return LegName(found["root"], found["role"], int(found["number"] or 0))


def call_of_channel(channel_id: str) -> str:
    """The call id of a call that Asterisk began itself, by its channel's id (1795967475.362)."""
    return channel_id.replace(".", "-")


def channel_of_call(root: str) -> str | None:
    """The channel that such a call began with; None for a call of ours."""
    found = _FOREIGN.fullmatch(root)
    return f"{found[1]}.{found[2]}" if found else None


def arguments(*parts: str) -> str:
    """The parts as one text for the application. Raises ValueError where one could split it."""
    for part in parts:
        if not _ARGUMENT.fullmatch(part):
            raise ValueError(f"{part!r} cannot be told to Asterisk")
    return ",".join(parts)
