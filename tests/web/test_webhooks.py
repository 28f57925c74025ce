"""What the webhook endpoint makes of strangers, of rubbish, and of a store that fails."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hmac
import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from aiohttp import web

from adapter.core.facts import Direction, Facts, Known, Source
from adapter.metrics import Metrics
from adapter.runtime.intake import DeliveryOutcome
from adapter.storage.port import Done, StorageError
from adapter.telephony.dialstack import signing
from adapter.telephony.dialstack.driver import DialStackDriver, build_http
from adapter.telephony.updates import (
    CallUpdate,
    IncomingDelivery,
    Moment,
    WebhookRefusal,
    WebhookReply,
)
from adapter.web.http.bodies import MAX_BODY_BYTES
from adapter.web.http.throttle import Throttle
from adapter.web.webhooks import Webhooks
from tests.scenarios.conftest import ACCOUNT, SECRET, World

PATH = "/webhooks/dialstack"


def event(kind: str = "call.initiated", event_id: str = "evt_1") -> bytes:
    """A delivery's body."""
    data = {"call_id": "call_1", "user_id": "user_nobody", "direction": "outbound"}
    told = {"id": event_id, "type": kind, "account_id": ACCOUNT, "data": data}
    return json.dumps(told).encode()


def signed(body: bytes, *, secret: str = SECRET, shift: int = 0) -> dict[str, str]:
    """The header that proves it; `shift` seconds off our clock."""
    return {signing.HEADER: signing.header([secret], int(time.time()) + shift, body)}


def stored(folder: Path) -> list[tuple[str, str]]:
    """Type and fate of every delivery in the file."""
    with closing(sqlite3.connect(f"file:{folder}/test.db?mode=ro", uri=True)) as database, database:
        rows = database.execute("SELECT type, fate FROM deliveries").fetchall()
    database.close()
    return rows


BODY = event()


def hostile() -> dict[str, tuple[str | None, bytes]]:
    """Header and body of every stranger, signed now: a stale time would refuse them all alike."""
    good = signed(BODY)[signing.HEADER]
    stamp, _, proof = good.partition(",")
    return {
        "no header": (None, BODY),
        "no header, no body": (None, b""),
        "empty": ("", BODY),
        "not ours": ("Bearer token", BODY),
        "no time": (proof, BODY),
        "no signature": (stamp, BODY),
        "two times": (f"{stamp},{stamp},{proof}", BODY),
        "time is no number": (f"t=now,{proof}", BODY),
        "negative time": (f"t=-1,{proof}", BODY),
        "huge time": (f"t={'9' * 40},{proof}", BODY),
        "other digits": (f"t=\u0661\u0662\u0663,{proof}", BODY),
        "short signature": (good[:-1], BODY),
        "long signature": (good + "0", BODY),
        "upper case": (f"{stamp},{proof.upper()}", BODY),
        "not hex": (f"{stamp},v1={'z' * 64}", BODY),
        "all zero": (f"{stamp},v1={'0' * 64}", BODY),
        "another scheme": (good.replace("v1=", "v0="), BODY),
        "spaces": (good.replace("=", " = "), BODY),
        "a thousand signatures": (stamp + f",v1={'0' * 64}" * 80, BODY),
        "another body": (good, BODY.replace(b"call_1", b"call_2")),
        "one byte more": (good, BODY + b" "),
        "one byte less": (good, BODY[:-1]),
        "no body": (good, b""),
        "another secret": (signed(BODY, secret="whsec_other")[signing.HEADER], BODY),
        "empty secret": (signed(BODY, secret="")[signing.HEADER], BODY),
        "ten minutes old": (signed(BODY, shift=-600)[signing.HEADER], BODY),
        "ten minutes early": (signed(BODY, shift=600)[signing.HEADER], BODY),
        "control characters": ("t=1\x01,v1=\x02", BODY),
        "high bytes": ("\xff\xfe\xfd", BODY),
        "not UTF-8": (good, b"\xff\xfe\x00"),
        "deep JSON": (good, b"[" * 30_000),
    }


