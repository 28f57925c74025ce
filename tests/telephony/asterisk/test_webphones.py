"""Phones in the browser as Asterisk is told of them: for one page, with no way out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from yarl import URL

from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.webphones import NOWHERE, WebPhones
from adapter.telephony.transport import HttpClient, Response

ACCOUNT = AsteriskAccount("https://pbx.example/x", "u", "s", browser_phone=True)
WEB = "PJSIP/web-ada"


class Pbx(HttpClient):
    """Answers requests, and remembers those that change something."""

    packets: tuple[int, ...] = (7, 7)
    """How many had come from a leg, the first time and later."""

    def __init__(self, *channels: dict[str, Any], online: bool = True, muted: bool = False) -> None:
        super().__init__(ACCOUNT.url, {})
        self.channels = channels
        self.online = online
        self.muted = muted
        self.asked: list[tuple[str, str]] = []
        self.bodies: dict[str, Any] = {}
        self.queries: dict[str, Any] = {}

    async def request(
        self,
        method: str,
        url: str | URL,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Response:
        """Answer a request."""
        path = str(url)
        if method == "GET":
            found: Any = {"state": "online" if self.online else "offline"}
            if path == "/channels":
                found = self.channels
            elif path.endswith("/rtp_statistics"):
                count, *rest = self.packets
                self.packets = (*rest, count) if len(rest) else self.packets
                found = {"rxcount": count}
            elif path.endswith("/variable"):
                found = {"value": "1" if self.muted else ""}
            return Response(URL(path), 200, "OK", {}, orjson.dumps(found))
        self.asked.append((method, path))
        self.bodies[path] = json
        self.queries[path] = dict(params or {})
        return Response(URL(path), 204, "No Content", {}, b"")

    def phones(self, account: AsteriskAccount = ACCOUNT) -> WebPhones:
        """Phones at this one."""
        return WebPhones(AriClient(self, account), account, lambda: NOON)


def a_leg(name: str, state: str, at: int = 0, number: str = "+1555", where: str = WEB) -> Any:
    """A leg of ada's at her phone in the browser, made at that second."""
    return {
        "id": name,
        "name": f"{where}-0000001",
        "state": state,
        "creationtime": f"2026-11-29T20:00:{at:02}.000+0000",
        "dialplan": {"app_data": f"softphone,user,{name.partition('-')[0]},ada,{number}"},
    }


NOON = 1_795_982_400_000 + 10_000
"""Ten seconds after the first leg was made: 2026-11-29T20:00:10Z."""


def fields(body: Any) -> dict[str, str]:
    """What an object was told."""
    return {one["attribute"]: one["value"] for one in body["fields"]}


async def test_a_phone_can_be_rung_and_can_dial_nobody() -> None:
    """Its context has no extension, and it may hand nothing over; each page has a new password."""
    pbx = Pbx()
    phones = pbx.phones()
    login, again = await phones.open("ada"), await phones.open("ada")
    told = [path.rsplit("/", 2)[1:] for _, path in pbx.asked[:3]]
    assert told == [["auth", "web-ada"], ["aor", "web-ada"], ["endpoint", "web-ada"]]
    endpoint = fields(pbx.bodies[pbx.asked[2][1]])
    assert endpoint["context"] == NOWHERE
    assert endpoint["allow_transfer"] == endpoint["allow_subscribe"] == "no"
    assert endpoint["rtp_timeout"] == "30"
    assert fields(pbx.bodies[pbx.asked[1][1]]) == {"max_contacts": "1", "remove_existing": "yes"}
    assert login.url == "wss://pbx.example/x/ws"
    assert login.password != again.password
    assert login.password not in repr(login)


