"""Two orgs in one deployment: nothing of one ever reaches the other."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from adapter.core.model import AgentKey
from adapter.telephony.dialstack import signing
from adapter.web.signin.sessions import cookie_name
from tests.fakes.identity import FakeIdentity, an_identity
from tests.fakes.page import FakePage
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world
from tests.web.popup import PopUp, code_in

ORGS = ("00D00000000000a", "00D00000000000b")
NUMBER = "+15551230199"


@dataclass
class Two:
    """One adapter for two orgs; Ada has the same ids, e-mail and provider user in both."""

    world: World
    identities: dict[str, FakeIdentity]
    log: io.StringIO

    async def page(self, org_id: str) -> FakePage:
        """Ada's page in that org."""
        popup = PopUp(self.world.url, origin=f"https://{org_id.lower()}.lightning.force.com")
        answer = await popup.redeem(await popup.code())
        page = self.world.another_page()
        page.cookie = answer.headers["set-cookie"].split(";")[0]
        await page.say_hello(await page.ticket())
        await page.until(bool)
        return page

    async def board(self, cookies: str, path: str) -> httpx.Response:
        """What the board says to a browser with these cookies."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return await http.get(f"{self.world.url}{path}", headers={"Cookie": cookies})

    def live(self, cookies: str, org_id: str) -> connect:
        """The socket of that org's board, in a browser with these cookies."""
        return connect(
            f"{self.world.url.replace('http', 'ws', 1)}/api/board/live?since=0&org={org_id}",
            origin=self.world.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            proxy=None,
        )

    async def talk(self, org_id: str, number: str) -> FakePage:
        """Somebody has called Ada in that org, and hung up; both orgs' calls have the same id."""
        page = await self.page(org_id)
        mine = {"secret_of": org_id, "names": org_id, "from_number": number}
        for kind in ("call.incoming", "call.end"):
            assert await self.deliver(org_id, kind=kind, **mine) == 200
        await page.until(lambda view: view["state"] == "wrapup")
        return page

    async def deliver(
        self, to: str, *, secret_of: str, names: str, kind: str = "call.initiated", **data: Any
    ) -> int:
        """A webhook to one org's endpoint, signed with and naming perhaps another's; the status."""
        told = {"call_id": "call_1", "user_id": "user_ada", "direction": "inbound", **data}
        event = {"id": f"evt-{time.time_ns()}", "type": kind, "account_id": f"acct_{names}"}
        body = json.dumps({**event, "data": told}).encode()
        header = signing.header([f"whsec-{secret_of}"], int(time.time()), body)
        async with httpx.AsyncClient(trust_env=False) as http:
            url = f"{self.world.url}/webhooks/dialstack/acct_{to}"
            answer = await http.post(url, content=body, headers={signing.HEADER: header})
            return answer.status_code

    async def versions(self) -> dict[AgentKey, int]:
        """How often each agent's value was committed."""
        keys = tuple(AgentKey(org_id, "005000000000001AAA") for org_id in ORGS)
        return await self.world.app.agents._store.versions(keys)


@pytest.fixture
async def two(tmp_path: Path, log: io.StringIO) -> AsyncIterator[Two]:
    """Both orgs, each with an identity provider and a phone account of its own."""
    async with AsyncExitStack() as stack:
        identities, text = {}, ""
        for org_id in ORGS:
            fake = await stack.enter_async_context(an_identity(org_id=org_id))
            identities[org_id] = fake
            (tmp_path / f"token-{org_id}").write_text(f"sk-{org_id}")
            (tmp_path / f"hooks-{org_id}").write_text(f"whsec-{org_id}")
            text += f"""
[[org]]
id = "{org_id}"
domain = "{fake.url}"
client_id = "client"
origins = ["https://{org_id.lower()}.lightning.force.com"]
account = "acct_{org_id}"
token_file = "{tmp_path}/token-{org_id}"
webhook_secrets_file = "{tmp_path}/hooks-{org_id}"
"""
        (tmp_path / "orgs.toml").write_text(text)
        world = await stack.enter_async_context(
            a_world(
                tmp_path,
                provider=FakeProvider().app(),
                sign_in="salesforce",
                supervisors=("ada@example.com",),
                orgs_file=tmp_path / "orgs.toml",
            )
        )
        yield Two(world, identities, log)


async def test_a_delivery_reaches_only_agents_of_its_account(two: Two) -> None:
    """The same provider user and call id in both orgs: the other one's page sees nothing."""
    a, b = [await two.page(org_id) for org_id in ORGS]
    before = await two.versions()
    seen = len(b.heard)
    status = await two.deliver(
        ORGS[0], secret_of=ORGS[0], names=ORGS[0], from_number=NUMBER, to_number="+15550000001"
    )
    assert status == 200
    await a.until(lambda view: bool(view["calls"]))
    after = await two.versions()
    key_a, key_b = (AgentKey(org_id, "005000000000001AAA") for org_id in ORGS)
    assert after[key_a] > before[key_a]
    assert after[key_b] == before[key_b]
    assert len(b.heard) == seen
    assert NUMBER not in json.dumps(b.heard)
    assert NUMBER not in json.dumps(b.view)


