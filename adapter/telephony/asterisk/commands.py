"""The commands that steering sends to Asterisk. Pure."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from adapter.telephony.asterisk import ids


class Release(Struct, frozen=True):
    """Hang a channel up; `reason` is a Q.850 cause, or None for a normal end."""

    channel: str
    reason: int | None = None


class Connect(Struct, frozen=True):
    """Add the agent's phone to the call's bridge, then call the destination.

    `identity` is the number to show; empty: the default.
    """

    root: str
    user: str
    device: str
    number: str
    identity: str = ""


class RingAgent(Struct, frozen=True):
    """Ring the agent's phones for an inbound call."""

    root: str
    user: str
    caller: str


class Answer(Struct, frozen=True):
    """Answer the caller and connect them with the agent's phone."""

    root: str
    device: str
    caller: str


class GoOn(Struct, frozen=True):
    """Nobody answered: let the caller continue in the dialplan."""

    caller: str


class Handover(Struct, frozen=True):
    """The agent leaves; play ringing to the other party until the third party answers."""

    party: str


class Join(Struct, frozen=True):
    """The third party has answered: connect them with the other party."""

    root: str
    party: str
    third: str
    identity: str = ""


class Retrieve(Struct, frozen=True):
    """The consulted party is gone: take the other party off hold."""

    root: str
    party: str


class Record(Struct, frozen=True):
    """Both parties talk: start the recording."""

    root: str


class StopRecording(Struct, frozen=True):
    """The agent has left a call that goes on: stop the recording."""

    root: str


class Swap(Struct, frozen=True):
    """The agent's browser phone is back: replace its old leg."""

    root: str
    device: str


class DropBridge(Struct, frozen=True):
    """Delete the call's bridge."""

    root: str


Command: TypeAlias = (
    Release
    | Connect
    | RingAgent
    | Answer
    | GoOn
    | Handover
    | Join
    | Retrieve
    | Record
    | StopRecording
    | Swap
    | DropBridge
)


def lost_leg(command: Command) -> str | None:
    """The leg that the call cannot go on without if this command fails; None: none."""
    match command:
        case Connect(root):
            return ids.destination(root)
        case RingAgent(root):
            return ids.device(root, 0)
        case Answer(_, device) | Swap(_, device):
            return device
        case Join(_, _, third):
            return third
        case _:
            return None
