"""Controls of a talk that the suite of tests/contracts cannot bring about."""

from __future__ import annotations

import pytest

from adapter.core.availability import Status
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.controls import Talk, capabilities_of
from adapter.telephony.asterisk.executor import CommandExecutor
from adapter.telephony.asterisk.leg import Leg, State
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.port import Action, Rejected, Unsupported

ACCOUNT = AsteriskAccount("http://127.0.0.1:9", "softphone", "secret")
UP = State.UP
RINGS = Steered(
    "c1",
    "ada",
    devices=(Leg("c1-d0", UP, inside=True),),
    party=Leg("c1-dst", UP, inside=False),
    consulted=Leg("c1-c0", State.RINGING, inside=True),
    winner="c1-d0",
)


def talk(call: Steered) -> Talk:
    """A talk at an Asterisk that cannot be reached: nothing may be asked of it."""
    client = AriClient(build_http(ACCOUNT), ACCOUNT)
    return Talk(call, client, CommandExecutor(client, ACCOUNT))


@pytest.mark.parametrize("action", [Action.SWAP, Action.MERGE, Action.COMPLETE])
async def test_a_consulted_party_cannot_take_over_before_answering(action: Action) -> None:
    """A customer would hear a phone ring that nobody may pick up."""
    with pytest.raises(Rejected) as caught:
        await talk(RINGS).do(action, "")
    assert caught.value.code == "not-answered"


def test_a_call_that_is_only_watched_has_no_controls() -> None:
    """The exchange made it: its channels are not ours to move."""
    with pytest.raises(Unsupported):
        talk(Steered("9-1", "ada", party=Leg("9.1", UP)))


@pytest.mark.parametrize(
    ("recording", "pause", "record", "may_pause"),
    [
        ("off", True, False, False),
        ("on-demand", False, True, False),
        ("on-demand", True, True, True),
        ("always", True, False, True),
    ],
)
def test_recording_is_offered_as_the_deployment_has_it(
    recording: str, pause: bool, record: bool, may_pause: bool
) -> None:
    """Off unless somebody turned it on; what is always recorded is not started by an agent."""
    account = AsteriskAccount("", "", "", recording=recording, recording_pause=pause)  # type: ignore[arg-type]
    can = capabilities_of(account, call_log=False)
    assert (can.record, can.pause_recording) == (record, may_pause)


def test_availability_works_if_the_dialplan_checks_it() -> None:
    """A device state that nobody looks at would keep none away."""
    assert capabilities_of(AsteriskAccount("", "", ""), call_log=False).pauses == ()
    told = capabilities_of(
        AsteriskAccount("", "", "", device_state="Stasis:{user}"), call_log=False
    )
    assert set(told.pauses) == {Status.AWAY, Status.DO_NOT_DISTURB}
    assert told.click_in_silence