@pytest.mark.parametrize(
    ("to", "secret_of", "names", "status"),
    [
        (1, 0, 1, 401),  # A's secret at B's endpoint
        (0, 1, 0, 401),  # and the other way round
        (0, 0, 1, 200),  # rightly signed by A, but about B: quarantined
    ],
)
async def test_one_accounts_secret_does_not_verify_anothers_deliveries(
    two: Two, to: int, secret_of: int, names: int, status: int
) -> None:
    """Refused, or kept aside; no agent of either hears of it."""
    pages = [await two.page(org_id) for org_id in ORGS]
    before = await two.versions()
    answer = await two.deliver(
        ORGS[to], secret_of=ORGS[secret_of], names=ORGS[names], from_number=NUMBER
    )
    assert answer == status
    assert await two.versions() == before
    assert all(not page.view["calls"] for page in pages)


async def test_there_is_no_webhook_endpoint_for_all_orgs(two: Two) -> None:
    """With several accounts each has its own address."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{two.world.url}/webhooks/dialstack", content=b"{}")
    assert answer.status_code == 404


async def test_one_orgs_user_is_unknown_in_another(two: Two) -> None:
    """B's identity provider vouches for B only, whatever it says about the org."""
    a, b = (two.identities[org_id] for org_id in ORGS)
    b.bend_userinfo = {"organization_id": a.org_id}
    popup = PopUp(two.world.url, origin=f"https://{ORGS[1].lower()}.lightning.force.com")
    answer = await popup.come_back(await popup.sign_in(await popup.start()))
    assert answer.status_code == 403


async def test_one_orgs_cookie_is_useless_in_another(two: Two) -> None:
    """Under the other's name it is none; asked for the other's panel, it is not looked at."""
    page = await two.page(ORGS[0])
    token = page.cookie.partition("=")[2]
    async with httpx.AsyncClient(trust_env=False) as http:
        for cookie, org_id in (
            (f"{cookie_name(ORGS[1])}={token}", ORGS[0]),
            (f"{cookie_name(ORGS[1])}={token}", ORGS[1]),
            (page.cookie, ORGS[1]),
        ):
            answer = await http.post(
                f"{two.world.url}/api/ws-ticket",
                json={"origin": f"https://{org_id.lower()}.lightning.force.com"},
                headers={"Origin": two.world.url, "Cookie": cookie},
            )
            assert answer.status_code == 401


async def test_only_its_own_org_may_frame_an_orgs_page(two: Two) -> None:
    """Its policy names its own origins, and not the other's."""
    mine, other = (f"https://{org_id.lower()}.lightning.force.com" for org_id in ORGS)
    async with httpx.AsyncClient(trust_env=False) as http:
        for name in ("sfdcIframeOrigin", "sfdcIFrameOrigin"):
            answer = await http.get(f"{two.world.url}/softphone?{name}={mine}")
            policy = answer.headers["Content-Security-Policy"]
            assert f"frame-ancestors {mine}" in policy
            assert other not in policy


@pytest.mark.parametrize("path", ["softphone", "standby", "softphone?sfdcIframeOrigin=https://x.y"])
async def test_a_request_without_an_org_learns_of_none(two: Two, path: str) -> None:
    """A stranger who opens the page reads no customer's domain."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{two.world.url}/{path}")
    assert "lightning" not in answer.headers["Content-Security-Policy"]


async def test_no_log_line_concerns_both_orgs(two: Two) -> None:
    """What is logged while A has calls names A's agents only."""
    a, _ = [await two.page(org_id) for org_id in ORGS]
    two.log.truncate(0)
    await two.deliver(ORGS[0], secret_of=ORGS[0], names=ORGS[0], from_number=NUMBER)
    await a.until(lambda view: bool(view["calls"]))
    text = two.log.getvalue()
    assert ORGS[0] in text
    assert ORGS[1] not in text
    assert NUMBER not in text


