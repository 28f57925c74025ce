"""Commands: what each failure means for the call."""

from __future__ import annotations

import pytest

from adapter.telephony.asterisk.commands import (
    Answer,
    Command,
    Connect,
    DropBridge,
    Join,
    RingAgent,
    lost_leg,
)


@pytest.mark.parametrize(
    ("command", "leg"),
    [
        (Connect("c1", "ada", "c1-d0", "+1555"), "c1-dst"),
        (RingAgent("9-1", "ada", "9.1"), "9-1-d0"),
        (Answer("9-1", "9-1-d0", "9.1"), "9-1-d0"),
        (Join("c1", "c1-dst", "c1-t0"), "c1-t0"),
        (DropBridge("c1"), None),
    ],
)
def test_a_failed_command_loses_its_leg(command: Command, leg: str | None) -> None:
    """Without that leg the call cannot go on; what only lets go costs nothing."""
    assert lost_leg(command) == leg
