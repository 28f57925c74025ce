"""The ids of our channels and bridges in Asterisk, which contain the call's id. Pure.

A call's legs are named after the call, so any process that finds a channel knows its purpose. Ids
have at most 32 characters, because FreePBX stores them in a column of that width.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ROOT_LENGTH = 26
"""The longest call id that leaves room for a role; the random part of our call ids."""

_LEG = re.compile(r"(?P<root>[A-Za-z0-9-]+)-(?P<role>d|dst|t|c|w)(?P<number>[0-9]{0,4})")
_ROOT = re.compile("[A-Za-z0-9-]+-b")
_FOREIGN = re.compile(r"(.*[0-9])-([0-9]+)")
_ARGUMENT = re.compile(r"[A-Za-z0-9_.@/&+*#:;~-]*")
DEVICES = 10
"""The most phones of an agent."""

TAKEOVERS = 9999
"""The highest number of a leg that replaces another; four digits fit after a root."""


class LegName(NamedTuple):
    """The call that a channel belongs to, and its role.

    `d` is a phone of the agent, `dst` the destination, `t` the target of a transfer, `c` the
    consulted party, `w` the agent's browser phone that came back.
    """

    root: str
    role: str
    number: int


def root_of(call_id: str) -> str:
    """Our call id in channel ids: its last letters and digits, without the prefix."""
    return re.sub("[^A-Za-z0-9]", "", call_id.rpartition("_")[2])[-ROOT_LENGTH:]


def device(root: str, number: int) -> str:
    """The channel of the agent's phone of that number, from 0."""
    return f"{root}-d{number}"


def takeover(root: str, number: int) -> str:
    """The channel of the agent's browser phone that comes back; later ones have higher numbers."""
    return f"{root}-w{number}"


def destination(root: str) -> str:
    """The channel of the destination."""
    return f"{root}-dst"


def transfer(root: str) -> str:
    """The channel of the transfer's target."""
    return f"{root}-t0"


def consulted(root: str) -> str:
    """The channel of the consulted party."""
    return f"{root}-c0"


def bridge(root: str) -> str:
    """The call's bridge."""
    return f"{root}-b"


def call_of_bridge(bridge_id: str) -> str:
    """The call of a bridge; empty for a foreign bridge."""
    return bridge_id[:-2] if _ROOT.fullmatch(bridge_id) else ""


def leg_name(channel_id: str) -> LegName | None:
    """The call and role of a channel; None for a foreign one."""
    match = _LEG.fullmatch(channel_id)
    if match is None:
        return None
    return LegName(match["root"], match["role"], int(match["number"] or 0))


def call_of_channel(channel_id: str) -> str:
    """The call id of a call that Asterisk began, from its channel's id (1795967475.362)."""
    return channel_id.replace(".", "-")


def channel_of_call(root: str) -> str | None:
    """The first channel of a call that Asterisk began; None for our own calls."""
    match = _FOREIGN.fullmatch(root)
    return f"{match[1]}.{match[2]}" if match else None


def arguments(*parts: str) -> str:
    """The application arguments as one text. Raises ValueError for unsafe characters."""
    for part in parts:
        if not _ARGUMENT.fullmatch(part):
            raise ValueError(f"{part!r} has characters that Asterisk would not pass on")
    return ",".join(parts)
