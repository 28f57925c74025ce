"""What the steering wants done in Asterisk, in the imperative. Pure."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from adapter.telephony.asterisk import ids


class Release(Struct, frozen=True):
    """Hang a channel up; `reason` is a Q.850 cause, or None for a normal end."""

    channel: str
    reason: int | None = None


class Connect(Struct, frozen=True):
    """Bring the agent's phone into the call's bridge, then call the destination from it.

    `identity` is the number to be shown, empty for the usual one.
    """

    root: str
    user: str
    device: str
    number: str
    identity: str = ""


class RingAgent(Struct, frozen=True):
    """Let the agent's phones ring for somebody who calls in."""

    root: str
    user: str
    caller: str


class Answer(Struct, frozen=True):
    """Take a caller's call, and bring them together with the agent's phone."""

    root: str
    device: str
    caller: str


class GoOn(Struct, frozen=True):
    """Nobody took it: the caller goes on in the dialplan."""

    caller: str


class Handover(Struct, frozen=True):
    """The agent leaves; the other party hears ringing until the third is there."""

    party: str


class Join(Struct, frozen=True):
    """The third is there: bring them together with the other party."""

    root: str
    party: str
    third: str
    identity: str = ""


class Retrieve(Struct, frozen=True):
    """Who was called in is gone: the other party, who waits, comes back."""

    root: str
    party: str


class Record(Struct, frozen=True):
    """Both talk: what they say is recorded."""

    root: str


class StopRecording(Struct, frozen=True):
    """The agent is out of the call, which goes on."""

    root: str


class Swap(Struct, frozen=True):
    """The agent's phone in the browser is back: it takes the place of the leg that it had."""

    root: str
    device: str


class DropBridge(Struct, frozen=True):
    """The call's bridge has done its work."""

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
    """The leg without which the call cannot go on, should this command fail."""
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
