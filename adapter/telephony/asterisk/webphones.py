"""Agents' phones in the browser, made in Asterisk for one page at a time.

Endpoint, address and password are pushed into Asterisk's memory (sorcery.conf must allow it), so
that nothing of them outlives a restart. Such a phone can be rung and nothing else: its context has
no extension, so that no page can dial past the rules.
https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/ARI-Push-Configuration/
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit, urlunsplit

from adapter.telephony.asterisk import ids, legs, wire
from adapter.telephony.asterisk.account import AsteriskAccount, written_identity
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.hands import LEASH, MUTED, RING, SHOWN
from adapter.telephony.asterisk.wire import Channel
from adapter.telephony.browserphones import PhoneLogin

NOWHERE = "softphone-dials-nothing"
"""A context that no dialplan has."""

AGAIN = "again"
"""Why the page's phone is rung: to have its audio back, which it takes without asking."""

AGAIN_SECONDS = 15
TURN_SECONDS = 12 * 3600
"""As long as a sign-in may last."""

PASSWORD_BYTES = 24
LISTENING_SECONDS = 1.0
"""How long a leg is listened to before it is called silent; a packet comes each 20 ms."""


class WebPhones:
    """Makes them, takes them away, and brings one back into its call."""

    def __init__(self, client: AriClient, account: AsteriskAccount) -> None:
        self._client = client
        self._account = account

    async def open(self, user: str, now: int) -> PhoneLogin:
        """Make the user's phone, or give the one that is there a new password; `now` in Unix ms."""
        name, password = self._account.web_endpoint(user), secrets.token_urlsafe(PASSWORD_BYTES)
        for kind, fields in _objects(name, password, user, self._account).items():
            await self._client.configure(kind, name, fields)
        if (leg := await self._talking(user)) is not None:
            await self._client.stop_music(ids.bridge(_root(leg)))
        ice = ice_servers(self._account.turn_urls, self._account.turn_secret, name, now)
        return PhoneLogin(name, password, socket_url(self._account.url), ice)

    async def close(self, user: str, *, unused: bool) -> None:
        """Take it away; a call that it is in goes on."""
        name = self._account.web_endpoint(user)
        if unused and await self._client.is_online(name):
            return
        for kind in ("endpoint", "aor", "auth"):
            await self._client.unconfigure(kind, name)

    async def comfort(self, user: str) -> None:
        """Let whoever talks with a page that is gone hear music, unless its audio still comes.

        It ends when the page is back, or its leg's place is taken.
        """
        leg = await self._talking(user)
        if leg is None:
            return
        before = await self._client.received(leg.id)
        await asyncio.sleep(LISTENING_SECONDS)
        if await self._client.received(leg.id) > before or not await self._talks(user, leg):
            return
        await self._client.play_music(ids.bridge(_root(leg)))
        if not await self._talks(user, leg):
            await self._client.stop_music(ids.bridge(_root(leg)))

    async def _talks(self, user: str, leg: Channel) -> bool:
        """Whether this leg is still the newest, whose place nobody has taken."""
        newest = await self._talking(user)
        return newest is not None and newest.id == leg.id

    async def _talking(self, user: str) -> Channel | None:
        """The leg at the user's phone that is in a talk, the newest."""
        leg = _leg_of(await self._client.channels(), f"PJSIP/{self._account.web_endpoint(user)}")
        return leg if leg is not None and leg.state == "Up" else None

    async def restore(self, user: str, now: int) -> bool:
        """Call the phone anew for the call that it was in; the steering swaps the legs.

        `now` is in Unix ms. The name of the new leg tells that it is the newer one.
        """
        channels = await self._client.channels()
        lost = _leg_of(channels, f"PJSIP/{self._account.web_endpoint(user)}")
        if lost is None:
            return False
        root, (_, _, _, number) = _root(lost), lost.arguments[:4]
        number_of_leg = _number(lost, channels, now)
        if lost.state == "Up":
            leg, kind = ids.takeover(root, number_of_leg), AGAIN
        else:  # One more phone that rings: whichever is picked up first has the call.
            leg = ids.device(root, ids.DEVICES + number_of_leg)
            kind = legs.INBOUND if ids.channel_of_call(root) else legs.OUTBOUND
        variables = {LEASH: str(AGAIN_SECONDS + 30), RING: kind}
        if shown := written_identity("", number):
            variables[SHOWN] = shown
        arguments = ids.arguments(legs.OUTBOUND, root, user, number)
        endpoint = f"PJSIP/{self._account.web_endpoint(user)}"
        await self._client.create(endpoint, arguments, leg, variables=variables)
        if await self._client.variable(lost.id, MUTED):
            await self._client.set_variable(leg, MUTED, "1")
            await self._client.tell(leg, "mute", direction="in")
        await self._client.dial(leg, AGAIN_SECONDS)
        return True


def _leg_of(channels: tuple[Channel, ...], endpoint: str) -> Channel | None:
    """The leg at that phone: one that talks before one that rings, the newest first."""
    mine = [
        one
        for one in channels
        if one.endpoint == endpoint and ids.leg_name(one.id) and len(one.arguments) >= 4
    ]
    return max(mine, key=lambda one: (one.state == "Up", one.creationtime), default=None)


def _root(leg: Channel) -> str:
    name = ids.leg_name(leg.id)
    return name.root if name else ""


def _number(lost: Channel, channels: tuple[Channel, ...], now: int) -> int:
    """Greater than that of any leg before it, were that gone already: it grows with the time."""
    names = [name for one in channels if (name := ids.leg_name(one.id))]
    taken = [name.number for name in names if name.root == _root(lost)]
    first = min(
        wire.milliseconds(one.creationtime) for one in channels if _root(one) == _root(lost)
    )
    return min(max([*taken, (now - first) // 2000]) + 1, ids.TAKEOVERS - ids.DEVICES)


def _objects(
    name: str, password: str, user: str, account: AsteriskAccount
) -> dict[str, dict[str, str]]:
    """What Asterisk is told of the phone, by kind; what others stand on comes first.

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
    """The relays, with a password that coturn can check by itself until it is too old.

    https://github.com/coturn/coturn/blob/master/README.turnserver (use-auth-secret)
    """
    named = [url for url in urls.split(",") if url]
    relays = [url for url in named if not url.startswith("stun:")]
    others = [url for url in named if url.startswith("stun:")]
    until = f"{now // 1000 + TURN_SECONDS}:{name}"
    proof = hmac.new(secret.encode(), until.encode(), hashlib.sha1).digest()
    password = base64.b64encode(proof).decode()
    found: list[dict[str, object]] = [{"urls": others}] if others else []
    if relays:
        found.append({"urls": relays, "username": until, "credential": password})
    return tuple(found)


def socket_url(url: str) -> str:
    """Where Asterisk takes SIP over WebSocket (RFC 7118), given its HTTP server's address."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, f"{parts.path}/ws", "", ""))
