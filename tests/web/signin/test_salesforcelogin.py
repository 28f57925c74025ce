"""The pop-up's way through Salesforce, and every way around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from adapter import frontends
from adapter.web.signin.salesforcelogin import CODE_MS, FLOW_MS
from adapter.web.signin.sessions import cookie_name
from tests.fakes.identity import FakeIdentity, an_identity
from tests.fakes.page import FakePage
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world
from tests.web.conftest import SetClock
from tests.web.popup import OPENED_BY_US, ORIGIN, PopUp, code_in

ORG = "00D000000000001"


@dataclass
class Stage:
    """An adapter that agents sign in to with Salesforce."""

    world: World
    fake: FakeIdentity

    def popup(self, **wishes: Any) -> PopUp:
        """A pop-up beside an iframe."""
        return PopUp(self.world.url, **wishes)

    async def page(self, popup: PopUp, login: str = "ada") -> FakePage:
        """A page that is signed in, and connected."""
        answer = await popup.redeem(await popup.code(login))
        page = self.world.another_page()
        page.cookie = answer.headers["set-cookie"].split(";")[0]
        await page.say_hello(await page.ticket())
        await page.until(bool)
        return page


@pytest.fixture
async def stage(tmp_path: Path, clock: SetClock) -> AsyncIterator[Stage]:
    """One org, its identity provider, the adapter."""
    async with (
        an_identity() as fake,
        a_world(
            tmp_path,
            provider=FakeProvider().app(),
            clock=clock,
            sign_in="salesforce",
            org_id=ORG,
            salesforce_url=fake.url,
            sign_in_client_id="client",
        ) as world,
    ):
        yield Stage(world, fake)


async def test_a_salesforce_sign_in_lets_the_agent_in_by_name(stage: Stage) -> None:
    """Start, Salesforce, code, cookie, ticket, socket: the view says who it is."""
    page = await stage.page(stage.popup())
    agent = page.view["agent"]
    assert (agent["org_id"], agent["user_id"]) == (ORG, "005000000000001AAA")
    assert agent["name"] == "Ada Lovelace"
    assert page.cookie.startswith(cookie_name(ORG) + "=")


async def test_a_code_is_valid_once(stage: Stage) -> None:
    """And typed with a hyphen, in small letters."""
    popup = stage.popup()
    code = await popup.code()
    assert (await popup.redeem(f" {code[:4].lower()}-{code[4:]} ")).status_code == 200
    assert (await popup.redeem(code)).status_code == 401


async def test_a_code_is_valid_for_a_minute(stage: Stage, clock: SetClock) -> None:
    """Not for longer."""
    popup = stage.popup()
    code = await popup.code()
    clock.later = CODE_MS
    assert (await popup.redeem(code)).status_code == 401


async def test_a_code_serves_the_window_that_asked_for_it(stage: Stage) -> None:
    """Overheard, or talked out of an agent, it is worth nothing; and it is gone."""
    popup = stage.popup()
    code = await popup.code()
    thief = stage.popup(verifier="t" * 43)
    assert (await thief.redeem(code)).status_code == 401
    assert (await popup.redeem(code)).status_code == 401


async def test_codes_cannot_be_guessed_at_leisure(stage: Stage, clock: SetClock) -> None:
    """Some thirty tries a minute and address, of 2^40; then the right one is refused too."""
    clock.stop()
    popup = stage.popup()
    code = await popup.code()
    popup.forwarded = "203.0.113.9"
    statuses = [(await popup.redeem("AAAAAAAA")).status_code for _ in range(40)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert (await popup.redeem(code)).status_code == 429
    popup.forwarded = "203.0.113.10"
    assert (await popup.redeem(code)).status_code == 200


async def test_another_sites_page_may_not_redeem(stage: Stage) -> None:
    """403, and the code is not used up."""
    popup = stage.popup()
    code = await popup.code()
    body = {"code": code, "verifier": popup.verifier}
    headers = {"Origin": "https://evil.example"}
    answer = await popup.ask("POST", f"{popup.url}/auth/redeem", json=body, headers=headers)
    assert answer.status_code == 403
    assert (await popup.redeem(code)).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://127.0.0.1:1", "challenge": "short"},
        {"origin": "http://127.0.0.1:1", "challenge": "x" * 44},
        {"origin": "https://evil.example", "challenge": "x" * 43},
        {"origin": "http://127.0.0.1:1.evil.example", "challenge": "x" * 43},
        {"origin": "http://127.0.0.1:1/", "challenge": "x" * 43},
    ],
)
async def test_a_sign_in_without_a_referring_page_is_refused(
    stage: Stage, query: dict[str, str]
) -> None:
    """The org's origin, exactly, and a challenge."""
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{stage.world.url}/auth/start"
        answer = await http.get(url, params=query, headers=OPENED_BY_US)
    assert answer.status_code == 400
    assert stage.fake.asked == []


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Sec-Fetch-Site": "none"},  # a link in an e-mail, a bookmark
        {"Sec-Fetch-Site": "cross-site"},  # a link or a script elsewhere
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "iframe"},
    ],
)
async def test_a_sign_in_begins_in_a_window_of_ours_and_nowhere_else(
    stage: Stage, told: dict[str, str]
) -> None:
    """A stranger's link carries the stranger's challenge: its code would be the stranger's."""
    query = {"origin": ORIGIN, "challenge": "x" * 43}
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{stage.world.url}/auth/start"
        answer = await http.get(url, params=query, headers=told)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert stage.fake.asked == []


