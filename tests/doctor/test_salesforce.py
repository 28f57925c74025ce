"""What Salesforce itself says of the settings, each fault with the sentence that mends it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from aiohttp import web
from pydantic import SecretStr

from adapter.app import listening
from adapter.doctor.findings import Finding, Grade
from adapter.doctor.salesforce import salesforce_findings
from adapter.orgfile import orgs_of
from adapter.orgs import Org, Orgs, SalesforceSide
from adapter.settings import Settings
from adapter.settings.environment import load
from tests.doctor.conftest import ORG, StoppedClock, texts_of
from tests.fakes.identity import FakeIdentity, an_identity
from tests.scenarios.conftest import free_port

PUBLIC = "https://phone.acme.example"
CALLBACK = f"{PUBLIC}/auth/callback"


def signs_in(fake: FakeIdentity, **changed: Any) -> Settings:
    """The settings of a deployment whose agents sign in there."""
    wanted = {
        "public_url": PUBLIC,
        "sign_in": "salesforce",
        "org_id": fake.org_id,
        "org_origins": (ORG,),
        "salesforce_url": fake.url,
        "sign_in_client_id": fake.client_id,
        "sign_in_client_secret": "secret",
    }
    return load({}, **(wanted | changed))


async def examined(settings: Settings) -> tuple[Finding, ...]:
    """What is found."""
    tls = ssl.create_default_context()
    return await salesforce_findings(settings, orgs_of(settings), StoppedClock(), tls)


async def test_a_configured_sign_in_passes() -> None:
    """My Domain answers as itself, and knows the app and the way back."""
    async with an_identity(callback=CALLBACK) as fake:
        found = await examined(signs_in(fake))
    assert [(f.check, f.grade) for f in found] == [
        ("My Domain", Grade.OK),
        ("sign-in app", Grade.OK),
    ]


async def test_without_salesforce_nothing_is_checked() -> None:
    """A trial with the dev sign-in has no Salesforce to look at."""
    assert await examined(load({})) == ()


async def test_a_missing_my_domain_fails_once() -> None:
    """One finding, with where the right address stands."""
    async with an_identity() as fake:
        settings = signs_in(fake, salesforce_url=f"http://127.0.0.1:{free_port()}")
        found = await examined(settings)
    assert [(f.check, f.grade) for f in found] == [("My Domain", Grade.FAIL)]
    assert "Setup → My Domain" in found[0].todo


async def test_a_domain_with_another_issuer_fails() -> None:
    """A login address in the place of My Domain, or one from before its renaming."""
    async with an_identity(bend_discovery={"issuer": "https://other.my.salesforce.com"}) as fake:
        found = await examined(signs_in(fake))
    assert [(f.check, f.grade) for f in found] == [("My Domain", Grade.FAIL)]
    assert "unexpected issuer" in found[0].text


@pytest.mark.parametrize(
    ("client_id", "callback", "todo"),
    [("3MVG9other", CALLBACK, "Consumer Key"), ("client", f"{PUBLIC}/other", "callback URL")],
)
async def test_a_refused_app_is_reported_with_its_reason(
    client_id: str, callback: str, todo: str
) -> None:
    """The key that was copied wrong is another fault than the address that was forgotten."""
    async with an_identity(callback=callback) as fake:
        found = await examined(signs_in(fake, sign_in_client_id=client_id))
    ((grade, text),) = texts_of(found, "sign-in app")
    assert grade is Grade.FAIL
    assert CALLBACK in text
    assert todo in found[-1].todo


@pytest.mark.parametrize(
    ("status", "headers"),
    [(500, {}), (302, {"Location": "/error?error=app_blocked&error_description=blocked"})],
)
async def test_any_other_refusal_is_reported_verbatim(status: int, headers: dict[str, str]) -> None:
    """A status, or a word that this page has no sentence for."""
    async with an_identity() as fake:
        fake.instead["/services/oauth2/authorize"] = (status, headers, "")
        found = await examined(signs_in(fake))
    ((grade, text),) = texts_of(found, "sign-in app")
    assert grade is Grade.FAIL
    assert text.endswith(("status 500.", "app_blocked."))


async def test_a_truncated_sign_in_page_fails(respx_mock: respx.MockRouter) -> None:
    """Discovery went well, then the connection was lost."""
    domain = "https://acme.my.salesforce.com"
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    discovery = {"issuer": domain} | {name: f"{domain}/{name}" for name in names}
    respx_mock.get(f"{domain}/.well-known/openid-configuration").respond(json=discovery)
    respx_mock.get(f"{domain}/authorization_endpoint").mock(side_effect=httpx.ReadError)
    found = await examined(signs_in(FakeIdentity(url=domain)))
    assert texts_of(found, "sign-in app") == [
        (Grade.FAIL, f"{domain} did not show its sign-in page (ReadError).")
    ]


Handler = Callable[[web.Request], Any]


@asynccontextmanager
async def an_org(query: Handler, token_status: int = 200) -> AsyncIterator[Settings]:
    """An org that answers to a client of its own, and the settings that name it."""

    async def token(_request: web.Request) -> web.Response:
        return web.json_response({"access_token": "t"}, status=token_status)

    server = web.Application()
    server.add_routes(
        [
            web.post("/services/oauth2/token", token),
            web.get("/services/data/{version}/queryAll", query),
        ]
    )
    async with listening(server, "127.0.0.1", 0) as port:
        yield load(
            {},
            salesforce_url=f"http://127.0.0.1:{port}",
            salesforce_client_id="client",
            salesforce_client_secret="secret",
        )


async def _no_tasks(_request: web.Request) -> web.Response:
    return web.json_response({"records": []})


async def _forbidden(_request: web.Request) -> web.Response:
    return web.json_response([{"errorCode": "INSUFFICIENT_ACCESS"}], status=403)


async def test_a_permitted_read_back_passes() -> None:
    """It signs in, and is told that there are no such Tasks."""
    async with an_org(_no_tasks) as settings:
        found = await examined(settings)
    assert [(f.check, f.grade) for f in found] == [
        ("read-back", Grade.OK),
        ("call center", Grade.WARN),
    ]


@pytest.mark.parametrize(("query", "token_status"), [(_no_tasks, 400), (_forbidden, 200)])
async def test_a_read_back_that_is_refused_fails(query: Handler, token_status: int) -> None:
    """By its credentials, or for want of rights: both are mended at the same place."""
    async with an_org(query, token_status) as settings:
        found = await examined(settings)
    assert [(f.check, f.grade) for f in found] == [("read-back", Grade.FAIL)]
    assert "client credentials" in found[0].todo


@pytest.mark.parametrize("missing", ["client_id", "client_secret", "url"])
async def test_a_read_back_without_one_of_its_settings_fails(missing: str) -> None:
    """Without a word, a lost answer would be a question for the agent."""
    async with an_org(_no_tasks) as settings:
        empty = SecretStr("") if missing == "client_secret" else ""
        half = settings.model_copy(update={f"salesforce_{missing}": empty})
        found = await examined(half)
    assert [(f.check, f.grade) for f in found] == [("read-back", Grade.FAIL)]
    assert "SOFTPHONE_SALESFORCE_CLIENT_SECRET" in found[0].todo


async def test_each_org_is_searched_by_its_own_app() -> None:
    """What stands in the orgs file is what the adapter uses."""
    async with an_org(_no_tasks) as settings:
        domain = settings.salesforce_url
        plain = load({})
        own = SalesforceSide(client_id="reader", client_secret="secret")
        org = Org("00D000000000001", (ORG,), domain, salesforce=own)
        tls = ssl.create_default_context()
        found = await salesforce_findings(plain, Orgs((org,)), StoppedClock(), tls)
    assert (found[0].check, found[0].grade) == ("read-back", Grade.OK)
    assert domain in found[0].text


async def test_of_several_orgs_each_that_is_not_searched_is_named() -> None:
    """Otherwise the same sentence stood there twice."""
    update = {"orgs_file": Path("orgs.toml"), "salesforce_client_id": "client"}
    settings = load({}).model_copy(update=update)
    orgs = Orgs(tuple(Org(f"00D00000000000{n}", (ORG,), "https://a.example") for n in (1, 2)))
    tls = ssl.create_default_context()
    found = await salesforce_findings(settings, orgs, StoppedClock(), tls)
    assert [f.text.partition(":")[0] for f in found] == ["00D000000000001", "00D000000000002"]
