"""The driver of Asterisk: places, controls, transfers and steers calls.

Any process may send requests; only one steers (`run`). The channels hold the state of a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adapter.core.availability import Status
from adapter.core.facts import Facts
from adapter.telephony.asterisk import callupdates, ids, recovery, wire
from adapter.telephony.asterisk.account import AsteriskAccount, written_identity
from adapter.telephony.asterisk.cel import CelLog
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.controls import Talk, capabilities_of
from adapter.telephony.asterisk.executor import CommandExecutor
from adapter.telephony.asterisk.ledger import Ledger
from adapter.telephony.asterisk.rest import GONE
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.asterisk.steering import Steering
from adapter.telephony.asterisk.webphones import WebPhones
from adapter.telephony.port import (
    Action,
    Cdr,
    DriverStates,
    Placed,
    ProviderUser,
    Rejected,
    Sink,
    StaleState,
    Unknown,
    Unsupported,
)
from adapter.telephony.updates import CallUpdate, IncomingDelivery, Moment

SILENT = {Status.AWAY: "INUSE", Status.DO_NOT_DISTURB: "BUSY"}
"""Queues skip both states (ringinuse=no); a dialplan can tell them apart."""
AT_THE_PHONE = {Action.ANSWER, Action.DECLINE}
NOT_HERE = "The phone system cannot do this from here."
_ALLOWED_BY = {
    Action.RECORD: "record",
    Action.STOP_RECORDING: "record",
    Action.PAUSE_RECORDING: "pause_recording",
    Action.RESUME_RECORDING: "pause_recording",
}
"""Actions that a deployment may have switched off, and their capability."""
NOT_SERVED = "The softphone is not connected to the phone system right now. Try again soon."
HELD_AT_PHONE = "Your phone itself holds this call. Resume it there."
NO_SUCH_CALL = "This call no longer exists in the phone system."


@dataclass(eq=False, repr=False)
class AsteriskDriver:
    """One account at one Asterisk. Owns its client and its CEL database, and closes them.

    `name` is the account's; `now` in Unix ms; `watched` are the users whose phones are.
    """

    name: str
    client: AriClient
    account: AsteriskAccount
    states: DriverStates
    now: Callable[[], int]
    watched: Callable[[], Iterable[str]] = lambda: ()
    cel: CelLog | None = None

    def __post_init__(self) -> None:
        self._executor = CommandExecutor(self.client, self.account)
        self._ledger = Ledger(self.states)
        phones = WebPhones(self.client, self.account, self.now)
        # As in telephony.browserphones.BrowserPhones.
        self.has_browser_phone = self.account.has_browser_phone
        self.open_phone, self.close_phone = phones.open, phones.close
        self.comfort, self.restore_audio = phones.comfort, phones.restore
        self.steering = Steering(
            self.client,
            self._executor,
            self.account,
            now=self.now,
            users=self.watched,
            lost=lambda present: self._ledger.lost(present, self.now()),
        )
        self.capabilities = capabilities_of(self.account, call_log=self.cel is not None)

    async def run(self, sink: Sink) -> None:
        """Steer until cancelled or until another process takes over."""

        async def tell(update: CallUpdate) -> bool:
            delivery = self._delivery_of(update)
            is_first = not self._ledger.knows(update.provider_call_id)
            try:
                taken = await sink.deliver(delivery)
            except StaleState:
                await self._ledger.again(update.provider_call_id)
                raise
            for entry in delivery.states:
                if taken or entry.over:
                    self._ledger.stored(entry)
            return taken and is_first

        await self._ledger.read()
        await self.steering.run(tell)

    def _delivery_of(self, update: CallUpdate) -> IncomingDelivery:
        """An update as a delivery; one about another user's part is not parkable."""
        body = wire.write_update(update)
        return IncomingDelivery(
            account=self.name,
            event_id=wire.update_id(body, update.moment),
            type=f"call.{update.moment}",
            body=body,
            update=update,
            parkable=update.user_id != callupdates.NOBODY,
            states=(self._ledger.entry(update, body),),
        )

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Read a stored update; None if it is unreadable."""
        try:
            return wire.read_update(body)
        except wire.Malformed:
            return None

    # --- placing -------------------------------------------------------------------

    async def place(
        self,
        call_id: str,
        user_id: str,
        dial_string: str,
        *,
        ring_profile: str | None = None,
        caller_id: str | None = None,
    ) -> Placed:
        """Ring the agent's phones; steering calls the destination when one is picked up."""
        root = ids.root_of(call_id)
        request_id = ids.device(root, 0)
        shown = written_identity("", dial_string)
        try:
            self.account.endpoint_of(dial_string)
            identity = caller_id or ""
            await self._executor.ring(root, user_id, dial_string, shown=shown, identity=identity)
        except Rejected as error:
            served = error.code != GONE
            code, text = (error.code, error.text) if served else ("not-served", NOT_SERVED)
            wait = error.retry_after
            raise Rejected(code, text, retry_after=wait, request_id=request_id) from error
        except Unknown as error:
            raise Unknown(error.text, request_id=request_id, provider_call_id=root) from error
        return Placed(root, request_id)

    # --- in the call ---------------------------------------------------------------

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Call the target; when it rings, the agent leaves the call."""
        call = await self._require_call(provider_call_id)
        if call.party is None or call.agent is None:
            raise Rejected("no-call", NO_SUCH_CALL)
        await Talk(call, self.client, self._executor).hand_over(target)

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Hang up at any stage; all other actions need a connected call."""
        if action is Action.HANG_UP:
            await self._hang_up(provider_call_id)
            return
        allowed = _ALLOWED_BY.get(action)
        if action in AT_THE_PHONE or (allowed and not getattr(self.capabilities, allowed)):
            raise Unsupported(NOT_HERE)
        known = self.steering.board.calls.get(provider_call_id)
        if action is Action.RESUME and known is not None and known.is_held_at_phone:
            raise Rejected("held-at-phone", HELD_AT_PHONE)
        call = await self._require_call(provider_call_id)
        await Talk(call, self.client, self._executor).do(action, value or "")

    async def _hang_up(self, provider_call_id: str) -> None:
        """Hang up every leg, at whatever stage the call is."""
        caller = ids.channel_of_call(provider_call_id)
        legs = [] if caller is None else [caller]
        for channel in await self.client.channels():
            name = ids.leg_name(channel.id)
            if name is not None and name.root == provider_call_id:
                legs.append(channel.id)
        for leg in legs:
            await self.client.hang_up(leg)

    async def _require_call(self, provider_call_id: str) -> Steered:
        """The call as Asterisk has it now. Raises Rejected."""
        call = await self._find_call(provider_call_id)
        if call is None:
            raise Rejected("no-call", NO_SUCH_CALL)
        return call

    async def _find_call(self, root: str, *, answered: bool = False) -> Steered | None:
        channels = await self.client.channels()
        bridges = await self.client.bridges()
        mine = [channel for channel in channels if _is_of(channel, root)]
        times = await self.steering.answered(mine) if answered else {}
        calls = recovery.recovered_calls(mine, bridges, times, self.now())
        return next((call for call in calls if call.root == root), None)

    # --- availability ----------------------------------------------------------------

    async def pause(self, user_id: str, status: Status, on: bool, reason: str = "") -> bool:
        """Set the agent's device state, which the dialplan and its queues check."""
        state = SILENT[status] if on else "NOT_INUSE"
        await self.client.set_device_state(self.account.device_state_of(user_id), state)
        return True

    # --- CDRs ----------------------------------------------------------------------

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """The CDR of a live call from its channels, of a finished one from the event log."""
        call = await self._find_call(provider_call_id, answered=True)
        if call is not None:
            update = callupdates.cdr_of(call)
            return Cdr(update, None if call.inbound else call.number)
        watched = ids.channel_of_call(provider_call_id)
        if watched is not None and await self.client.exists(watched):
            return Cdr(CallUpdate(Moment.CDR, provider_call_id, None, Facts()))
        return await self.cel.call(provider_call_id) if self.cel is not None else None

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """The agent's CDRs, newest first. Raises Unsupported without an event log."""
        if self.cel is None:
            raise Unsupported("Asterisk has no channel event log (CEL) that can be read.")
        web = f"PJSIP/{self.account.web_endpoint(user_id)}"
        endpoints = (*self.account.watched_of(user_id), web)
        return await self.cel.calls(user_id, endpoints, since_ms, limit)

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """Its endpoints as users; Asterisk has no e-mail addresses, so the directory is a file."""
        endpoints = await self.client.get("/endpoints/PJSIP")
        rows = [e for e in endpoints if isinstance(e, dict)] if isinstance(endpoints, list) else []
        names = sorted(str(row.get("resource") or "") for row in rows)
        return tuple(ProviderUser(name, None, None, False) for name in names if name)

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()
        if self.cel is not None:
            await self.cel.close()


def _is_of(channel: wire.Channel, root: str) -> bool:
    name = ids.leg_name(channel.id)
    return channel.id == ids.channel_of_call(root) or (name is not None and name.root == root)
