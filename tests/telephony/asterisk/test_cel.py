"""Reading the log of channel events from a database."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.telephony.asterisk.cel import PATIENCE, milliseconds, open_cel
from adapter.telephony.port import Unknown

ROWS = [
    ("CHAN_START", "2026-11-29 15:00:01.000", "c1-d0", "c1-d0", "PJSIP/ada-01", "", "20"),
    ("ANSWER", "2026-11-29 15:00:02.500", "c1-d0", "c1-d0", "PJSIP/ada-01", "", "20"),
    ("ANSWER", "2026-11-29 15:00:04.000", "c1-dst", "c1-d0", "PJSIP/trunk-02", "", ""),
    ("HANGUP", "2026-11-29 15:00:09.000", "c1-dst", "c1-d0", "PJSIP/trunk-02", "", ""),
    ("CHAN_START", "2026-11-29 15:10:00.000", "9.2", "9.2", "PJSIP/ada-03", "", "20"),
    ("CHAN_START", "2026-11-29 15:20:00.000", "9.3", "9.3", "PJSIP/adam-04", "", "20"),
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A log with a call of ours, one of ada's desk phone, and one of somebody else's."""
    path = tmp_path / "cel.db"
    with closing(sqlite3.connect(path)) as base, base:
        names = "eventtype, eventtime, uniqueid, linkedid, channame, appdata, cid_num"
        base.execute(f"CREATE TABLE cel ({names}, exten DEFAULT '', extra DEFAULT '')")
        base.executemany(f"INSERT INTO cel ({names}) VALUES (?,?,?,?,?,?,?)", ROWS)
    return f"sqlite:///{path}"


async def test_a_call_is_found_by_its_id(url: str) -> None:
    """Ours by its channels' names, another's by its channel."""
    log = open_cel(url, utc=True)
    ours = await log.call("c1")
    assert ours is not None
    assert ours.update.facts.talk_ms == 5000
    theirs = await log.call("9-2")
    assert theirs is not None
    assert await log.call("c") is None
    assert await log.call("9-9") is None
    await log.close()


async def test_an_agents_calls_are_found_by_their_phones(url: str) -> None:
    """The newest first, and nobody else's."""
    log = open_cel(url, utc=True)
    since = milliseconds("2026-11-29 15:00:00", UTC)
    found = await log.calls("ada", ["PJSIP/ada"], since, 5)
    assert [cdr.update.provider_call_id for cdr in found] == ["9-2", "c1"]
    assert len(await log.calls("ada", ["PJSIP/ada"], since, 1)) == 1
    assert await log.last() == ROWS[-1][1]
    await log.close()


@pytest.mark.parametrize("channel", ["PJSIP/ada-2-0000005", "PJSIP/ADA-0000005"])
@pytest.mark.parametrize("endpoint", ["PJSIP/ada", "PJSIP/a_a"])
async def test_a_phone_of_a_similar_name_is_another(url: str, channel: str, endpoint: str) -> None:
    """Whatever a database takes for alike."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as base, base:
        row = ("CHAN_START", "2026-11-29 15:30:00", "9.4", "9.4", channel, *[""] * 4)
        base.execute("INSERT INTO cel VALUES (?,?,?,?,?,?,?,?,?)", row)
    log = open_cel(url, utc=True)
    found = await log.calls("ada", [endpoint], milliseconds("2026-11-29 15:00:00", UTC), 9)
    ours = ["9-2", "c1"] if endpoint == "PJSIP/ada" else []
    assert [cdr.update.provider_call_id for cdr in found] == ours
    await log.close()


async def test_a_row_without_a_time_is_skipped(url: str) -> None:
    """MariaDB writes zeros where it has none."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as base, base:
        for odd in ("0000-00-00 00:00:00", None, ""):
            base.execute(
                "INSERT INTO cel VALUES ('HANGUP', ?, 'c1-d0', 'c1-d0', '', '', '', '', '')", [odd]
            )
    log = open_cel(url, utc=True)
    found = await log.call("c1")
    assert found is not None
    assert found.update.facts.talk_ms == 5000
    await log.close()


async def test_a_hanging_database_does_not_block_other_threads(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop's own threads look up hosts and look at the disk, for all orgs."""
    log, over = open_cel(url, utc=True), threading.Event()
    monkeypatch.setattr(log, "_execute", lambda _: over.wait() and [])
    asked = [asyncio.create_task(log.call("c1")) for _ in range(100)]
    try:
        await asyncio.sleep(0)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 20) == "free"
    finally:
        over.set()
    assert await asyncio.gather(*asked) == [None] * 100
    await log.close()


async def test_a_database_that_refuses_connections_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the driver's own time-outs."""
    monkeypatch.setitem(PATIENCE, "psycopg", {"connect_timeout": 2})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://127.0.0.1:{silent.getsockname()[1]}/x"
        log = open_cel(url, utc=True)
        async with asyncio.timeout(60):
            with pytest.raises(Unknown):
                await log.call("c1")
        await log.close()


async def test_an_unreadable_cel_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    """Its words name no address."""
    log = open_cel(f"sqlite:///{tmp_path}/empty.db", utc=False)
    with pytest.raises(Unknown) as caught:
        await log.call("c1")
    await log.close()
    assert str(tmp_path) not in caught.value.text


def test_a_time_is_read_in_any_database_format() -> None:
    """Text or a datetime, with or without a zone."""
    at = datetime(2026, 11, 29, 15, 0, 1, tzinfo=UTC)
    assert milliseconds("2026-11-29 15:00:01", UTC) == milliseconds(at, None)
    assert milliseconds(at.replace(tzinfo=None), UTC) == milliseconds(at, UTC)
    local = at.astimezone().replace(tzinfo=None).isoformat(" ")
    assert milliseconds(local, None) == milliseconds(at, UTC)
