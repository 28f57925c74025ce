"""Carrying out what the steering decided, by requests to Asterisk.

Law of this file: a command may be repeated and may come too late; what is gone already is fine.
Only what could not be done is said, so that the steering sees a leg that will never be there.
"""

from __future__ import annotations

import contextlib
import re

import structlog

from adapter.telephony.asterisk import commands, ids, legs
from adapter.telephony.asterisk.account import AsteriskAccount, is_outside, written_identity
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.commands import Command, lost_leg
from adapter.telephony.asterisk.rest import NO_PHONE
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.port import ProviderError, Rejected, Unknown

log = structlog.get_logger(__name__)

DESTINATION, THIRD, CONSULTED = "dest", "third", "consult"
"""What our application is told with the channels that we call."""

LEASH = "TIMEOUT(absolute)"
"""Asterisk hangs the channel up after so many seconds, should nobody steer it any more."""

RING = "PJSIP_HEADER(add,X-Softphone-Ring)"
"""Tells the phone in the browser why it rings: the page picks up by itself what it asked for."""

MUTED = "SOFTPHONE_MUTED"
"""Set on the leg of an agent who is not heard, so that a leg in its place is not either."""

SHOWN = "CONNECTEDLINE(all,i)"
"""What the phone shows, and no more: the channel's own identity is the agent's."""


_NAME = re.compile("PJSIP/([^/@]+)")