async def test_a_relays_password_is_short_lived_and_the_agents_own() -> None:
    """As coturn checks it: the time until which it is good, signed with the shared secret."""
    urls = "stun:stun.example.com,turn:turn.example.com:3478,turns:turn.example.com"
    account = replace(ACCOUNT, turn_urls=urls, turn_secret="shared")
    login = await Pbx().phones(account).open("ada")
    stun, turn = login.ice
    assert stun == {"urls": ["stun:stun.example.com"]}
    assert turn["urls"] == ["turn:turn.example.com:3478", "turns:turn.example.com"]
    until, _, who = str(turn["username"]).partition(":")
    assert (int(until) - NOON // 1000, who) == (12 * 3600, "web-ada")
    proof = hmac.new(b"shared", str(turn["username"]).encode(), hashlib.sha1).digest()
    assert base64.b64decode(str(turn["credential"])) == proof
    assert str(turn["credential"]) not in repr(login)
    assert "shared" not in repr(account)


async def test_an_extension_is_shown_as_such() -> None:
    """Who is called by a colleague's browser sees the colleague's extension."""
    pbx = Pbx()
    await pbx.phones().open("2001")
    assert fields(pbx.bodies[pbx.asked[2][1]])["callerid"] == "<2001>"


async def test_a_literally_dialed_user_has_its_own_name() -> None:
    """No slash and no blank gets into an endpoint's name, and two users never share one."""
    names = {ACCOUNT.web_endpoint(user) for user in ("PJSIP/ada&PJSIP/9@t", "PJSIP/ada", "ada")}
    assert len(names) == 3
    assert all(name.replace("-", "").isalnum() for name in names)


@pytest.mark.parametrize(("unused", "online", "gone"), [(True, True, 0), (True, False, 3)])
async def test_a_phone_that_is_registered_again_is_left_alone(
    unused: bool, online: bool, gone: int
) -> None:
    """The page is back already, perhaps at another replica."""
    pbx = Pbx(online=online)
    await pbx.phones().close("ada", unused=unused)
    assert [method for method, _ in pbx.asked] == ["DELETE"] * gone


async def test_a_signed_out_agents_phone_is_gone_at_once() -> None:
    """Whether it is registered or not."""
    pbx = Pbx(online=True)
    await pbx.phones().close("ada", unused=False)
    assert len(pbx.asked) == 3


async def test_a_lost_leg_is_called_again_under_a_new_name() -> None:
    """The page knows why it is rung; the number is shown; older legs have lesser names."""
    pbx = Pbx(a_leg("c1-d0", "Up"), a_leg("c1-dst", "Up", where="PJSIP/trunk"))
    assert await pbx.phones().restore("ada")
    assert pbx.asked == [("POST", "/channels/create"), ("POST", "/channels/c1-w6/dial")]
    assert pbx.queries["/channels/create"]["endpoint"] == WEB
    assert pbx.queries["/channels/create"]["appArgs"] == "user,c1,ada,+1555"
    told = pbx.bodies["/channels/create"]["variables"]
    assert told["PJSIP_HEADER(add,X-Softphone-Ring)"] == "again"
    assert told["CONNECTEDLINE(all,i)"] == '"" <+1555>'


async def test_two_reloads_at_once_have_two_names() -> None:
    """The second takes the place of the first that is still coming."""
    pbx = Pbx(a_leg("c1-d0", "Up"), a_leg("c1-w6", "Up", 9))
    await pbx.phones().restore("ada")
    assert pbx.asked[-1] == ("POST", "/channels/c1-w7/dial")


async def test_a_muted_agent_stays_muted() -> None:
    """The new leg carries it, to be muted when it is answered: Asterisk mutes none before."""
    pbx = Pbx(a_leg("c1-d0", "Up"), muted=True)
    await pbx.phones().restore("ada")
    assert [path for _, path in pbx.asked] == ["/channels/create", "/channels/c1-w6/dial"]
    assert pbx.bodies["/channels/create"]["variables"]["SOFTPHONE_MUTED"] == "1"


@pytest.mark.parametrize(("root", "why"), [("c1", "user"), ("9-1", "inbound")])
async def test_a_page_that_reloads_while_it_rings_is_rung_again(root: str, why: str) -> None:
    """As one more phone of the agent's: whichever is picked up first has the call."""
    leg = a_leg(f"{root}-d0", "Ringing")
    leg["dialplan"]["app_data"] = f"softphone,user,{root},ada,"
    pbx = Pbx(leg)
    assert await pbx.phones().restore("ada")
    assert pbx.asked[-1] == ("POST", f"/channels/{root}-d16/dial")
    told = pbx.bodies["/channels/create"]["variables"]
    assert told["PJSIP_HEADER(add,X-Softphone-Ring)"] == why


async def test_a_talk_at_the_desk_phone_does_not_concern_the_browser() -> None:
    """Nothing is called."""
    pbx = Pbx(a_leg("c1-d0", "Up", where="PJSIP/ada"), {**a_leg("c1-d1", "Up"), "dialplan": {}})
    assert not await pbx.phones().restore("ada")
    assert pbx.asked == []


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens for a second."""
    monkeypatch.setattr("adapter.telephony.asterisk.webphones.LISTENING_SECONDS", 0.0)


@pytest.mark.usefixtures("quickly")
async def test_the_other_party_hears_music_until_the_page_is_back() -> None:
    """In the bridge, so that nobody is on hold by it; a new page's phone ends it."""
    pbx = Pbx(a_leg("c1-d0", "Up"))
    await pbx.phones().comfort("ada")
    assert pbx.asked == [("POST", "/bridges/c1-b/moh")]
    await pbx.phones().open("ada")
    assert pbx.asked[-1] == ("DELETE", "/bridges/c1-b/moh")


@pytest.mark.usefixtures("quickly")
async def test_no_music_plays_while_audio_still_arrives() -> None:
    """A connection that broke took no audio with it; who rings, or talks elsewhere, hears none."""
    pbx = Pbx(a_leg("c1-d0", "Up"))
    pbx.packets = (7, 57)
    await pbx.phones().comfort("ada")
    await Pbx(a_leg("c1-d0", "Ringing")).phones().comfort("ada")
    await Pbx(a_leg("c1-d0", "Up", where="PJSIP/ada")).phones().comfort("ada")
    assert pbx.asked == []


@pytest.mark.usefixtures("quickly")
async def test_music_that_begins_as_the_page_comes_back_ends_at_once() -> None:
    """Its new leg took the old one's place between two questions."""

    class Returning(Pbx):
        async def request(self, method: str, *more: Any, **named: Any) -> Response:
            if method == "POST":
                self.channels = (a_leg("c1-d0", "Up"), a_leg("c1-w4", "Up", 9))
            return await super().request(method, *more, **named)

    pbx = Returning(a_leg("c1-d0", "Up"))
    await pbx.phones().comfort("ada")
    assert pbx.asked == [("POST", "/bridges/c1-b/moh"), ("DELETE", "/bridges/c1-b/moh")]
