"""Who is no agent registers no phone, at a real Asterisk; and who is one dials nobody past us."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from qa.asterisk.engine import Engine
from tests.browser.audio import a_talking_office, marks, until_audio
from tests.browser.test_asterisk import Office
from tests.fakes.page import FakePage

pytestmark = marks
HOST = "softphone.invalid"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """One for each test."""
    async with a_talking_office(tmp_path) as made:
        yield made


def request(method: str, to: str, user: str, number: int, authorization: str = "") -> str:
    """A request out of nothing, in that user's name."""
    uri = f"sip:{HOST}" if method == "REGISTER" else f"sip:{to}@{HOST}"
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/WS x.invalid;branch=z9hG4bK{user}{method}{number}",
        "Max-Forwards: 70",
        f"From: <sip:{user}@{HOST}>;tag=1",
        f"To: <sip:{to}@{HOST}>",
        f"Call-ID: {user}{method}",
        f"CSeq: {number} {method}",
        f"Contact: <sip:{user}@x.invalid;transport=ws>",
        *([f"Authorization: {authorization}"] if authorization else []),
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""])


async def statuses(
    live: ClientConnection, method: str, to: str, user: str, password: str
) -> tuple[int, int]:
    """The status of a request without a password, and of the same with one."""
    await live.send(request(method, to, user, 1))
    first = str(await asyncio.wait_for(live.recv(), 20))
    nonce = re.search('nonce="([^"]+)"', first)
    realm = re.search('realm="([^"]+)"', first)
    if nonce is None or realm is None:
        return _status(first), 0

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    uri = f"sip:{HOST}" if method == "REGISTER" else f"sip:{to}@{HOST}"
    mine, theirs = md5(user, realm[1], password), md5(method, uri)
    told = {
        **{"username": user, "realm": realm[1], "nonce": nonce[1], "uri": uri, "cnonce": "c"},
        "response": md5(mine, nonce[1], "00000001", "c", "auth", theirs),
    }
    opaque = re.search('opaque="([^"]*)"', first)
    told |= {"opaque": opaque[1]} if opaque else {}
    quoted = ", ".join(f'{name}="{value}"' for name, value in told.items())
    await live.send(
        request(method, to, user, 2, f"Digest {quoted}, algorithm=MD5, qop=auth, nc=00000001")
    )
    while _status(second := str(await asyncio.wait_for(live.recv(), 20))) < 200:
        pass
    return _status(first), _status(second)


def _status(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


async def test_nobody_registers_or_dials_as_somebody_else(office: Office) -> None:
    """With a wrong password: refused. With the right one, past us: registered, and dials nobody."""
    tab = await office.org.tab()
    await until_audio(tab, "ready")
    page = FakePage(office.org.world.url, "grace", office.org.world.salesforce)
    await page.sign_in()
    ours = office.org.world.url.replace("http", "ws", 1) + "/sip"
    world = office.bench.world
    assert isinstance(world, Engine)
    theirs = world.url.replace("http", "ws", 1) + "/ws"
    async with (
        connect(ours, origin=office.org.world.url, subprotocols=["sip"], proxy=None) as live,  # type: ignore[arg-type, list-item]
        connect(theirs, subprotocols=["sip"], proxy=None) as direct,  # type: ignore[list-item]
    ):
        await live.send(json.dumps({"type": "hello", "ticket": await page.ticket()}))
        ready = json.loads(await live.recv())
        assert ready["user"] == "web-grace"
        password = ready["password"]
        assert await statuses(live, "REGISTER", "web-grace", "web-grace", password) == (401, 200)
        for user in ("web-ada", "ada", "trunk"):
            await live.send(request("REGISTER", user, user, 7))
        assert await statuses(live, "REGISTER", "web-grace", "web-grace", password) == (401, 200)
        assert await statuses(direct, "REGISTER", "web-ada", "web-ada", password) == (401, 401)
        assert (await statuses(direct, "INVITE", "+12025559000", "web-grace", password))[1] >= 400
    async with world.http() as http:
        before = (await http.get("/ari/endpoints/PJSIP/web-ada")).status_code
        await page.sign_out()
        await tab.phone.evaluate("fetch('/auth/sign-out', {method: 'POST', body: '{}'})")
        async with asyncio.timeout(20):
            while (  # noqa: ASYNC110 - Asterisk's own
                await http.get("/ari/endpoints/PJSIP/web-ada")
            ).status_code != 404:
                await asyncio.sleep(0.05)
    assert before == 200
    assert office.trunk.calls == []
