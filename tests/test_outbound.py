"""Requests to other servers: an answer that is longer than is read counts as none."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from adapter.core.model import AgentKey
from adapter.opencti.soql import build_finder
from adapter.orgs import Org
from adapter.outbound import LARGEST, AnswerTooLong, build_client
from adapter.page.port import ReadBackFailed
from adapter.page.port import Unknown as NotKnown
from adapter.runtime.clock import SystemClock
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.rest import build_http as build_ari_http
from adapter.telephony.dialstack.driver import DialStackDriver
from adapter.telephony.dialstack.driver import build_http as build_dialstack_http
from adapter.telephony.port import Unknown
from adapter.voice.client import VoiceClient
from adapter.voice.client import build_http as build_voice_http
from adapter.voice.token import Issuer, read_key
from adapter.web.signin.oidc import Flow, IdentityProvider, SignInRefused
from adapter.web.signin.oidc import build_http as build_sign_in_http
from tests.fakes.voicecalls import CENTER, ORG, key_pair

Asker = Callable[[str], Awaitable[str]]
"""Asks the server at this address once; returns what became of that."""

ANSWER = b"HTTP/1.1 %d Told\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def answering(
    head: bytes, body: bytes, *, status: int = 202, for_ever: bool = False
) -> AsyncIterator[Server]:
    """A server that gives this answer to everything, its body again and again if it is endless."""
    server = Server()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            server.asked += 1
            writer.write(ANSWER % status + head + b"\r\n")
            while True:
                writer.write(body)
                await writer.drain()
                if not for_ever:
                    break
        writer.close()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


class Server:
    """Where it is, and how often it was asked."""

    url = ""
    asked = 0


async def dialstack(url: str) -> str:
    """Place a call."""
    seen: list[str] = []
    http = build_dialstack_http(url, "token", "account")
    driver = DialStackDriver(http, observe=lambda _, trouble: seen.append(trouble))
    with pytest.raises(Unknown) as unknown:
        await driver.place("ours", "user", "+12025550143")
    await driver.close()
    assert seen == ["no-answer"]
    return unknown.value.text


async def asterisk(url: str) -> str:
    """Make a channel."""
    seen: list[str] = []
    account = AsteriskAccount(url, "softphone", "secret")
    client = AriClient(
        build_ari_http(account), account, observe=lambda _, trouble: seen.append(trouble)
    )
    with pytest.raises(Unknown) as unknown:
        await client.create("PJSIP/ada", "", "c1-d0")
    await client.close()
    assert seen == ["no-answer"]
    return unknown.value.text


async def voice(url: str) -> str:
    """Make a record of Salesforce Voice."""
    client = VoiceClient(
        build_voice_http(url),
        Issuer(ORG, CENTER),
        read_key(key_pair()[0]),
        provider_name="Softphone",
        now_ms=lambda: 1_760_000_000_000,
        token_id=lambda: "n1",
    )
    outcome = await client.create({})
    await client.close()
    assert isinstance(outcome, NotKnown)
    return outcome.reason


async def tasks(url: str) -> str:
    """Look for a call's Tasks."""
    finder = build_finder(url, "client", "secret")
    with pytest.raises(ReadBackFailed) as failed:
        await finder.find(AgentKey("00D000000000001", "005000000000001"), "call_1")
    await finder.close()
    return str(failed.value)


async def sign_in(url: str) -> str:
    """Sign in at a My Domain."""
    async with build_sign_in_http() as http:
        org = Org("00D000000000001", (), domain=url, client_id="client")
        provider = IdentityProvider(org, http, "http://localhost/auth/callback", SystemClock())
        with pytest.raises(SignInRefused) as refused:
            await provider.authorize_url(Flow("secret"))
    return str(refused.value.__context__.__class__.__name__)


TOO_LONG = b" " * (LARGEST + 1)
PACKED = gzip.compress(TOO_LONG)


@pytest.mark.parametrize(
    ("head", "body", "for_ever"),
    [
        (b"Content-Length: %d\r\n" % len(TOO_LONG), TOO_LONG, False),
        (b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(PACKED), PACKED, False),
        (b"Transfer-Encoding: chunked\r\n", b"10000\r\n" + b" " * 65_536 + b"\r\n", True),
    ],
    ids=["long", "packed", "endless"],
)
@pytest.mark.parametrize("ask", [dialstack, asterisk, voice, tasks, sign_in])
async def test_an_oversized_answer_leaves_the_outcome_unknown(
    ask: Asker, head: bytes, body: bytes, for_ever: bool
) -> None:
    """Accepted or not, nobody read; it is asked once, and told as the other side's trouble."""
    async with answering(head, body, for_ever=for_ever) as server:
        assert "AnswerTooLong" in await ask(server.url)
    assert server.asked == 1


async def test_an_answer_that_trickles_times_out() -> None:
    """Each byte comes in time, and there is always another one."""
    left = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER % 200 + b"Content-Length: 200000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        left.set()

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(60), build_client(1.0) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.get(url)
            await left.wait()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("identity", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress)],
)
async def test_an_answer_of_the_maximum_size_is_read(
    encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    """One byte more is too long; what is measured is what it takes unpacked."""
    body = pack(b"[" + b" " * 9_998 + b"]")
    head = b"Content-Encoding: %s\r\nContent-Length: %d\r\n" % (encoding.encode(), len(body))
    async with answering(head, body) as server:
        async with build_client(30, most=10_000) as http:
            answer = await http.get(server.url)
        async with build_client(30, most=9_999) as http:
            with pytest.raises(AnswerTooLong):
                await http.get(server.url)
    assert (answer.status_code, answer.json(), len(answer.content)) == (202, [], 10_000)
    assert answer.headers["Content-Type"] == "application/json"


async def test_an_answer_that_cannot_be_unpacked_is_lost() -> None:
    """As any that was garbled on its way."""
    async with (
        answering(b"Content-Encoding: gzip\r\nContent-Length: 2\r\n", b"no") as server,
        build_client(30) as http,
    ):
        with pytest.raises(httpx.DecodingError):
            await http.get(server.url)


async def test_a_redirect_is_an_answer() -> None:
    """What a request bears goes nowhere else."""
    async with answering(b"Location: /other\r\nContent-Length: 0\r\n", b"", status=307) as server:
        async with build_client(30) as http:
            await http.get(server.url)
        assert server.asked == 1