async def test_a_code_is_shown_with_who_it_is_for_and_a_warning(stage: Stage) -> None:
    """Whoever is talked into reading it out has been told what it is."""
    popup = stage.popup()
    answer = await popup.come_back(await popup.sign_in(await popup.start()))
    assert ORIGIN in answer.text
    assert "Ada Lovelace" in answer.text
    assert "do not share it" in answer.text


async def test_forged_requests_do_not_use_up_an_addresss_limit(stage: Stage) -> None:
    """A site that an agent visits may ask a hundred times: refused, and counted for nothing."""
    told = {"Sec-Fetch-Site": "cross-site", "X-Forwarded-For": "203.0.113.9"}
    query = {"origin": ORIGIN, "challenge": "x" * 43}
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(100):
            await http.get(f"{stage.world.url}/auth/start", params=query, headers=told)
    popup = stage.popup(forwarded="203.0.113.9")
    assert (await popup.redeem(await popup.code())).status_code == 200


async def test_fifty_agents_sign_in_from_one_address(stage: Stage) -> None:
    """Fifty agents of one address: a sign-in that comes to a good end does not count."""
    for number in range(50):
        popup = stage.popup(forwarded="203.0.113.9", verifier=f"{number:0>43}")
        assert (await popup.redeem(await popup.code())).status_code == 200


