"""The provider: does it answer, does it know us and our agents, does its clock agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from adapter.doctor.findings import Finding, Grade
from adapter.doctor.provider import provider_findings
from adapter.orgs import Org, TelephonyAccount
from adapter.telephony.simulator.config import DEFAULT_USERS, User
from adapter.telephony.simulator.server import make_app
from tests.doctor.conftest import NOW, ORG, StoppedClock, texts_of
from tests.scenarios.conftest import ACCOUNT, TOKEN, free_port
from tests.telephony.running import config, listening

ORG_ID = "00D000000000001"


@asynccontextmanager
async def provider(
    users: tuple[User, ...] = DEFAULT_USERS, webhooks: tuple[str, ...] = ()
) -> AsyncIterator[str]:
    """A simulated provider with those users, where it is always NOW; its address."""

    async def stamp(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(NOW / 1000, usegmt=True)

    app = make_app(config(users=users, webhooks=webhooks, account=ACCOUNT, token=TOKEN))
    app.on_response_prepare.append(stamp)
    async with listening(app) as url:
        yield url


async def examined(
    url: str,
    *,
    later_s: int = 0,
    token: str = TOKEN,
    directory: Path | None = None,
    public_url: str = "",
) -> tuple[Finding, ...]:
    """What is found at that address, by a clock that is so much ahead."""
    account = TelephonyAccount("dialstack", ACCOUNT, {"url": url, "token": token})
    org = Org(ORG_ID, (ORG,), telephony=account, directory_file=directory)
    clock = StoppedClock()
    clock.at += later_s * 1000
    return await provider_findings(org, clock, public_url)


async def test_a_provider_that_answers_passes() -> None:
    """It knows the users, each with an e-mail address of their own; the clocks agree."""
    async with provider() as url:
        found = await examined(url)
    assert {(f.check, f.grade) for f in found} == {
        ("provider", Grade.OK),
        ("clock", Grade.OK),
        ("directory", Grade.OK),
    }
    assert f"has {len(DEFAULT_USERS)} users" in texts_of(found, "provider")[0][1]
    assert texts_of(found, "directory")[0][1] == "Every user is matched by e-mail address."


async def test_an_unreachable_provider_says_to_check_the_address() -> None:
    """Unreachable is the network's fault, or the address's."""
    found = await examined(f"http://127.0.0.1:{free_port()}")
    (finding,) = found
    assert finding.grade is Grade.FAIL
    assert "SOFTPHONE_DIALSTACK_URL" in finding.todo


async def test_a_wrong_token_says_to_check_the_token_and_shows_none() -> None:
    """Refused is the credentials' fault."""
    async with provider() as url:
        found = await examined(url, token="sk_wrong_0815")
    failed = next(f for f in found if f.check == "provider")
    assert failed.grade is Grade.FAIL
    assert "SOFTPHONE_DIALSTACK_TOKEN" in failed.todo
    assert "0815" not in failed.text + failed.todo
    assert texts_of(found, "clock"), "a refusal has a Date too"


@pytest.mark.parametrize(
    ("later_s", "grade"),
    [(0, Grade.OK), (60, Grade.WARN), (-60, Grade.WARN), (3600, Grade.FAIL), (-3600, Grade.FAIL)],
)
async def test_a_wrong_clock_causes_a_warning(later_s: int, grade: Grade) -> None:
    """By a minute it shows in durations, by more than five webhooks are refused."""
    async with provider() as url:
        found = await examined(url, later_s=later_s)
    assert [g for g, _ in texts_of(found, "clock")] == [grade]


async def test_users_without_an_address_of_their_own_are_named() -> None:
    """Nobody in Salesforce can be matched with them."""
    first, second, third, *_ = DEFAULT_USERS
    users = (first, replace(second, email=""), replace(third, email=first.email.upper()))
    async with provider(users) as url:
        found = await examined(url)
    ((grade, text),) = texts_of(found, "directory")
    assert grade is Grade.WARN
    assert all(user.user_id in text for user in users)


async def test_the_file_matches_users_without_an_address(tmp_path: Path) -> None:
    """Whoever is named in it needs no address."""
    first, second, *_ = DEFAULT_USERS
    file = tmp_path / "directory.toml"
    file.write_text(f'[[agent]]\nemail = "grace@example.com"\nprovider_user = "{second.user_id}"\n')
    async with provider((first, replace(second, email=""))) as url:
        found = await examined(url, directory=file)
    assert [grade for grade, _ in texts_of(found, "directory")] == [Grade.OK]


async def test_a_user_of_the_file_whom_the_provider_does_not_know_fails(tmp_path: Path) -> None:
    """A slip of the pen there makes an agent's every call fail."""
    file = tmp_path / "directory.toml"
    file.write_text('[[agent]]\nemail = "ada@example.com"\nprovider_user = "user_adda"\n')
    async with provider() as url:
        found = await examined(url, directory=file)
    assert (Grade.FAIL, True) in [
        (grade, "user_adda" in text) for grade, text in texts_of(found, "directory")
    ]


@pytest.mark.parametrize("token", [TOKEN, ""])
async def test_an_unreadable_file_is_always_reported(tmp_path: Path, token: str) -> None:
    """Whether there is a provider to ask or not."""
    file = tmp_path / "directory.toml"
    file.write_text("[[agent")
    async with provider() as url:
        found = await examined(url, token=token, directory=file)
    assert [grade for grade, _ in texts_of(found, "directory")] == [Grade.FAIL]


async def test_no_users_at_all_fails() -> None:
    """Nobody could be given a phone."""
    async with provider(()) as url:
        found = await examined(url)
    assert [grade for grade, _ in texts_of(found, "directory")] == [Grade.FAIL]


async def test_without_credentials_no_request_is_sent() -> None:
    """The settings' check has said it already."""
    assert await examined("http://127.0.0.1:1", token="") == ()


OURS = "https://phone.example.com"


@pytest.mark.parametrize(
    ("hooks", "grade", "said"),
    [
        ((), Grade.FAIL, "is not among the 0 webhook endpoints"),
        (("https://old.example.com/webhooks/dialstack",), Grade.FAIL, "is not among the 1"),
        ((f"{OURS}/webhooks/dialstack",), Grade.OK, "receives all"),
        ((f"{OURS}/webhooks/dialstack/acct",), Grade.OK, "receives all"),
    ],
)
async def test_the_providers_webhook_address_is_checked(
    hooks: tuple[str, ...], grade: Grade, said: str
) -> None:
    """An endpoint that is forgotten at the provider is silence here."""
    async with provider(webhooks=hooks) as url:
        found = await examined(url, public_url=OURS)
    (finding,) = [one for one in found if one.check == "webhook endpoint"]
    assert (finding.grade, said in finding.text) == (grade, True)


async def test_an_endpoint_lacking_events_is_named_with_those_it_lacks() -> None:
    """Registered by hand, for one type of event."""
    async with provider() as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        key = {"Authorization": f"Bearer {TOKEN}", "DialStack-Account": ACCOUNT}
        wish = {"url": f"{OURS}/webhooks/dialstack", "enabled_events": ["call.end"]}
        (await http.post("/v1/webhook_endpoints", json=wish, headers=key)).raise_for_status()
        found = await examined(url, public_url=OURS)
    (finding,) = [one for one in found if one.check == "webhook endpoint"]
    assert finding.grade is Grade.WARN
    assert "call.answered" in finding.text
