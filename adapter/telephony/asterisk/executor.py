"""Carries out steering's commands by requests to Asterisk.

Law of this file: a command may be repeated or come too late, and a leg may already be gone.
"""

from __future__ import annotations

import contextlib
import re

import structlog

from adapter.telephony.asterisk import commands, ids, legs
from adapter.telephony.asterisk.account import AsteriskAccount, is_outside, written_identity
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.commands import Command
from adapter.telephony.asterisk.rest import NO_PHONE
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.port import ProviderError, Rejected, Unknown

log = structlog.get_logger(__name__)

DESTINATION, THIRD, CONSULTED = "dest", "third", "consult"
"""First application argument of the channels that we call."""

LEASH = "TIMEOUT(absolute)"
"""Asterisk hangs the channel up after this many seconds, in case steering stops."""

RING = "PJSIP_HEADER(add,X-Softphone-Ring)"
"""Tells the browser phone why it rings; the page answers its own calls automatically."""

MUTED = "SOFTPHONE_MUTED"
"""Set on a muted agent's leg, so that a leg that replaces it is muted too."""

SHOWN = "CONNECTEDLINE(all,i)"
"""The number that the phone shows; the channel's own identity stays the agent's."""


_NAME = re.compile("PJSIP/([^/@]+)")


class CommandExecutor:
    """Performs commands."""

    def __init__(self, client: AriClient, account: AsteriskAccount) -> None:
        self._client = client
        self._account = account

    async def perform(self, command: Command) -> bool:
        """Perform a command once; False if it failed, wholly or in part. Never raises."""
        try:
            await self._perform(command)
        except Exception as error:  # a bug must not end the steering of other calls
            bug, why = (None, error.text) if isinstance(error, ProviderError) else (error, "a bug")
            name = type(command).__name__
            log.warning("asterisk.command_failed", command=name, why=why, exc_info=bug)
            return False
        return True

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
                await self._extend_limit(device)
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
                await self._swap(ids.bridge(root), device)
            case commands.DropBridge(root):
                await client.drop_bridge(ids.bridge(root))

    async def _swap(self, bridge: str, device: str) -> None:
        await self._show_identity(device)
        # Asterisk mutes no channel that is not answered (412).
        if await self._client.variable(device, MUTED):
            await self._client.tell(device, "mute", direction="in")
        await self._client.join(bridge, device)
        await self._client.stop_music(bridge)
        await self._extend_limit(device)

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
        """Ring all phones of the agent. Raises Rejected (certainly none rings) or Unknown.

        All channels are created before the first is dialed, so a refused one shows the others.
        """
        parts = (root, user, number, identity) if identity else (root, user, number)
        arguments = ids.arguments(legs.OUTBOUND, *parts)
        variables = {LEASH: str(self._account.ring_seconds + 30)}
        if shown:
            variables[SHOWN] = shown
        made: list[str] = []
        unused: list[str] = []
        failed: ProviderError | None = None
        endpoints = list(self._account.devices_of(user))
        for place, endpoint in enumerate(endpoints):  # the list grows in the loop
            channel = ids.device(root, place)
            try:
                own_variables = variables | self._ring_reason(endpoint, user, originator)
                await self._make_channel(endpoint, arguments, channel, originator, own_variables)
            except ProviderError as error:
                failed = _worse(failed, error)
                continue
            contacts = await self._contacts_of(endpoint, user, channel)
            endpoints += contacts[: ids.DEVICES - len(endpoints)]
            (unused if contacts else made).append(channel)
        try:
            await self._dial(made or unused, failed)
        finally:
            for channel in unused if made else ():
                # Not earlier: without any phone the call would be over.
                with contextlib.suppress(ProviderError):
                    await self._client.hang_up(channel)

    async def _dial(self, channels: list[str], failed: ProviderError | None) -> None:
        """Ring each channel. Raises the worst error if none of them rings."""
        ringing = 0
        for channel in channels:
            try:
                await self._client.dial(channel, self._account.ring_seconds)
                ringing += 1
            except ProviderError as error:
                failed = _worse(failed, error)
        if failed is not None and not ringing:
            raise failed

    async def _contacts_of(self, endpoint: str, user: str, channel: str) -> list[str]:
        """The phones that are registered under this name, if there are several.

        Asterisk itself dials only the first of them. A browser phone registers only once.
        https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Dialplan_Functions/PJSIP_DIAL_CONTACTS/
        """
        name = _NAME.fullmatch(endpoint)
        if name is None or name[1] == self._account.web_endpoint(user):
            return []
        try:
            text = await self._client.variable(channel, f"PJSIP_DIAL_CONTACTS({name[1]})")
        except ProviderError:
            return []
        contacts = [contact for contact in text.split("&") if contact]
        return contacts if len(contacts) > 1 else []

    def _ring_reason(self, endpoint: str, user: str, originator: str) -> dict[str, str]:
        """A header that tells the browser phone why it rings; empty for other phones."""
        if endpoint != f"PJSIP/{self._account.web_endpoint(user)}":
            return {}
        return {RING: legs.INBOUND if originator else legs.OUTBOUND}

    async def _make_channel(
        self,
        endpoint: str,
        arguments: str,
        channel: str,
        originator: str,
        variables: dict[str, str],
    ) -> None:
        """Create a channel; if no answer comes, check whether it exists."""
        try:
            await self._client.create(
                endpoint, arguments, channel, originator=originator, variables=variables
            )
        except Unknown:
            if not await self._client.exists(channel):
                raise

    async def _connect(self, command: commands.Connect) -> None:
        """Set the outgoing identity first; otherwise the customer sees the agent's phone."""
        client, root, agent = self._client, command.root, command.device
        bridge, party = ids.bridge(root), ids.destination(root)
        endpoint = self._account.endpoint_of(command.number)
        if is_outside(command.number):
            await self._show_identity(agent, command.identity)
        await client.make_bridge(bridge)
        await client.join(bridge, agent)
        await self._extend_limit(agent)
        arguments = ids.arguments(DESTINATION, root, command.user, command.number)
        limit = {LEASH: str(self._account.call_limit_seconds)}
        await self._make_channel(endpoint, arguments, party, agent, limit)
        await client.join(bridge, party)
        await client.dial(party, self._account.dial_seconds, caller=agent)

    async def _show_identity(self, channel: str, number: str = "") -> None:
        """Set what the other side is shown, now and in updates, instead of the phone's own id."""
        await self._client.set_variable(channel, "CALLERID(all)", self._account.shown_as(number))

    async def _extend_limit(self, channel: str) -> None:
        """Extend the channel's time limit to that of a call."""
        await self._client.set_variable(channel, LEASH, str(self._account.call_limit_seconds))

    async def call_third(self, call: Steered, target: str) -> None:
        """Call the target of a transfer; steering sees the leg and does the rest."""
        channel = ids.transfer(call.root)
        await self._make_third(THIRD, channel, call, target)
        await self._client.dial(channel, self._account.dial_seconds)

    async def make_consulted(self, call: Steered, agent: str, target: str) -> None:
        """Create the channel of a consulted party, without ringing it."""
        channel = ids.consulted(call.root)
        await self._make_third(CONSULTED, channel, call, target)
        for leg in [channel, agent] if is_outside(target) else [channel]:
            await self._show_identity(leg, call.identity)

    async def ring_consulted(self, root: str) -> None:
        """Ring the consulted party before it joins the bridge, where it would show the agent."""
        channel = ids.consulted(root)
        await self._client.dial(channel, self._account.dial_seconds)
        await self._client.join(ids.bridge(root), channel)

    async def back(self, root: str, party: str) -> None:
        """Take the party off hold."""
        await self._client.untell(party, "moh")
        await self._client.join(ids.bridge(root), party)

    async def _make_third(self, role: str, channel: str, call: Steered, target: str) -> None:
        """Create the third's channel; a colleague is shown the other party, others our identity."""
        endpoint = self._account.endpoint_of(target)
        arguments = ids.arguments(role, call.root, call.user, target)
        variables = {LEASH: str(self._account.call_limit_seconds)}
        shown = self._account.shown_as(call.identity)
        who = shown if is_outside(target) else written_identity("", call.number)
        if who:
            variables[SHOWN] = who
        await self._make_channel(endpoint, arguments, channel, "", variables)


def _worse(before: ProviderError | None, error: ProviderError) -> ProviderError:
    """The worse of two failures: the less certain one, then the more informative one."""
    if before is None or isinstance(error, Unknown):
        return error
    if isinstance(before, Rejected) and isinstance(error, Rejected) and error.code != NO_PHONE:
        return error
    return before
