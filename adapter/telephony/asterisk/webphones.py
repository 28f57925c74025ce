"""Agents' browser phones, created in Asterisk for one page at a time.

Endpoint, AOR and password are pushed into Asterisk's memory (sorcery.conf must allow it) and do not
survive a restart. Such a phone can only be rung: its context has no extensions, so no page can dial
around the rules.
https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/ARI-Push-Configuration/
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from adapter.telephony.asterisk import ids, legs, wire
from adapter.telephony.asterisk.account import AsteriskAccount, written_identity
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.executor import LEASH, MUTED, RING, SHOWN
from adapter.telephony.asterisk.wire import Channel
from adapter.telephony.browserphones import PhoneLogin

NOWHERE = "softphone-dials-nothing"
"""A context that no dialplan has."""

AGAIN = "again"
"""Reason to ring the page's phone: to restore its audio, which it answers automatically."""

AGAIN_SECONDS = 15
TURN_SECONDS = 12 * 3600
"""The longest duration of a sign-in."""

PASSWORD_BYTES = 24
LISTENING_SECONDS = 1.0
"""How long a leg is observed before it counts as silent; packets come every 20 ms."""


class WebPhones:
    """Creates and removes browser phones, and restores one in its call."""

    def __init__(self, client: AriClient, account: AsteriskAccount, now: Callable[[], int]) -> None:
        """`now` in Unix ms."""
        self._client = client
        self._account = account
        self._now = now

    async def open(self, user: str) -> PhoneLogin:
        """Create the user's phone, or set a new password."""
        name, password = self._account.web_endpoint(user), secrets.token_urlsafe(PASSWORD_BYTES)
        for kind, fields in _config_objects(name, password, user, self._account).items():
            await self._client.configure(kind, name, fields)
        if (leg := await self._talking_leg(user)) is not None:
            await self._client.stop_music(ids.bridge(_root_of(leg)))
        ice = ice_servers(self._account.turn_urls, self._account.turn_secret, name, self._now())
        return PhoneLogin(name, password, socket_url(self._account.url), ice)

    async def close(self, user: str, *, unused: bool = False) -> None:
        """Remove the phone; with `unused` only if it is not registered. Its call goes on."""
        name = self._account.web_endpoint(user)
        if unused and await self._client.is_online(name):
            return
        for kind in ("endpoint", "aor", "auth"):
            await self._client.unconfigure(kind, name)

    async def comfort(self, user: str) -> None:
        """Play music to the other party of a page that is gone, unless its audio still arrives.

        It ends when the page is back or its leg is replaced.
        """
        leg = await self._talking_leg(user)
        if leg is None:
            return
        before = await self._client.received(leg.id)
        await asyncio.sleep(LISTENING_SECONDS)
        if await self._client.received(leg.id) > before or not await self._is_newest(user, leg):
            return
        await self._client.play_music(ids.bridge(_root_of(leg)))
        if not await self._is_newest(user, leg):
            await self._client.stop_music(ids.bridge(_root_of(leg)))

    async def _is_newest(self, user: str, leg: Channel) -> bool:
        """Whether this leg is still the newest and not replaced."""
        newest = await self._talking_leg(user)
        return newest is not None and newest.id == leg.id

    async def _talking_leg(self, user: str) -> Channel | None:
        """The newest answered leg of the user's phone."""
        leg = _leg_of(await self._client.channels(), f"PJSIP/{self._account.web_endpoint(user)}")
        return leg if leg is not None and leg.state == "Up" else None

    async def restore(self, user: str) -> bool:
        """Call the phone again for the call that it was in; steering swaps the legs.

        The new leg's name shows that it is newer.
        """
        channels = await self._client.channels()
        lost = _leg_of(channels, f"PJSIP/{self._account.web_endpoint(user)}")
        if lost is None:
            return False
        root, (_, _, _, number) = _root_of(lost), lost.arguments[:4]
        number_of_leg = _next_number(lost, channels, self._now())
        if lost.state == "Up":
            leg, kind = ids.takeover(root, number_of_leg), AGAIN
        else:  # One more ringing phone: the first one picked up gets the call.
            leg = ids.device(root, ids.DEVICES + number_of_leg)
            kind = legs.INBOUND if ids.channel_of_call(root) else legs.OUTBOUND
        variables = {LEASH: str(AGAIN_SECONDS + 30), RING: kind}
        if shown := written_identity("", number):
            variables[SHOWN] = shown
        if await self._client.variable(lost.id, MUTED):
            variables[MUTED] = "1"
        arguments = ids.arguments(legs.OUTBOUND, root, user, number)
        endpoint = f"PJSIP/{self._account.web_endpoint(user)}"
        await self._client.create(endpoint, arguments, leg, variables=variables)
        await self._client.dial(leg, AGAIN_SECONDS)
        return True


