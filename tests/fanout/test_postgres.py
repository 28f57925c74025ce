"""Hints over a real PostgreSQL: heard by every other replica, by oneself at once, never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from msgspec import Raw
from msgspec.structs import replace
from psycopg.conninfo import conninfo_to_dict
from structlog.testing import capture_logs

from adapter.core.model import AgentKey
from adapter.fanout.notifications import hint_of, pack
from adapter.fanout.port import Topic
from adapter.fanout.postgres import CHANNEL, PostgresHints
from tests.storage.servers import Postgres, running_postgres

ADA = AgentKey("00D000000000001", "005000000000001")
BOB = AgentKey("00D000000000001", "005000000000002")


class Replica:
    """Hints, and what came of them."""

    def __init__(self, url: str) -> None:
        self.broken = 0
        self.hints = PostgresHints(url, self._broke)
        self.heard: list[tuple[AgentKey, int]] = []
        self._moved = asyncio.Condition()
        self.hints.listen(self._hear)

    def _broke(self) -> None:
        self.broken += 1

    def _hear(self, key: AgentKey, version: int) -> None:
        self.heard.append((key, version))

    async def until_heard(self, key: AgentKey, version: int) -> None:
        """Wait for this hint."""
        async with asyncio.timeout(20):
            while (key, version) not in self.heard:  # noqa: ASYNC110 - another thread tells
                await asyncio.sleep(0.01)


@asynccontextmanager
async def replicas(url: str, count: int) -> AsyncIterator[list[Replica]]:
    """So many of them, all listening."""
    made = [Replica(url) for _ in range(count)]
    try:
        for one in made:
            await one.hints.start()
        yield made
    finally:
        for one in made:
            await one.hints.close()


async def test_every_replica_gets_a_hint_and_the_publisher_gets_it_once(postgres: Postgres) -> None:
    """Own listeners are told at once, the others by the server, nobody twice."""
    async with replicas(postgres.database(), 3) as (first, second, third):
        first.hints.publish(ADA, 7)
        assert first.heard == [(ADA, 7)]
        await second.until_heard(ADA, 7)
        await third.until_heard(ADA, 7)
        # What comes after shows that nothing came twice before it.
        second.hints.publish(BOB, 1)
        await first.until_heard(BOB, 1)
        await third.until_heard(BOB, 1)
        assert first.heard == second.heard == third.heard == [(ADA, 7), (BOB, 1)]


async def test_hints_arrive_again_after_the_connections_were_cut(postgres: Postgres) -> None:
    """Both ways are made anew; what was said meanwhile may be lost, what is said later is not."""
    url = postgres.database()
    async with replicas(url, 2) as (first, second):
        first.hints.publish(ADA, 1)
        await second.until_heard(ADA, 1)
        postgres.drop_connections(url)
        version = 1
        async with asyncio.timeout(20):
            while second.heard[-1] == (ADA, 1):
                version += 1
                first.hints.publish(ADA, version)
                await asyncio.sleep(0.05)
        assert second.broken >= 1


async def test_only_the_newest_waiting_hint_of_each_agent_is_sent(postgres: Postgres) -> None:
    """While nobody sends yet, a thousand versions become one hint."""
    async with replicas(postgres.database(), 1) as (listener,):
        late = Replica(listener.hints._url)
        for version in range(1, 1_001):
            late.hints.publish(ADA, version)
        await late.hints.start()
        await listener.until_heard(ADA, 1_000)
        await late.hints.close()
    assert listener.heard == [(ADA, 1_000)]


async def test_a_sign_out_is_sent_though_a_version_of_the_agent_waits(postgres: Postgres) -> None:
    """Both wait for the same notification; a new version says nothing of the sign-ins."""
    async with replicas(postgres.database(), 1) as (listener,):
        signed_out: list[tuple[AgentKey, int]] = []
        listener.hints.listen(lambda *hint: signed_out.append(hint), Topic.SIGNED_OUT)
        late = Replica(listener.hints._url)
        late.hints.publish(ADA, 7)
        late.hints.publish(ADA, topic=Topic.SIGNED_OUT)
        late.hints.publish(BOB, 1)
        await late.hints.start()
        await listener.until_heard(BOB, 1)
        await late.hints.close()
    assert listener.heard == [(ADA, 7), (BOB, 1)]
    assert signed_out == [(ADA, 0)]


async def test_garbage_on_the_channel_does_no_harm(postgres: Postgres) -> None:
    """Whoever may connect may say anything there."""
    url = postgres.database()
    async with replicas(url, 2) as (first, second):
        with psycopg.connect(url, autocommit=True) as connection:
            for payload in ("", "[", "[1]", '["x", 5]', '["x", [["a", "b", null]]]'):
                connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
        first.hints.publish(ADA, 2)
        await second.until_heard(ADA, 2)
        assert second.heard == [(ADA, 2)]


async def test_hints_that_were_never_started_can_be_closed() -> None:
    """And twice, since whoever fails on the way closes what there is."""
    hints = PostgresHints("postgresql://nobody@/nowhere")
    await hints.close()
    await hints.close()


async def test_an_absent_server_delays_the_start_and_no_more(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process starts all the same, and its own pages are told."""
    monkeypatch.setattr("adapter.fanout.postgres.START_SECONDS", 0.1)
    one = Replica(postgres.database() + "_that_nobody_made")
    await one.hints.start()
    one.hints.publish(ADA, 3)
    await one.hints.close()
    assert one.heard == [(ADA, 3)]
    assert one.broken >= 1