async def test_the_board_and_its_export_show_only_the_requested_org(two: Two) -> None:
    """One browser, signed in to both: each org's own numbers, and of neither without its cookie."""
    numbers = dict(zip(ORGS, ("+15551230171", "+15551230172"), strict=True))
    pages = {org_id: await two.talk(org_id, number) for org_id, number in numbers.items()}
    both = "; ".join(page.cookie for page in pages.values())
    for cookies in (both, "; ".join(reversed(both.split("; ")))):
        for org_id, number in numbers.items():
            (other,) = set(numbers.values()) - {number}
            shown = await two.board(cookies, f"/api/board?since=0&org={org_id}AAA")
            report = shown.json()
            assert ORGS[1 - ORGS.index(org_id)] not in shown.text
            assert report["calls"]["over"] == 1
            assert [one["state"] for one in report["agents"]] == ["wrapup"]
            sheet = await two.board(cookies, f"/api/board/calls.csv?since=0&org={org_id}")
            assert number in sheet.text
            assert other not in sheet.text + shown.text
            assert sheet.text.count("\r\n") == 2
    for path in ("/api/board", "/api/board/calls.csv"):
        for cookies, org_id in (
            (both, ""),
            (both, "00D00000000000c"),
            (pages[ORGS[0]].cookie, ORGS[1]),
        ):
            answer = await two.board(cookies, f"{path}?since=0&org={org_id}")
            assert answer.status_code == 401


async def test_the_live_board_shows_only_the_requested_org(two: Two) -> None:
    """One browser, signed in to both: each socket tells of its own org, none without its cookie."""
    for org_id, number in zip(ORGS, ("+15551230171", "+15551230172"), strict=True):
        await two.talk(org_id, number)
    pages = {org_id: await two.page(org_id) for org_id in ORGS}
    both = "; ".join(page.cookie for page in pages.values())
    for org_id in ORGS:
        async with two.live(both, org_id) as socket:
            text = str(await asyncio.wait_for(socket.recv(), 20))
        assert json.loads(text)["report"]["calls"]["over"] == 1
        assert ORGS[1 - ORGS.index(org_id)] not in text
    for cookies, org_id in ((both, ""), (pages[ORGS[0]].cookie, ORGS[1])):
        with pytest.raises(InvalidStatus) as refused:
            async with two.live(cookies, org_id):
                pass
        assert refused.value.response.status_code == 401


async def test_a_supervisor_signs_in_from_the_orgs_own_board(two: Two) -> None:
    """No org shows the board: its address names the one whose sign-in is begun."""
    popup = PopUp(two.world.url, origin=two.world.url, org=ORGS[1])
    answer = await popup.redeem(await popup.code())
    cookie = answer.headers["set-cookie"].split(";")[0]
    assert cookie.startswith(f"{cookie_name(ORGS[1])}=")
    assert (await two.board(cookie, f"/api/board?org={ORGS[1]}")).status_code == 200
    assert (await two.board(cookie, f"/api/board?org={ORGS[0]}")).status_code == 401
    assert two.identities[ORGS[0]].asked == []
    unnamed = PopUp(two.world.url, origin=two.world.url)
    assert (await unnamed.start()).status_code == 400


async def test_the_metrics_name_no_org(two: Two) -> None:
    """After a day's work in both: no id, account, name or number is in a scrape."""
    for org_id in ORGS:
        await two.talk(org_id, NUMBER)
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(f"{two.world.url}/metrics")).text
    assert 'softphone_deliveries_total{fate="applied"} 4.0' in text
    private = ("00D", "0050000", "acct_", "ada", "call_1", NUMBER[2:], "whsec", "lightning")
    assert [word for word in private if word.lower() in text.lower()] == []


async def test_each_log_line_is_of_one_org(two: Two) -> None:
    """While both have calls of the same id and user: A's lines can be told from B's."""
    for org_id, number in zip(ORGS, ("+15551230171", "+15551230172"), strict=True):
        await two.talk(org_id, number)
    lines = two.log.getvalue().splitlines()
    named = [{org_id for org_id in ORGS if org_id in line} for line in lines]
    assert sum(names == {ORGS[0]} for names in named) >= 4
    assert sum(names == {ORGS[1]} for names in named) >= 4
    assert [line for line, names in zip(lines, named, strict=True) if len(names) > 1] == []


async def test_a_sign_in_through_salesforce_leaves_no_secret_in_the_log(two: Two) -> None:
    """Cookie, ticket, one-time code, Salesforce's codes and tokens, the e-mail address."""
    popup = PopUp(two.world.url, origin=f"https://{ORGS[0].lower()}.lightning.force.com")
    back = await popup.sign_in(await popup.start())
    code = code_in(await popup.come_back(back))
    answer = await popup.redeem(code)
    page = two.world.another_page()
    page.cookie = answer.headers["set-cookie"].split(";")[0]
    await page.say_hello(ticket := await page.ticket())
    await page.until(bool)
    await popup.redeem(code)
    await popup.come_back(back)
    fake = two.identities[ORGS[0]]
    query = parse_qs(urlsplit(back).query)
    secrets = {page.cookie.partition("=")[2], ticket, code, *popup.cookies.values()}
    secrets |= {popup.verifier, query["code"][0], query["state"][0], *fake.tokens, *fake.codes}
    secrets |= {"ada@example.com", f"sk-{ORGS[0]}", f"whsec-{ORGS[0]}"}
    text = two.log.getvalue()
    assert "session.begun" in text
    assert len(secrets) >= 10
    assert [secret for secret in secrets if secret and secret in text] == []