def _leg_of(channels: tuple[Channel, ...], endpoint: str) -> Channel | None:
    """The phone's leg: an answered one before a ringing one, then the newest."""
    mine = [
        leg
        for leg in channels
        if leg.endpoint == endpoint and ids.leg_name(leg.id) and len(leg.arguments) >= 4
    ]
    return max(mine, key=lambda leg: (leg.state == "Up", leg.creationtime), default=None)


def _root_of(leg: Channel) -> str:
    name = ids.leg_name(leg.id)
    return name.root if name else ""


def _next_number(lost: Channel, channels: tuple[Channel, ...], now: int) -> int:
    """A number higher than all earlier legs', even those gone; it grows with time."""
    names = [name for channel in channels if (name := ids.leg_name(channel.id))]
    taken = [name.number for name in names if name.root == _root_of(lost)]
    first = min(
        wire.milliseconds(leg.creationtime) for leg in channels if _root_of(leg) == _root_of(lost)
    )
    return min(max([*taken, (now - first) // 2000]) + 1, ids.TAKEOVERS - ids.DEVICES)


def _config_objects(
    name: str, password: str, user: str, account: AsteriskAccount
) -> dict[str, dict[str, str]]:
    """The phone's PJSIP objects by kind, in the order in which they depend on each other.

    https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/Module_Configuration/res_pjsip/
    """
    endpoint = {
        "auth": name,
        "aors": name,
        "context": NOWHERE,
        "webrtc": "yes",
        "dtls_auto_generate_cert": "yes",
        "disallow": "all",
        "allow": account.browser_codecs,
        "direct_media": "no",
        "allow_transfer": "no",
        "allow_subscribe": "no",
        "timers": "no",
        "rtp_timeout": str(account.browser_return_seconds),
    }
    if user.isdigit():
        endpoint["callerid"] = f"<{user}>"
    return {
        "auth": {"auth_type": "userpass", "username": name, "password": password},
        "aor": {"max_contacts": "1", "remove_existing": "yes"},
        "endpoint": endpoint,
    }


def ice_servers(urls: str, secret: str, name: str, now: int) -> tuple[dict[str, object], ...]:
    """The STUN and TURN servers, with a time-limited password that coturn can verify.

    https://github.com/coturn/coturn/blob/master/README.turnserver (use-auth-secret)
    """
    named = [url for url in urls.split(",") if url]
    relays = [url for url in named if not url.startswith("stun:")]
    stun = [url for url in named if url.startswith("stun:")]
    until = f"{now // 1000 + TURN_SECONDS}:{name}"
    proof = hmac.new(secret.encode(), until.encode(), hashlib.sha1).digest()
    password = base64.b64encode(proof).decode()
    servers: list[dict[str, object]] = [{"urls": stun}] if stun else []
    if relays:
        servers.append({"urls": relays, "username": until, "credential": password})
    return tuple(servers)


def socket_url(url: str) -> str:
    """Asterisk's SIP-over-WebSocket address (RFC 7118), from its HTTP server's address."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, f"{parts.path}/ws", "", ""))