class Hands:
    """Does what a command says."""

    def __init__(self, client: AriClient, account: AsteriskAccount) -> None:
        self._client = client
        self._account = account

    async def perform(self, command: Command) -> str | None:
        """Do it; the id of the leg that could not be brought about, or None. Never raises.

        Such a leg is hung up, should half of it be there.
        """
        try:
            await self._perform(command)
        except Exception as error:  # a bug, too, must end no other call's steering
            lost = lost_leg(command)
            bug, why = (None, error.text) if isinstance(error, ProviderError) else (error, "a bug")
            what = type(command).__name__
            log.warning("asterisk.command_failed", command=what, why=why, exc_info=bug)
            if lost is not None:
                with contextlib.suppress(ProviderError):
                    await self._client.hang_up(lost)
            return lost
        return None

    async def _perform(self, command: Command) -> None:
        client = self._client
        match command:
            case commands.Release(channel, reason):
                await client.hang_up(channel, reason)
            case commands.Connect():
                await self._connect(command)
            case commands.RingAgent(root, user, caller):
                await client.subscribe(f"channel:{caller}")
                await client.tell(caller, "ring")
                shown = await client.variable(caller, "CALLERID(all)")
                await self.ring(root, user, "", shown=shown, originator=caller)
            case commands.Answer(root, device, caller):
                await self._show_identity(device)
                await client.tell(caller, "answer")
                await client.make_bridge(ids.bridge(root))
                await client.join(ids.bridge(root), f"{caller},{device}")
                await self._leash(device)
            case commands.GoOn(caller):
                await client.tell(caller, "continue")
            case commands.Handover(party):
                await client.tell(party, "ring")
            case commands.Join(root, party, third, identity):
                await self._show_identity(third, identity)
                await client.untell(party, "ring")
                await client.join(ids.bridge(root), f"{party},{third}")
            case commands.Retrieve(root, party):
                await self.back(root, party)
            case commands.Record(root):
                await client.record(ids.bridge(root), root)
            case commands.StopRecording(root):
                await client.stop_recording(root)
            case commands.Swap(root, device):
                await self._show_identity(device)
                await client.join(ids.bridge(root), device)
                await client.stop_music(ids.bridge(root))
                await self._leash(device)
            case commands.DropBridge(root):
                await client.drop_bridge(ids.bridge(root))

    async def ring(
        self,
        root: str,
        user: str,
        number: str,
        *,
        shown: str,
        originator: str = "",
        identity: str = "",
    ) -> None:
        """Let all phones of the agent ring. Raises Rejected: surely none does; or Unknown.

        All channels are made before the first is dialed: who sees one refused knows the others.
        """
        parts = (root, user, number, identity) if identity else (root, user, number)
        arguments = ids.arguments(legs.OUTBOUND, *parts)
        variables = {LEASH: str(self._account.ring_seconds + 30)}
        if shown:
            variables[SHOWN] = shown
        made: list[str] = []
        asked: list[str] = []
        failed: ProviderError | None = None
        endpoints = list(self._account.devices_of(user))
        for place, endpoint in enumerate(endpoints):  # which grow on the way
            channel = ids.device(root, place)
            try:
                told = variables | self._why(endpoint, user, originator)
                await self._made(endpoint, arguments, channel, originator, told)
            except ProviderError as error:
                failed = _worse(failed, error)
                continue
            contacts = await self._contacts(endpoint, user, channel)
            endpoints += contacts[: ids.DEVICES - len(endpoints)]
            (asked if contacts else made).append(channel)
        try:
            await self._dial(made or asked, failed)
        finally:
            for channel in asked if made else ():
                # Only now: without any phone the call would be over.
                with contextlib.suppress(ProviderError):
                    await self._client.hang_up(channel)

    async def _dial(self, channels: list[str], failed: ProviderError | None) -> None:
        """Let each of them ring. Raises the worst that was said where none of them does."""
        ringing = 0
        for channel in channels:
            try:
                await self._client.dial(channel, self._account.ring_seconds)
                ringing += 1
            except ProviderError as error:
                failed = _worse(failed, error)
        if failed is not None and not ringing:
            raise failed

    async def _contacts(self, endpoint: str, user: str, channel: str) -> list[str]:
        """The phones that are registered under this name, where it is more than one.

        Asterisk itself dials the first of them only; a phone in the browser is one at a time.
        https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Dialplan_Functions/PJSIP_DIAL_CONTACTS/
        """
        name = _NAME.fullmatch(endpoint)
        if name is None or name[1] == self._account.web_endpoint(user):
            return []
        try:
            told = await self._client.variable(channel, f"PJSIP_DIAL_CONTACTS({name[1]})")
        except ProviderError:
            return []
        contacts = [one for one in told.split("&") if one]
        return contacts if len(contacts) > 1 else []

    def _why(self, endpoint: str, user: str, originator: str) -> dict[str, str]:
        """Why the agent's phones ring: a header for the one in the browser alone."""
        if endpoint != f"PJSIP/{self._account.web_endpoint(user)}":
            return {}
        return {RING: legs.INBOUND if originator else legs.OUTBOUND}

    async def _made(
        self,
        endpoint: str,
        arguments: str,
        channel: str,
        originator: str,
        variables: dict[str, str],
    ) -> None:
        """Make a channel; where no answer came, ask whether it is there."""
        try:
            await self._client.create(
                endpoint, arguments, channel, originator=originator, variables=variables
            )
        except Unknown:
            if not await self._client.exists(channel):
                raise

    async def _connect(self, command: commands.Connect) -> None:
        """The outgoing identity first, or the customer is shown what the agent's phone shows."""
        client, root, agent = self._client, command.root, command.device
        bridge, party = ids.bridge(root), ids.destination(root)
        endpoint = self._account.endpoint_of(command.number)
        if is_outside(command.number):
            await self._show_identity(agent, command.identity)
        await client.make_bridge(bridge)
        await client.join(bridge, agent)
        await self._leash(agent)
        arguments = ids.arguments(DESTINATION, root, command.user, command.number)
        limit = {LEASH: str(self._account.call_limit_seconds)}
        await self._made(endpoint, arguments, party, agent, limit)
        await client.join(bridge, party)
        await client.dial(party, self._account.dial_seconds, caller=agent)

    async def _show_identity(self, channel: str, number: str = "") -> None:
        """What the other side is shown, now and by every update: never who the phone is to us."""
        await self._client.set_variable(channel, "CALLERID(all)", self._account.shown_as(number))

    async def _leash(self, channel: str) -> None:
        """From now on it may last as long as a call may."""
        await self._client.set_variable(channel, LEASH, str(self._account.call_limit_seconds))

    async def call_third(self, call: Steered, target: str) -> None:
        """Call whom a call is handed over to; the steering sees the leg and does the rest."""
        channel = ids.transfer(call.root)
        await self._made_third(THIRD, channel, call, target)
        await self._client.dial(channel, self._account.dial_seconds)

    async def make_consulted(self, call: Steered, agent: str, target: str) -> None:
        """Make the channel of whom the agent calls into a call; nobody rings yet."""
        channel = ids.consulted(call.root)
        await self._made_third(CONSULTED, channel, call, target)
        for leg in [channel, agent] if is_outside(target) else [channel]:
            await self._show_identity(leg, call.identity)

    async def ring_consulted(self, root: str) -> None:
        """Ring it, where the agent hears it ring; in the bridge first, it would show the agent."""
        channel = ids.consulted(root)
        await self._client.dial(channel, self._account.dial_seconds)
        await self._client.join(ids.bridge(root), channel)

    async def back(self, root: str, party: str) -> None:
        """Who waited hears the agent again."""
        await self._client.untell(party, "moh")
        await self._client.join(ids.bridge(root), party)

    async def _made_third(self, role: str, channel: str, call: Steered, target: str) -> None:
        """A colleague sees who is spoken of, the world outside what it always sees."""
        endpoint = self._account.endpoint_of(target)
        arguments = ids.arguments(role, call.root, call.user, target)
        variables = {LEASH: str(self._account.call_limit_seconds)}
        shown = self._account.shown_as(call.identity)
        who = shown if is_outside(target) else written_identity("", call.number)
        if who:
            variables[SHOWN] = who
        await self._made(endpoint, arguments, channel, "", variables)


def _worse(before: ProviderError | None, error: ProviderError) -> ProviderError:
    """Of several failures the one that leaves more open; then the one that says more."""
    if before is None or isinstance(error, Unknown):
        return error
    if isinstance(before, Rejected) and isinstance(error, Rejected) and error.code != NO_PHONE:
        return error
    return before