@pytest.mark.parametrize("name", hostile())
async def test_an_unverified_delivery_is_refused_and_leaves_no_trace(
    world: World, tmp_path: Path, name: str
) -> None:
    """401 whatever a stranger sends (400 where it is no HTTP at all), nothing stored, never 500."""
    header, body = hostile()[name]
    headers = {} if header is None else {signing.HEADER.encode(): header.encode()}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post(PATH, content=body, headers=headers)
        assert answer.status_code in ({400} if name == "control characters" else {401})
        assert (await http.get("/readyz")).status_code == 200
    assert stored(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", ("malformed", "quarantined")),
        (b"hello", ("malformed", "quarantined")),
        (b"\xff\xfe", ("malformed", "quarantined")),
        (b"[]", ("malformed", "quarantined")),
        (b'{"id": "evt_1"}', ("malformed", "quarantined")),
        (b'{"id": 7, "type": "call.end"}', ("malformed", "quarantined")),
        (b"[" * 30_000, ("malformed", "quarantined")),
        (event("call.teleported"), ("call.teleported", "ignored")),
        (b'{"id": "evt_1", "type": "call.end", "data": []}', ("call.end", "ignored")),
        (event().replace(ACCOUNT.encode(), b"acct_other"), ("call.initiated", "quarantined")),
        (event(), ("call.initiated", "parked")),
    ],
    ids=range(11),
)
async def test_a_verified_but_meaningless_delivery_is_stored_and_acknowledged(
    world: World, tmp_path: Path, body: bytes, kept: tuple[str, str]
) -> None:
    """Sending it again would not mend it: 200, twice, and one row for whoever looks into it."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        for _ in range(2):
            answer = await http.post(PATH, content=body, headers=signed(body))
            assert answer.status_code == 200
    assert stored(tmp_path) == [kept]


async def test_an_oversized_body_is_refused_unread(world: World, tmp_path: Path) -> None:
    """413 with a length that says so, and for one that grows while it is read."""
    body = b"x" * (MAX_BODY_BYTES + 1)

    async def pieces() -> Any:
        yield body

    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        told = await http.post(PATH, content=body, headers=signed(body))
        grown = await http.post(PATH, content=pieces(), headers=signed(body))
    assert (told.status_code, grown.status_code) == (413, 413)
    assert stored(tmp_path) == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [b"no such thing", gzip.compress(b"\0" * 5_000_000)], ids=len)
async def test_a_compressed_body_is_not_decompressed(
    world: World, tmp_path: Path, encoding: str, body: bytes
) -> None:
    """It cannot explode, and cannot be read either: who sends it hears so, and it is not kept."""
    headers = {**signed(body), "Content-Encoding": encoding}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        proved = await http.post(PATH, content=body, headers=headers)
        stranger = await http.post(PATH, content=body, headers={"Content-Encoding": encoding})
    assert (proved.status_code, stranger.status_code) == (415, 401)
    assert stored(tmp_path) == []


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n\r\n", b"5\r\nabc"])
async def test_a_broken_body_is_a_client_error(world: World, tmp_path: Path, chunk: bytes) -> None:
    """Chunks that are none, or a sender who hangs up: no 500, nothing stored, still alive."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head % PATH.encode() + chunk)
    writer.write_eof()
    told = await asyncio.wait_for(reader.read(), 10)
    assert not told.startswith(b"HTTP/1.1 5")
    writer.close()
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        assert (await http.get("/readyz")).status_code == 200
    assert stored(tmp_path) == []