async def test_a_frozen_server_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its system acknowledges every byte, but neither a listener nor a closing process waits."""
    monkeypatch.setattr("adapter.postgres.Connection.silent_seconds", 0.3)
    monkeypatch.setattr("adapter.postgres.CONNECT_SECONDS", 2)  # libpq's least
    monkeypatch.setattr("adapter.fanout.postgres.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("adapter.fanout.postgres.ASK_SECONDS", 0)
    with running_postgres() as server:
        url = server.database()
        async with replicas(url, 3) as (idle, ending, third):
            with server.frozen(url):
                ending.hints.publish(ADA, 1)
                async with asyncio.timeout(8):  # it goes on by itself after ten
                    await ending.hints.close()
                    while not idle.broken:  # noqa: ASYNC110 - its thread's doing
                        await asyncio.sleep(0.01)
            async with asyncio.timeout(20):
                while (BOB, 2) not in idle.heard:
                    third.hints.publish(BOB, 2)
                    await asyncio.sleep(0.01)


async def test_an_outage_is_logged_once_per_connection(postgres: Postgres) -> None:
    """It is tried several times a second, and whoever reads the log at night looks for a cause."""
    url = postgres.database()
    with capture_logs() as lines:
        one = Replica(url.replace("?", "_to_be?"))
        await one.hints.start()
        async with asyncio.timeout(60):
            while one.broken < 6:  # noqa: ASYNC110 - two threads' doing
                await asyncio.sleep(0.01)
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{conninfo_to_dict(one.hints._url)["dbname"]}"')
        async with asyncio.timeout(60):
            while [line["event"] for line in lines].count("fanout.mended") < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await one.hints.close()
    told = sorted((line["event"], line["thread"]) for line in lines)
    assert told == [
        (event, thread)
        for event in ("fanout.broken", "fanout.mended")
        for thread in ("hints-in", "hints-out")
    ]


def learning(replica: Replica, epoch: str) -> list[tuple[AgentKey, int, bytes, int]]:
    """What it is told, with how many hints it had heard by then."""
    learned: list[tuple[AgentKey, int, bytes, int]] = []

    def learn(key: AgentKey, version: int, value: bytes) -> None:
        learned.append((key, version, value, len(replica.heard)))

    replica.hints.learn_with({Topic.VERSION: learn}, epoch)
    return learned


async def test_a_value_is_stored_before_its_hint_is_delivered(postgres: Postgres) -> None:
    """So whoever hears the hint finds the value; one that is not told is no matter."""
    async with replicas(postgres.database(), 2) as (first, second):
        learning(first, "epoch")
        learned = learning(second, "epoch")
        first.hints.publish(ADA, 7, lambda: b'{"a":1}')
        first.hints.publish(BOB, 1)
        await second.until_heard(ADA, 7)
        await second.until_heard(BOB, 1)
    assert learned == [(ADA, 7, b'{"a":1}', 0)]


async def test_a_value_from_an_unknown_sender_is_ignored(postgres: Postgres) -> None:
    """Anybody who may log in may notify, also with a mark that was overheard: only a hint."""
    url = postgres.database()
    async with replicas(url, 3) as (first, second, stranger):
        learning(stranger, "another epoch")
        learning(first, "epoch")
        learned = learning(second, "epoch")
        stranger.hints.publish(ADA, 3, lambda: b'{"a":2}')
        await second.until_heard(ADA, 3)
        ours = hint_of(Topic.VERSION, ADA, 4, b'{"a":1}', second.hints._secret)
        with psycopg.connect(url, autocommit=True) as connection:
            for hint in (
                replace(ours, version=5),
                replace(ours, version=6, value=Raw(b"{}")),
                replace(ours, version=7, mark=""),
                replace(ours, version=8, mark="\u00fc"),
                replace(ours, version=9, user=BOB.user_id),
            ):
                for payload in pack("a stranger", [hint]):
                    connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
        await second.until_heard(BOB, 9)
        first.hints.publish(ADA, 10, lambda: b'{"a":3}')
        await second.until_heard(ADA, 10)
    assert [(version, value) for _, version, value, _ in learned] == [(10, b'{"a":3}')]


async def test_a_value_that_cannot_be_written_or_read_delays_nobodys_hint(
    postgres: Postgres,
) -> None:
    """Its version is told all the same, and so is what comes after it."""

    def broken(*_: object) -> Any:
        raise ZeroDivisionError

    async with replicas(postgres.database(), 2) as (first, second):
        for one in (first, second):
            one.hints.learn_with({Topic.VERSION: broken}, "epoch_1")
        first.hints.publish(ADA, 1, broken)
        await second.until_heard(ADA, 1)
        first.hints.publish(BOB, 2, lambda: b"{}")
        await second.until_heard(BOB, 2)
