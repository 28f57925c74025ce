"""An adapter whose only way to Salesforce and DialStack is a company's HTTP proxy."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import certifi
import httpx
import pytest

from adapter.app import running
from adapter.commands.webhooks import register
from adapter.core.model import AgentKey
from adapter.doctor.provider import provider_findings
from adapter.doctor.salesforce import salesforce_findings
from adapter.doctor.voice import voice_api_findings
from adapter.drivers import build_driver
from adapter.opencti.setup import finder_of
from adapter.orgfile import orgs_of
from adapter.outbound import build_client
from adapter.page.port import ReadBackFailed
from adapter.runtime.clock import SystemClock
from adapter.settings import Settings
from adapter.settings.environment import load
from adapter.telephony.port import ProviderError, Rejected, Unknown
from adapter.telephony.transport import HttpClient
from adapter.voice.record import VoiceWriter
from adapter.voice.setup import connect as connect_voice
from adapter.web.signin.oidc import Flow, SignInRefused
from tests.doctor.conftest import certificate
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.states import MemoryStates
from tests.fakes.voicecalls import CENTER, key_pair

SALESFORCE, DIALSTACK = "https://acme.my.salesforce.com", "https://api.dialstack.test"
NO = b"HTTP/1.1 404 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture(params=["acme.my.salesforce.com", "api.dialstack.test"])
async def proxy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Proxy]:
    """A proxy to a server of that name, whose certificate is trusted."""
    tls, _ = certificate(tmp_path, 1, request.param)
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "server.crt"))
    async with proxied(tls, NO) as made:
        yield made


def behind(proxy: Proxy) -> Settings:
    """The settings of an adapter that has only this way out."""
    return load(
        {
            "SOFTPHONE_HTTPS_PROXY": proxy.url,
            "SOFTPHONE_SALESFORCE_URL": SALESFORCE,
            "SOFTPHONE_SALESFORCE_CLIENT_ID": "client",
            "SOFTPHONE_SALESFORCE_CLIENT_SECRET": "secret",
            "SOFTPHONE_DIALSTACK_URL": DIALSTACK,
            "SOFTPHONE_DIALSTACK_ACCOUNT": "acct",
            "SOFTPHONE_DIALSTACK_TOKEN": "sk",
            "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": "whsec_9f2c1e7a5b3d8064",
            "SOFTPHONE_VOICE_URL": SALESFORCE,
            "SOFTPHONE_VOICE_CONTACT_CENTER": CENTER,
            "SOFTPHONE_VOICE_KEY": key_pair()[0],
        }
    )


async def driver_asks(settings: Settings) -> None:
    """Place a call by the driver that the adapter builds."""
    driver = build_driver(orgs_of(settings).all[0], MemoryStates(), lambda _ms, _trouble: None)
    with pytest.raises((Unknown, Rejected)):
        await driver.place("ours", "user", "+12025550143")
    await driver.close()


async def command_asks(settings: Settings) -> None:
    """Register the webhooks."""
    with pytest.raises(ProviderError):
        await register(settings)


async def doctor_asks_the_provider(settings: Settings) -> None:
    """List the users."""
    await provider_findings(orgs_of(settings).all[0], SystemClock())


async def finder_asks(settings: Settings) -> None:
    """Look for Tasks."""
    finder = finder_of(orgs_of(settings).all[0], settings)
    assert finder is not None
    with pytest.raises(ReadBackFailed):
        await finder.find(AgentKey("00D000000000001", "005000000000001"), "call_1")
    await finder.close()


async def voice_asks(settings: Settings) -> None:
    """Close a record."""
    async with AsyncExitStack() as stack:
        org = orgs_of(settings).all[0]
        made = connect_voice(org, settings, settings.policy(), SystemClock(), stack)
        assert isinstance(made.writer, VoiceWriter)
        await made.writer.client.complete("call", {})


async def doctor_asks_voice(settings: Settings) -> None:
    """Try a token."""
    await voice_api_findings(orgs_of(settings), SystemClock())


async def doctor_asks_salesforce(settings: Settings) -> None:
    """Find the sign-in page; without its client, the search for Tasks does not ask there too."""
    asked = settings.model_copy(update={"sign_in": "salesforce", "salesforce_client_id": ""})
    tls = ssl.create_default_context(cafile=certifi.where())
    await salesforce_findings(asked, orgs_of(settings), SystemClock(), tls)


async def sign_in_asks(settings: Settings) -> None:
    """Find the sign-in page, as the running adapter does."""
    with TemporaryDirectory() as folder:
        wishes = {"sign_in": "salesforce", "database_url": f"sqlite:///{folder}/calls.db"}
        async with running(settings.model_copy(update=wishes)) as app:
            identity = app.tenants.all[0].identity
            assert identity is not None
            with pytest.raises(SignInRefused):
                await identity.authorize_url(Flow("secret"))


@pytest.mark.parametrize("proxy", ["api.dialstack.test"], indirect=True)
@pytest.mark.parametrize("ask", [driver_asks, command_asks, doctor_asks_the_provider])
async def test_dialstack_is_reached_through_the_proxy(
    proxy: Proxy, ask: Callable[[Settings], Awaitable[None]]
) -> None:
    """Its name is found there alone; user and password are decoded."""
    await ask(behind(proxy))
    assert ({*proxy.asked}, proxy.wrong) == ({"api.dialstack.test:443"}, 0)


@pytest.mark.parametrize("proxy", ["acme.my.salesforce.com"], indirect=True)
@pytest.mark.parametrize(
    "ask", [finder_asks, voice_asks, doctor_asks_voice, doctor_asks_salesforce, sign_in_asks]
)
async def test_salesforce_is_reached_through_the_proxy(
    proxy: Proxy, ask: Callable[[Settings], Awaitable[None]]
) -> None:
    """For every purpose."""
    await ask(behind(proxy))
    assert ({*proxy.asked}, proxy.wrong) == ({"acme.my.salesforce.com:443"}, 0)


@pytest.mark.parametrize("proxy", ["api.dialstack.test"], indirect=True)
async def test_a_request_that_the_proxy_refuses_was_never_sent(proxy: Proxy) -> None:
    """A wrong password: the text names the proxy's answer, and not the password."""
    http = HttpClient(DIALSTACK, {}, proxy=proxy.url.replace("p%40ss", "wrong"))
    with pytest.raises(Rejected, match=r"The proxy does not connect .* 407") as refused:
        await http.request("POST", "/calls", json={})
    await http.aclose()
    assert ("wrong" in refused.value.text, proxy.wrong) == (False, 1)


@pytest.mark.parametrize("proxy", ["api.dialstack.test"], indirect=True)
@pytest.mark.parametrize("local", ["https://127.0.0.1:9", "http://127.0.0.1:9", "https://[::1]:9"])
async def test_this_machine_is_reached_without_the_proxy(proxy: Proxy, local: str) -> None:
    """By both clients."""
    http = HttpClient(local, {}, proxy=proxy.url)
    with pytest.raises(Rejected):
        await http.request("GET", "/")
    await http.aclose()
    async with build_client(5, proxy=proxy.url) as other:
        with pytest.raises(httpx.ConnectError):
            await other.get(local)
    assert (proxy.asked, proxy.wrong) == ([], 0)
