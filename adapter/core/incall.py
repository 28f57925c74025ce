"""What happens within a connected call: hold, conference, recording. Pure.

Law of this file: the provider reports the complete state each time, so the latest report holds,
whatever was lost before it. What it has no event for is derived from successful requests.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from adapter.core.values import Value


class ThirdState(StrEnum):
    """The state of a third party who was called into the call."""

    RINGING = "ringing"
    """The third party's phone rings; the other party waits."""
    TALKING = "talking"
    """The agent talks to the third party; the other party waits."""
    WAITING = "waiting"
    """The agent talks to the other party; the third party waits."""
    JOINED = "joined"
    """All three talk."""


class Third(Value, frozen=True):
    """A third party in the call; `number` is as the provider writes it, `since` is Unix ms."""

    number: str
    state: ThirdState
    since: int


class InCall(Value, frozen=True):
    """The state within a call; `at` is when the provider reported it (Unix ms), 0 if it never did.

    `held`: the other party waits; `paused`: the recording is paused.
    """

    at: int = 0
    third: Third | None = None
    held: bool = False
    muted: bool = False
    recording: bool = False
    paused: bool = False

    def updated(self, report: InCall) -> InCall:
        """The state after the provider's report; a report older than the last one is ignored."""
        if report.at < self.at:
            return self
        paused = self.paused and report.recording
        return replace(report, muted=self.muted, paused=paused)

    def after(self, action: str) -> InCall:
        """The state after a successful request for which the provider has no event."""
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
