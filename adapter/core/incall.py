"""What goes on within a connected call: who hears whom, and what is recorded. Pure.

Law of this file: what the provider tells is whole each time, so that the latest word holds,
whatever was lost before it; what it tells no event of is known by what was asked and done.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from adapter.core.values import Value


class ThirdState(StrEnum):
    """How far somebody is who was called into the call."""

    RINGING = "ringing"
    """The other party waits, and nobody talks yet."""
    TALKING = "talking"
    """The agent talks with the third; the other party waits."""
    WAITING = "waiting"
    """The agent talks with the other party; the third waits."""
    JOINED = "joined"
    """All three talk."""


class Third(Value, frozen=True):
    """Who was called into the call, as the provider writes the number; `since` in Unix ms."""

    number: str
    state: ThirdState
    since: int


class InCall(Value, frozen=True):
    """The call as it is inside; `at` is when the provider told so (Unix ms), 0 if it never did.

    `held`: the other party waits; `paused`: what is said now is not recorded.
    """

    at: int = 0
    third: Third | None = None
    held: bool = False
    muted: bool = False
    recording: bool = False
    paused: bool = False

    def told(self, news: InCall) -> InCall:
        """This, as the provider tells it now; older news than the last are none."""
        if news.at < self.at:
            return self
        paused = self.paused and news.recording
        return replace(news, muted=self.muted, paused=paused)

    def asked(self, action: str) -> InCall:
        """This, after the provider did what was asked of it and tells no event of."""
        match action:
            case "mute" | "unmute":
                return replace(self, muted=action == "mute")
            case "pause_recording" | "resume_recording":
                return replace(self, paused=action == "pause_recording")
            case "hold" | "resume" if self.at == 0:
                return replace(self, held=action == "hold")
            case _:
                return self


NOTHING_IN_CALL = InCall()