class Clock:
    """The time, for an endpoint of its own."""

    def now(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def fresh_id(self, prefix: str) -> str:
        """Not asked for."""
        raise NotImplementedError

    def nonce(self) -> str:
        """Not asked for."""
        raise NotImplementedError


class FullDisk:
    """An intake whose store takes nothing."""

    def begin(self, heard: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
        """Fail as the port says."""
        done(StorageError(f"database or disk is full: {heard.event_id}"))


@pytest.fixture
async def lone_endpoint() -> Any:
    """The endpoint alone, with little patience and a full disk; its address."""
    from adapter.app import listening

    metrics = Metrics()
    http = build_http("http://127.0.0.1:9", "sk", ACCOUNT)
    driver = DialStackDriver(http, account=ACCOUNT, webhook_secrets=(SECRET,))
    endpoint = Webhooks(
        driver=driver,
        intake=FullDisk(),  # type: ignore[arg-type]
        clock=Clock(),
        metrics=metrics,
        strangers=Throttle(60, Clock()),
        read_seconds=0.1,
    )
    server = web.Application()
    server.router.add_post(PATH, endpoint.receive)
    async with listening(server, "127.0.0.1", 0) as port:
        yield port, metrics
    await driver.close()


async def test_a_body_that_never_arrives_times_out(lone_endpoint: Any) -> None:
    """408 when the promised bytes stay away, over a bare socket."""
    port, _ = lone_endpoint
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc" % PATH.encode())
    status = await asyncio.wait_for(reader.readline(), 10)
    assert b" 408 " in status
    writer.close()
    await writer.wait_closed()


async def test_a_store_failure_asks_for_redelivery(lone_endpoint: Any) -> None:
    """503 with Retry-After, and only for what is proved; the rest stays 401."""
    port, metrics = lone_endpoint
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        answer = await http.post(PATH, content=BODY, headers=signed(BODY))
        stranger = await http.post(PATH, content=BODY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert stranger.status_code == 401
    for fate in ("unsigned", "not-stored"):
        counted = metrics.registry.get_sample_value("softphone_deliveries_total", {"fate": fate})
        assert counted == 1


async def test_without_a_provider_there_is_no_endpoint(tmp_path: Path) -> None:
    """Nothing could be proved, so nothing listens."""
    from tests.scenarios.conftest import a_world

    async with (
        a_world(tmp_path, dialstack_webhook_secrets="") as world,
        httpx.AsyncClient(base_url=world.url, trust_env=False) as http,
    ):
        assert (await http.post(PATH, content=BODY, headers=signed(BODY))).status_code == 404


class FormPosts:
    """A driver of another kind: forms, signed with their address, answered with instructions."""

    path = "/webhooks/forms"

    def open_webhook(
        self, headers: Mapping[str, str], body: bytes, url: str, now: int
    ) -> IncomingDelivery | WebhookRefusal:
        """Proved as Twilio does: https://www.twilio.com/docs/usage/security#validating-requests."""
        fields = sorted(parse_qsl(body.decode()))
        text = url + "".join(name + value for name, value in fields)
        proof = base64.b64encode(hmac.digest(b"token", text.encode(), "sha1")).decode()
        if headers.get("x-twilio-signature") != proof:
            return WebhookRefusal(403, "bad-signature", "No.", "mismatch")
        reply = WebhookReply(b"<Response/>", "text/xml")
        call = parse_qs(urlsplit(url).query)["call"][0]
        facts = Facts(direction=Known(Direction.OUTBOUND, Source.EVENT))
        update = CallUpdate(Moment.DIALED, call, None, facts)
        return IncomingDelivery("acct", dict(fields)["CallSid"], "form", body, update, reply=reply)


async def test_a_provider_may_sign_the_address_and_want_an_answer_of_its_own() -> None:
    """The public address counts, query included, not the one that the proxy asked for."""
    from adapter.app import listening

    taken: list[IncomingDelivery] = []

    class Takes:
        def begin(self, delivery: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
            taken.append(delivery)
            done(DeliveryOutcome.PARKED)

    endpoint = Webhooks(
        driver=FormPosts(),  # type: ignore[arg-type]  # only what a webhook asks for
        intake=Takes(),  # type: ignore[arg-type]
        clock=Clock(),
        strangers=Throttle(60, Clock()),
        public_url="https://phone.example.com",
    )
    server = web.Application()
    server.router.add_post(FormPosts.path, endpoint.receive)
    path, body = f"{FormPosts.path}?call=ours", b"CallSid=CA1&CallStatus=in-progress"
    signed_text = f"https://phone.example.com{path}CallSidCA1CallStatusin-progress"
    proof = base64.b64encode(hmac.digest(b"token", signed_text.encode(), "sha1")).decode()
    async with (
        listening(server, "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        stranger = await http.post(path, content=body, headers={"X-Twilio-Signature": "x"})
        answer = await http.post(path, content=body, headers={"X-Twilio-Signature": proof})
    assert stranger.status_code == 403
    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    assert answer.headers["Content-Type"] == "text/xml"
    assert [delivery.event_id for delivery in taken] == ["CA1"]
