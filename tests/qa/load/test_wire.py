"""The generator's own sockets: what they take for whole, and what they take for a view."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import cast

import pytest

from qa.load.wire import (
    PageSocket,
    Poster,
    Wrong,
    asking,
    body_of,
    encrypt,
    masked,
    post,
    span,
)
from qa.replicas.proxies import certificate

OPENED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
VIEW = b'{"type":"view","state":"idle"}'


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.aborted = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.written.append(data)

    def abort(self) -> None:
        """Keep that too."""
        self.aborted = True


def frame(payload: bytes, opcode: int = 0x81) -> bytes:
    """A server's frame."""
    size = len(payload)
    head = bytes((opcode, size)) if size < 126 else bytes((opcode, 126)) + size.to_bytes(2, "big")
    return head + payload


def page(seen: list[bytes], hello: bytes = b"") -> tuple[PageSocket, Wire]:
    """A page that writes down the views it is shown."""
    wire = Wire()
    socket = PageSocket(b"GET", hello, "u1", lambda _, payload: seen.append(payload))
    socket.connection_made(cast(asyncio.Transport, wire))
    return socket, wire


@pytest.mark.parametrize("size", [0, 125, 126, 70_000])
def test_a_frame_is_complete_with_its_last_byte(size: int) -> None:
    """The three ways in which RFC 6455 writes a length."""
    long = bytes((0x81, 127)) + size.to_bytes(8, "big") + b"x" * size
    whole = frame(b"x" * size) if size < 65_536 else long
    found = span(whole, 0)
    assert found is not None
    assert whole[found[0] : found[1]] == b"x" * size
    assert all(span(whole[:cut], 0) is None for cut in (0, 1, len(whole) - 1))


def test_other_messages_are_passed_on_beside_views() -> None:
    """An offer to save, and the go, are what a page that dials waits for."""
    views: list[bytes] = []
    others: list[bytes] = []
    one, _ = page(views)
    one.on_message = lambda _, payload: others.append(payload)
    one.data_received(OPENED + frame(b'{"type":"offer","log_id":"a"}') + frame(VIEW))
    assert (others, views) == ([b'{"type":"offer","log_id":"a"}'], [VIEW])


async def test_a_tls_port_is_connected_with_tls(tmp_path: Path) -> None:
    """With a certificate that is looked at; the same requests go in clear elsewhere."""
    certificate(tmp_path)
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=theirs)
    port: int = server.sockets[0].getsockname()[1]
    encrypt(port, ssl.create_default_context(cafile=tmp_path / "chain.pem"))
    async with server, asking(port) as ask:
        assert body_of(await ask(post(port, "/", b"{}"))) == {}


def test_views_are_seen_however_the_bytes_are_cut() -> None:
    """One byte at a time, and all at once: the same views, and nothing else."""
    stream = OPENED + frame(VIEW) + frame(b'{"type":"pop"}') + frame(VIEW + b" " * 200)
    for size in (1, 7, len(stream)):
        seen: list[bytes] = []
        socket, _ = page(seen)
        for at in range(0, len(stream), size):
            socket.data_received(stream[at : at + size])
        assert seen == [VIEW, VIEW + b" " * 200]


def test_hello_goes_out_once_the_socket_is_open() -> None:
    """Then the page waits for its first view before it is ready."""
    socket, wire = page([], hello=b"hello")
    socket.data_received(OPENED)
    assert wire.written == [b"GET", masked(b"hello")]
    assert not socket.ready.is_set()
    socket.data_received(frame(VIEW))
    assert socket.ready.is_set()


def test_a_ping_is_answered_with_its_own_payload() -> None:
    """Else the server would drop the page in the middle of a measurement."""
    socket, wire = page([])
    socket.data_received(OPENED + frame(b"now", 0x89))
    assert wire.written[-1] == masked(b"now", 0x8A)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"HTTP/1.1 429 Too Many Requests\r\n\r\n", "429"),
        (OPENED + frame((4003).to_bytes(2, "big"), 0x88), "4003"),
    ],
)
def test_a_refused_page_says_so(data: bytes, said: str) -> None:
    """Whoever waits for it need not wait for a time-out."""
    socket, wire = page([])
    socket.data_received(data)
    assert wire.aborted
    assert said in socket.problem


def test_an_answer_is_passed_on_once_its_body_is_complete() -> None:
    """Not before, and the next one by itself."""
    answers: list[bytes] = []
    poster = Poster(lambda _, answer: answers.append(answer))
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}  "
    poster.data_received(whole[:-3])
    assert answers == []
    poster.data_received(whole[-3:])
    poster.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert answers == [whole, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
    assert body_of(answers[0]) == {}


def test_a_refusal_has_no_body() -> None:
    """It is told as it came."""
    with pytest.raises(Wrong, match="403"):
        body_of(b"HTTP/1.1 403 Forbidden\r\n\r\n{}")
