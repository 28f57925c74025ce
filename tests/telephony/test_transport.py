"""What is sent, and what each failure says about whether it was."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from adapter.telephony.port import Rejected, Unknown
from adapter.telephony.transport import HttpClient, Response

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nX-Request-Id: r1\r\n\r\n{}"


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """A server on loopback that does this with each connection; yields its address."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def client(url: str, connect_seconds: float = 30) -> AsyncIterator[HttpClient]:
    """A client of that server."""
    http = HttpClient(url, {"Token": "secret"}, connect_seconds=connect_seconds)
    yield http
    await http.aclose()


async def request_of(reader: asyncio.StreamReader) -> bytes:
    """One request as it came, with a body of two bytes where it has one."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head + (await reader.readexactly(2) if b"content-length: 2" in head.lower() else b"")


async def test_a_request_arrives_as_it_was_given_and_its_answer_comes_back() -> None:
    """Path (dots as escaped), headers and body, and no word of a body where there is none."""
    came: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            came.append(await request_of(reader))
            writer.write(OK)

    async with serving(answer) as url, client(url) as http:
        answered = await http.request("POST", "/v1/%2E%2E/x?a=%20b", json={})
        await http.request("POST", "/v1/pause")
    head = came[0].lower().split(b"\r\n")
    assert came[0].startswith(b"POST /v1/%2E%2E/x?a=%20b HTTP/1.1\r\n")
    assert {b"token: secret", b"content-type: application/json", b"content-length: 2"} <= {*head}
    assert came[0].endswith(b"\r\n\r\n{}")
    assert (answered.status, answered.reason, answered.body) == (202, "Accepted", b"{}")
    assert answered.headers["x-request-id"] == "r1"
    assert b"content-length: 0" in came[1].lower()
    assert b"content-type" not in came[1].lower()


async def test_a_connection_is_reused_and_a_compressed_answer_decompressed() -> None:
    """Two requests, one connection."""
    body = gzip.compress(b'"packed"')
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(2):
            await request_of(reader)
            writer.write(packed % (len(body), body))

    async with serving(answer) as url, client(url) as http:
        said = [(await http.request("GET", "/")).body for _ in range(2)]
    assert said == [b'"packed"', b'"packed"']
    assert connections == 1


async def test_a_redirect_is_an_answer() -> None:
    """The token goes nowhere else."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")

    async with serving(answer) as url, client(url) as http:
        assert (await http.request("POST", "/", json={})).status == 307


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://nowhere.invalid/", "ftp://127.0.0.1/", "http://"]
)
async def test_a_refused_connection_is_reported_as_never_sent(url: str) -> None:
    """No connection, no name, no such protocol, no host."""
    async with client(url) as http:
        with pytest.raises(Rejected) as refused:
            await http.request("POST", "/", json={})
    assert refused.value.code == "unreachable"


async def test_a_certificate_error_is_reported_as_never_sent() -> None:
    """A server that speaks no TLS has read nothing of a request."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(answer) as url, client(url.replace("http:", "https:")) as http:
        with pytest.raises(Rejected):
            await http.request("POST", "/", json={})


async def test_a_connection_time_out_is_reported_as_never_sent() -> None:
    """A server that is silent when TLS begins."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as url, client(url.replace("http:", "https:"), 0.05) as http:
        with pytest.raises(Rejected):
            await http.request("POST", "/", json={})


async def test_a_post_is_sent_once_although_its_kept_connection_was_closed() -> None:
    """It may have arrived: whoever asked must be told, not a second request sent."""
    came: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await request_of(reader))
        writer.write(OK)
        came.append(await request_of(reader))

    async with serving(answer) as url, client(url) as http:
        await http.request("POST", "/", json={})
        with pytest.raises(Unknown) as lost:
            await http.request("POST", "/", json={})
    assert len(came) == 2
    assert "secret" not in str(lost.value)


async def test_a_broken_answer_leaves_the_outcome_unknown() -> None:
    """Neither is a connection that never stood."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(OK[:-1])

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"220 mail.example.com ready\r\n\r\n")

    for answer in (cut, babble):
        async with serving(answer) as url, client(url) as http:
            with pytest.raises(Unknown):
                await http.request("POST", "/", json={})


async def test_an_endless_answer_times_out() -> None:
    """It may have done what it was asked for."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{")
        await reader.read()

    async with serving(endless) as url:
        http = HttpClient(url, {}, total_seconds=0.05)
        with pytest.raises(Unknown):
            await http.request("POST", "/", json={})
        await http.aclose()


async def test_listeners_get_every_answer() -> None:
    """Such as whoever compares clocks."""
    heard: list[Response] = []

    async def hear(response: Response) -> None:
        heard.append(response)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 503 Busy\r\nDate: now\r\nContent-Length: 0\r\n\r\n")

    async with serving(answer) as url:
        http = HttpClient(url, {}, hear)
        await http.request("GET", "/y")
        await http.aclose()
    assert [(one.status, one.reason, one.headers["Date"]) for one in heard] == [
        (503, "Busy", "now")
    ]


async def test_paths_are_relative_to_the_address_and_full_urls_are_kept() -> None:
    """A provider behind a prefix; the next page of a list."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            asked.append((await request_of(reader)).split()[1])
            writer.write(OK)

    async with serving(answer) as url, client(f"{url}/api/") as http:
        await http.request("GET", "/v1/calls", params={"limit": "9", "to": "a b&c"})
        whole = URL(f"{url}/api/v1/calls?page=b%2Fc", encoded=True)
        assert (await http.request("GET", whole)).url == whole
    assert asked == [b"/api/v1/calls?limit=9&to=a+b%26c", b"/api/v1/calls?page=b%2Fc"]
