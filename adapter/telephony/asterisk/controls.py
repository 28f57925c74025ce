"""Controls during a talk: hold, mute, digits, a third party, a recording.

Law of this file: a party on hold hears music and is in no bridge; a party that the agent talks with
is in the call's bridge. So Asterisk's bridges show the state of the call to any process.
"""

from __future__ import annotations

import contextlib

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.executor import MUTED, CommandExecutor
from adapter.telephony.asterisk.leg import Leg
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.port import Action, Capabilities, ProviderError, Rejected, Unsupported

NOT_OURS = "This call was not started here, so you can only hang up."
NOT_CALLED_IN = "Nobody else is in this call."
NOT_ANSWERED = "The person you called has not answered yet."
CALLED_IN = "A third person is already in this call. Let them go first."
NOT_RECORDED = "This call is not recorded."
ONLY_CONSULTED = {Action.SWAP, Action.MERGE, Action.COMPLETE, Action.CANCEL}


def capabilities_of(account: AsteriskAccount, *, call_log: bool) -> Capabilities:
    """The capabilities of this account; `call_log`: its CDRs can be read."""
    recorded = account.recording != "off"
    return Capabilities(
        transfer=True,
        hang_up=True,
        hold=True,
        mute=True,
        digits=True,
        consult=True,
        conference=True,
        caller_id=True,
        record=account.recording == "on-demand",
        pause_recording=recorded and account.recording_pause,
        emergency=account.emergency,
        call_log=call_log,
        browser_phone=account.has_browser_phones,
        do_not_disturb=bool(account.device_state),
        pause_queues=bool(account.device_state),
        click_in_silence=True,
    )


class Talk:
    """One connected call. Methods may raise Rejected or Unknown."""

    def __init__(self, call: Steered, client: AriClient, executor: CommandExecutor) -> None:
        """Raises Unsupported for a call that we only watch."""
        if call.party is None or call.agent is None:
            raise Unsupported(NOT_OURS)
        self._call, self._party, self._agent = call, call.party, call.agent
        self._third = call.consulted
        self._client, self._executor = client, executor
        self._bridge = ids.bridge(call.root)

    async def do(self, action: Action, value: str) -> None:  # noqa: PLR0912 - a table
        """Perform a control; `value` holds digits, or the number to consult."""
        client, root = self._client, self._call.root
        if action in ONLY_CONSULTED and self._third is None:
            raise Rejected("nobody", NOT_CALLED_IN)
        match action:
            case Action.HOLD:
                self._require_two_parties()
                await self._hold(self._party)
            case Action.RESUME:
                self._require_two_parties()
                await self._resume(self._party)
            case Action.MUTE:
                await client.tell(self._agent.id, "mute", direction="in")
                await client.set_variable(self._agent.id, MUTED, "1")
            case Action.UNMUTE:
                await client.set_variable(self._agent.id, MUTED, "")
                await client.untell(self._agent.id, "mute", direction="in")
            case Action.DIGITS:
                await client.tell(self._listener.id, "dtmf", dtmf=value)
            case Action.CONSULT:
                await self._consult(value)
            case Action.SWAP:
                await self._swap()
            case Action.MERGE:
                await self._merge()
            case Action.COMPLETE:
                await self._merge()
                await client.part(self._bridge, self._agent.id)
                await client.hang_up(self._agent.id)
            case Action.CANCEL:
                await client.hang_up(ids.consulted(root))
            case Action.RECORD:
                await client.record(self._bridge, root)
            case Action.STOP_RECORDING:
                await client.stop_recording(root)
            case _:
                await self._pause_recording(on=action is Action.PAUSE_RECORDING)

    async def hand_over(self, target: str) -> None:
        """Call the transfer's target; when it rings, the agent leaves the call."""
        self._require_two_parties()
        await self._executor.call_third(self._call, target)

    def _require_two_parties(self) -> None:
        if self._third is not None or self._call.transfer is not None:
            raise Rejected("called-in", CALLED_IN)

    @property
    def _listener(self) -> Leg:
        """The party that the agent talks with; in a conference, the other party."""
        third, party = self._third, self._party
        return third if third is not None and third.inside and not party.inside else party

    async def _consult(self, target: str) -> None:
        """Hold the other party once the third's channel exists; on failure change nothing."""
        self._require_two_parties()
        channel = ids.consulted(self._call.root)
        await self._executor.make_consulted(self._call, self._agent.id, target)
        try:
            await self._hold(self._party)
            await self._executor.ring_consulted(self._call.root)
        except ProviderError:
            with contextlib.suppress(ProviderError):
                await self._client.hang_up(channel)
            raise

    async def _swap(self) -> None:
        third = self._answered_third()
        there, waiting = (third, self._party) if third.inside else (self._party, third)
        if waiting.inside:
            raise Rejected("conference", CALLED_IN)
        await self._hold(there)
        await self._resume(waiting)

    async def _merge(self) -> None:
        for leg in (self._answered_third(), self._party):
            if not leg.inside:
                await self._resume(leg)

    def _answered_third(self) -> Leg:
        if self._third is None or not self._third.is_up:
            raise Rejected("not-answered", NOT_ANSWERED)
        return self._third

    async def _hold(self, leg: Leg) -> None:
        if leg.inside:
            await self._client.part(self._bridge, leg.id)
        await self._client.tell(leg.id, "moh")

    async def _resume(self, leg: Leg) -> None:
        await self._client.untell(leg.id, "moh")
        await self._client.join(self._bridge, leg.id)

    async def _pause_recording(self, *, on: bool) -> None:
        try:
            await self._client.pause_recording(self._call.root, on=on)
        except Rejected as error:
            raise Rejected(error.code, NOT_RECORDED) from error