@pytest.fixture
def few_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not three hundred."""
    monkeypatch.setattr(frontends, "SIGN_INS_UNDER_WAY", 3)


@pytest.mark.usefixtures("few_under_way")
async def test_unfinished_sign_ins_are_limited(stage: Stage) -> None:
    """Each is a row until it expires: so many a minute for an address, or an IPv6 network."""
    statuses = []
    for number in range(5):
        popup = stage.popup(forwarded=f"2001:db8::{number:x}")
        statuses.append((await popup.start()).status_code)
    assert statuses[0] == 302
    assert statuses[-1] == 429


@pytest.mark.parametrize("forge", ["no cookie", "another state", "another cookie", "no state"])
async def test_a_forged_state_is_refused(stage: Stage, forge: str) -> None:
    """What comes back must belong to a sign-in that was begun in this browser."""
    popup = stage.popup()
    address = await popup.sign_in(await popup.start())
    state = address.split("state=")[1]
    match forge:
        case "no cookie":
            popup.cookies = {}
        case "another state":
            address = address.replace(state, state[:-1] + ("A" if state[-1] != "A" else "B"))
        case "another cookie":
            popup.cookies = dict.fromkeys(popup.cookies, "x" * 44)
        case _:
            address = address.replace(state, "")
    before = list(stage.fake.asked)
    assert (await popup.come_back(address)).status_code == 400
    assert stage.fake.asked == before


async def test_a_sign_in_callback_counts_once_and_in_time(stage: Stage, clock: SetClock) -> None:
    """The same address again is refused, and so is one that took too long."""
    popup = stage.popup()
    address = await popup.sign_in(await popup.start())
    assert (await popup.come_back(address)).status_code == 200
    assert (await popup.come_back(address)).status_code == 400
    slow = stage.popup()
    address = await slow.sign_in(await slow.start())
    clock.later = FLOW_MS
    assert (await slow.come_back(address)).status_code == 400


async def test_a_declined_sign_in_says_so(stage: Stage) -> None:
    """No code, no session."""
    popup = stage.popup()
    state = (await popup.sign_in(await popup.start())).split("state=")[1]
    address = f"{popup.url}/auth/callback?error=access_denied&state={state}"
    answer = await popup.come_back(address)
    assert answer.status_code == 403
    assert 'data-code=""' in answer.text


@pytest.mark.parametrize(
    ("error", "named"),
    [
        ("OAUTH_APP_ACCESS_DENIED", "the softphone (OAUTH_APP_ACCESS_DENIED)."),
        ("<b>no</b>", "the softphone."),
    ],
)
async def test_a_user_without_the_permission_set_reads_what_is_missing(
    stage: Stage, error: str, named: str
) -> None:
    """Salesforce sends its own code back; text that is no code is not shown."""
    popup = stage.popup()
    state = (await popup.sign_in(await popup.start())).split("state=")[1]
    query = urlencode({"error": error, "state": state})
    answer = await popup.come_back(f"{popup.url}/auth/callback?{query}")
    assert answer.status_code == 403
    assert f"Salesforce did not let you use {named}" in answer.text
    assert "permission set Softphone Agent" in answer.text
    assert "<b>" not in answer.text


async def test_a_wrong_answer_from_salesforce_shows_a_page(stage: Stage) -> None:
    """403 with words; 502 when it does not answer as it should."""
    stage.fake.bend_userinfo = {"organization_id": "00D000000000009AAA"}
    popup = stage.popup()
    answer = await popup.come_back(await popup.sign_in(await popup.start()))
    assert answer.status_code == 403
    assert "not set up for your org" in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_the_pop_ups_page_may_be_framed_by_nobody(stage: Stage) -> None:
    """It shows a secret: no frame, no cache, no script but ours."""
    popup = stage.popup()
    answer = await popup.come_back(await popup.sign_in(await popup.start()))
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(code_in(answer)) == 8


async def test_a_new_sign_in_ends_the_old_one_of_that_browser(stage: Stage) -> None:
    """The cookie is rotated: the old one is worth nothing, its socket is closed."""
    page = await stage.page(stage.popup())
    popup = stage.popup()
    answer = await popup.redeem(await popup.code(), cookie=page.cookie)
    assert answer.status_code == 200
    assert await page.until_closed() == 4003
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await page.ticket()


async def test_signing_out_everywhere_closes_every_page_at_once(stage: Stage) -> None:
    """Two browsers of one agent go, another agent's stays."""
    first, second = await stage.page(stage.popup()), await stage.page(stage.popup())
    other = await stage.page(stage.popup(), "grace")
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"Origin": stage.world.url, "Cookie": first.cookie}
        body = {"everywhere": True}
        url = f"{stage.world.url}/auth/sign-out"
        assert (await http.post(url, json=body, headers=headers)).status_code == 204
    assert [await first.until_closed(), await second.until_closed()] == [4003, 4003]
    for page in (first, second):
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            await page.ticket()
    assert other.close_codes == []
    assert await other.ticket()


async def test_without_partitioned_cookies_the_secret_stays_in_memory(stage: Stage) -> None:
    """No cookie is set then; the page shows the secret itself."""
    popup = stage.popup()
    answer = await popup.redeem(await popup.code(), cookies=False)
    assert "set-cookie" not in answer.headers
    headers = {"Origin": popup.url, "Authorization": f"Bearer {answer.json()['bearer']}"}
    ticket = await popup.ask("POST", f"{popup.url}/api/ws-ticket", headers=headers)
    assert ticket.json()["user"]["name"] == "Ada Lovelace"


async def test_with_cookies_no_script_sees_the_secret(stage: Stage) -> None:
    """The answer has the user, and no more."""
    popup = stage.popup()
    answer = await popup.redeem(await popup.code())
    assert answer.json().keys() == {"user"}


async def test_the_dev_sign_in_is_absent(stage: Stage) -> None:
    """404: in production nobody types a name."""
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"Origin": stage.world.url}
        answer = await http.post(
            f"{stage.world.url}/auth/dev", json={"name": "ada"}, headers=headers
        )
    assert answer.status_code == 404


@pytest.mark.parametrize("kind", ["ticket", "code"])
async def test_a_secret_of_another_kind_is_no_session(stage: Stage, kind: str) -> None:
    """Neither a ticket nor a code can be shown as a cookie."""
    popup = stage.popup()
    if kind == "code":
        secret = await popup.code()
    else:
        secret = await (await stage.page(popup)).ticket()
    for value in (secret, f"{kind}:{secret}"):
        headers = {"Origin": popup.url, "Cookie": f"{cookie_name(ORG)}={value}"}
        answer = await popup.ask("POST", f"{popup.url}/api/ws-ticket", headers=headers)
        assert answer.status_code == 401
